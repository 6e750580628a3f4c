"""VERIS in and out: nothing is lost, old forms are read, impossible dates are kept and said."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from severity.facts import BadFact
from severity.ladder import Sev
from severity.veris.reading import read
from severity.veris.record import PartialDate, Span
from severity.veris.writing import DISCLOSURE, RATINGS, employees, write
from severity.vocabulary import Evidence

# Invented, in the form of 1.4.1, with every field that we have a name for.
FULL = {
    "schema_version": "1.4.1",
    "incident_id": "a-0001",
    "source_id": "invented",
    "security_incident": "Confirmed",
    "summary": "A folder of transcripts was open to everyone.",
    "notes": "Told twice.",
    "reference": "https://one.example/a; https://two.example/b",
    "confidence": "High",
    "campaign_id": "spring",
    "timeline": {
        "incident": {"year": 2026, "month": 4, "day": 30, "time": "05:45:00 PM"},
        "discovery": {"unit": "Weeks", "value": 7},
        "containment": {"unit": "Hours", "value": 4},
        "compromise": {"unit": "NA"},
        "exfiltration": {"unit": "Unknown"},
    },
    "victim": {"victim_id": "Somebody", "country": ["DE"], "government": ["NA"]},
    "actor": {"internal": {"motive": ["NA"], "variety": ["Developer"]}},
    "action": {"error": {"variety": ["Misconfiguration"], "vector": ["Carelessness"]}},
    "asset": {"assets": [{"variety": "S - File", "amount": 2}], "cloud": ["Unknown"]},
    "attribute": {
        "confidentiality": {
            "data_disclosure": "Potentially",
            "data_total": 70000,
            "data": [{"variety": "Personal", "amount": 70000}, {"variety": "Credentials"}],
            "data_victim": ["Employee"],
            "state": ["Stored unencrypted"],
            "notes": "all of it",
        },
        "availability": {"variety": ["Loss"]},
    },
    "discovery_method": {"internal": {"variety": ["Reported by employee"]}},
    "impact": {"overall_rating": "Painful"},
    "plus": {"sev": 2, "more": {"than": ["we", "know"]}},
}
LEAST = {
    "schema_version": "1.3",
    "incident_id": "a-0002",
    "security_incident": "Suspected",
    "timeline": {"incident": {"year": 2013}},
    "discovery_method": "Unknown",
}


def record(**changes):
    return deepcopy(FULL) | changes


def changed(path, value):
    """The full record with one value set, or taken away where it is `...`."""
    whole = record()
    inside = whole
    for step in path[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return whole


def test_a_record_comes_out_as_it_went_in():
    assert write(read(FULL)) == FULL
    assert read(FULL).remarks == ()


def test_reading_leaves_what_it_was_given_alone():
    given = record()
    read(given)

    assert given == FULL


def test_the_least_record_gets_what_every_record_must_have():
    assert write(read(LEAST)) == {
        **LEAST,
        "schema_version": "1.4.1",
        "summary": "",
        "discovery_method": {"unknown": True},
        "actor": {"unknown": {}},
        "action": {"unknown": {}},
        "asset": {"assets": [{"variety": "Unknown"}], "cloud": ["Unknown"]},
    }


def test_what_later_versions_ask_for_of_a_victim_is_unknown_in_older_records():
    found = write(read(record(victim={"victim_id": "Somebody", "region": ["021000,019021"]})))

    assert found["victim"]["government"] == ["Unknown"]
    assert found["victim"]["region"] == ["021000", "019021"]


OPTIONAL = ["notes", "reference", "victim", "impact", "plus", "confidence"]
SCALARS = st.text(max_size=5) | st.integers() | st.booleans()
EXTRA = st.dictionaries(st.text(min_size=1, max_size=5), SCALARS, max_size=3)


@settings(max_examples=60)
@given(
    left_out=st.sets(st.sampled_from(OPTIONAL)),
    year=st.integers(1950, 2050),
    month=st.none() | st.integers(1, 12),
    day=st.none() | st.integers(1, 31),
    total=st.none() | st.integers(0, 10**9),
    extra=EXTRA,
)
def test_what_is_read_and_written_is_read_the_same_again(left_out, year, month, day, total, extra):
    given_record = {name: value for name, value in record().items() if name not in left_out}
    parts = {"year": year, "month": month, "day": day}
    given_record["timeline"]["incident"] = {k: v for k, v in parts.items() if v is not None}
    if total is not None:
        given_record["attribute"]["confidentiality"]["data_total"] = total
    given_record["plus"] = {**given_record.get("plus", {}), "extra": extra}
    once = read(given_record)
    again = read(write(once))

    assert replace(again, remarks=()) == replace(once, remarks=())
    assert write(again) == write(once)
    expected = {"extra": extra} if extra else {}
    assert write(once).get("plus", {}) == {
        **({} if "plus" in left_out else FULL["plus"]),
        **expected,
    }


@pytest.mark.parametrize(
    ("told", "impossible", "real"),
    [
        ({"year": 2007, "month": 11, "day": 31}, True, None),
        ({"year": 2009, "month": 2, "day": 29}, True, None),
        ({"year": 2008, "month": 2, "day": 29}, False, datetime(2008, 2, 29).date()),
        ({"year": 2008, "month": 2}, False, None),
        ({"year": 2008, "day": 2}, True, None),
        ({"year": 2008}, False, None),
    ],
)
def test_a_date_is_kept_as_it_was_told_and_remarked_on_where_it_never_was(told, impossible, real):
    found = read(changed(("timeline", "incident"), told))

    assert found.occurred.impossible is impossible
    assert found.occurred.date == real
    assert bool(found.remarks) is impossible
    assert write(found)["timeline"]["incident"] == told


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Ext - customer", {"external": {"variety": ["Customer"]}}),
        ("Ext - unrelated party", {"external": {"variety": ["Unrelated 3rd party"]}}),
        ("Int - IT review", {"internal": {"variety": ["It review"]}}),
        ("Prt - audit", {"partner": {"variety": ["Audit"]}}),
        ("Other", {"other": True}),
        ("Unknown", {"unknown": True}),
        ({"other": True}, {"other": True}),
        ({"external": {}}, {"external": {"variety": ["Unknown"]}}),
    ],
)
def test_how_it_was_found_is_read_in_the_old_form_and_the_new(said, found):
    assert write(read(record(discovery_method=said)))["discovery_method"] == found


def test_text_of_older_records_is_read_as_lists_and_what_is_gone_is_said():
    old = record(
        action={"error": {"variety": ["Omission", "Loss"], "vector": "Carelessness"}},
        actor={"external": {"region": "000000,019021", "motive": "Fun"}},
        asset={"assets": [{"variety": "S - Log"}], "cloud": "Unknown", "governance": ["Unknown"]},
    )
    found = read(old)
    written = write(found)

    assert written["action"]["error"] == {"variety": ["Other", "Loss"], "vector": ["Carelessness"]}
    assert written["actor"]["external"] == {"region": ["000000", "019021"], "motive": ["Fun"]}
    assert written["asset"]["cloud"] == ["Unknown"]
    assert written["plus"]["asset_governance"] == ["Unknown"]
    assert [remark.split(":")[0] for remark in found.remarks] == [
        "action.error.variety",
        "asset.governance",
    ]


CONFIDENTIAL = ("attribute", "confidentiality")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("schema_version",), "1.2", "schema_version is '1.2'; allowed: 1.3 to 1.4.1"),
        (("schema_version",), "1.5", "schema_version is '1.5'"),
        (("incident_id",), ..., "incident_id is None; allowed: text"),
        (("incident_id",), " ", "incident_id is ' '"),
        (("security_incident",), "Maybe", "security_incident is 'Maybe'; allowed: Confirmed,"),
        (("security_incident",), ["Confirmed"], r"security_incident is \['Confirmed'\]"),
        (("summary",), 5, "summary is 5; allowed: text"),
        (("timeline",), [], r"timeline is \[\]; allowed: an object"),
        (("timeline", "incident"), ..., "timeline.incident is None; allowed: an object with a"),
        (("timeline", "incident", "year"), ..., "timeline.incident.year is None"),
        (("timeline", "incident", "year"), 1949, "year is 1949; allowed: a whole number from 1950"),
        (("timeline", "incident", "month"), 13, "month is 13; allowed: a whole number from 1 to"),
        (("timeline", "incident", "day"), "31", "day is '31'; allowed"),
        (("timeline", "incident", "hour"), 5, "timeline.incident.hour is 5; allowed: no such"),
        (("timeline", "discovery"), {"unit": "Fortnights"}, "timeline.discovery.unit is 'Fort"),
        (("timeline", "discovery"), {"unit": "Days", "value": -1}, "discovery.value is -1"),
        (("timeline", "discovery"), {"unit": "Days", "value": True}, "discovery.value is True"),
        (("discovery_method",), "Somehow", "discovery_method is 'Somehow'; allowed"),
        (("discovery_method",), {"nobody": {}}, "discovery_method.nobody is {}"),
        (("actor",), ["internal"], r"actor is \['internal'\]; allowed: an object"),
        (("action", "error"), "Loss", "action.error is 'Loss'; allowed: an object"),
        (("action", "error", "variety"), [5], r"action.error.variety is \[5\]; allowed: a list"),
        ((*CONFIDENTIAL, "data_total"), -1, "data_total is -1; allowed: a whole number from 0"),
        ((*CONFIDENTIAL, "data_total"), 1.5, "data_total is 1.5"),
        ((*CONFIDENTIAL, "data_disclosure"), "No way", "data_disclosure is 'No way'"),
        ((*CONFIDENTIAL, "data"), [{"amount": 5}], r"data\[0\] is {'amount': 5}; allowed: an"),
        ((*CONFIDENTIAL, "data", 1), {"variety": "Bank", "of": 1}, r"data\[1\].of is 1; allowed"),
        (CONFIDENTIAL, "all", "attribute.confidentiality is 'all'; allowed: an object"),
        (("plus",), "more", "plus is 'more'; allowed: an object"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused_by_name(path, value, said):
    with pytest.raises(BadFact, match=said):
        read(changed(path, value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["variety", "unit", "error", "year", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=80)
@given(
    name=st.sampled_from([*FULL, "x"]),
    inner=st.none() | st.sampled_from(["incident", "error"]),
    value=JSON,
)
def test_whatever_a_field_holds_it_is_read_or_refused(name, inner, value):
    held = record()
    held[name] = (
        {**held[name], inner: value} if inner and isinstance(held.get(name), dict) else value
    )
    try:
        found = read(held)
    except BadFact:
        return
    assert read(write(found)).incident_id == held["incident_id"]


def test_what_is_no_record_is_refused():
    with pytest.raises(BadFact, match="the record is 5; allowed: a JSON object"):
        read(5)


NOON = datetime(2026, 6, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "span"),
    [
        (timedelta(hours=4), Span("Hours", 4)),
        (timedelta(days=4), Span("Days", 4)),
        (timedelta(weeks=7), Span("Weeks", 7)),
        (timedelta(hours=25), Span("Hours", 25)),
        (timedelta(minutes=61), Span("Minutes", 61)),
        (timedelta(seconds=61), Span("Seconds", 61)),
        (timedelta(), Span("Seconds", 0)),
        (timedelta(seconds=-5), Span("Seconds", 0)),
    ],
)
def test_a_span_is_told_in_the_largest_unit_that_is_exact(length, span):
    assert Span.between(NOON, NOON + length) == span


def test_links_are_found_in_whatever_separates_them():
    assert read(FULL).links == ("https://one.example/a", "https://two.example/b")


def test_every_level_and_every_evidence_has_its_word():
    assert RATINGS.keys() == {*Sev}
    assert DISCLOSURE.keys() == {*Evidence}
    assert [employees(count) for count in (None, 0, 10, 11, 100_001)] == [
        "Unknown",
        "Unknown",
        "1 to 10",
        "11 to 100",
        "Over 100000",
    ]


def test_a_day_without_its_month_is_no_date():
    assert PartialDate(2026, None, 5).date is None
