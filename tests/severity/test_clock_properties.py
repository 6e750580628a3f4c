"""What holds for every clock and every moment, not only for those that somebody thought of."""

import json
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from severity.clocks.calendars import Calendar, Term, Unit, end_of
from severity.clocks.reckoning import reckon
from severity.clocks.stated import Case
from severity.facts import BadFact
from tests.severity.clocks_given import FULL, NOW, RULES, case

HOURS = st.integers(0, 24 * 365 * 8)
MOMENTS = HOURS.map(lambda hours: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
PLACES = st.sampled_from([["EU"], ["DE"], ["GR", "PT"], ["IN"], ["US-CA"], ["AU"], ["BR"]])
TERMS = st.builds(Term, st.integers(1, 100), st.sampled_from(Unit))
# A period in hours is extended by no weekend.
DAYS = TERMS.filter(lambda term: term.unit is not Unit.HOURS)
EXTENDING = [Calendar.EU_DAYS, Calendar.DORA_NOON]
STATED = [name for name in FULL if name not in RULES.flags]


def place(named):
    union = "EU" if {"EU", "DE", "GR", "PT"} & set(named) else named[0]
    return RULES.atlas.place(union, named)


@pytest.mark.parametrize("calendar", Calendar)
@settings(max_examples=25)
@given(term=TERMS, start=MOMENTS, named=PLACES)
def test_no_clock_ends_before_it_started(calendar, term, start, named):
    assert end_of(term, start, calendar=calendar, place=place(named), noon_relief=True).at > start


# Not with DORA's noon: what would end on a Saturday may wait for Monday noon, and what
# would end on Monday at eight may not. That is the law's own order.
@pytest.mark.parametrize("calendar", [each for each in Calendar if each is not Calendar.DORA_NOON])
@settings(max_examples=25)
@given(term=TERMS, start=MOMENTS, later=HOURS, named=PLACES)
def test_what_started_later_never_ends_earlier(calendar, term, start, later, named):
    first, second = (
        end_of(term, moment, calendar=calendar, place=place(named)).at
        for moment in (start, start + timedelta(hours=later))
    )

    assert first <= second


@pytest.mark.parametrize("calendar", EXTENDING)
@settings(max_examples=25)
@given(term=DAYS, start=MOMENTS, named=PLACES)
def test_what_extends_an_end_never_shortens_it_and_leads_to_a_working_day(
    calendar, term, start, named
):
    where = place(named)
    plain = end_of(term, start, calendar=Calendar.CALENDAR_DAYS, place=where).at
    end = end_of(term, start, calendar=calendar, place=where, noon_relief=True).at

    assert end >= plain
    assert where.works(where.today(end))
    assert end == plain or not where.works(where.today(plain))


def test_a_period_in_hours_is_extended_by_no_weekend():
    friday = datetime(2026, 12, 18, 15, 30, tzinfo=UTC)
    end = end_of(Term(24, Unit.HOURS), friday, calendar=Calendar.EU_DAYS, place=place(["EU"]))

    assert end.at == friday + timedelta(hours=24)


@settings(max_examples=25)
@given(start=MOMENTS, hours=st.integers(1, 1000), offset=st.integers(-720, 840))
def test_hours_are_hours_in_whatever_zone_they_are_told(start, hours, offset):
    told = start.astimezone(timezone(timedelta(minutes=offset)))
    term = Term(hours, Unit.HOURS)
    end = end_of(term, told, calendar=Calendar.HOURS_CONTINUOUS, place=place(["IN"])).at

    assert end - start == timedelta(hours=hours)


@settings(max_examples=25)
@given(
    hidden=st.sets(st.sampled_from(STATED)),
    aware=MOMENTS,
    places=st.lists(st.sampled_from(sorted(RULES.atlas.by_code)), max_size=4, unique=True),
)
def test_a_fact_that_nobody_knows_ends_no_clock_later_and_removes_none(hidden, aware, places):
    events = {name: aware for name, each in RULES.events.items() if each.starts_clocks}
    stated = FULL | {"jurisdictions": places}
    unknown = stated | dict.fromkeys(hidden)

    def ends(facts):
        return {
            each.rule.id: each.due_at
            for each in reckon(case(facts, events, now=NOW), RULES, now=NOW)
        }

    known, worse = ends(stated), ends(unknown)
    assert known.keys() <= worse.keys()
    assert all(worse[id_] <= end for id_, end in known.items() if end)


DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.dates()
    | MOMENTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["EU", "aware", "risk", "facts"]) | st.integers(), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=80)
@given(
    name=st.sampled_from([*FULL, "jurisdictions", "individuals_in", "events", "rules", "now"]),
    value=DATA,
)
def test_whatever_a_field_holds_it_is_reckoned_or_refused(name, value):
    beside = name in ("events", "rules", "now")
    given_case = {"facts": dict(FULL), name: value} if beside else {"facts": FULL | {name: value}}
    try:
        stated = Case.from_mapping(given_case, RULES, now=NOW)
    except BadFact:
        return
    for each in reckon(stated, RULES, now=NOW):
        json.dumps(each.plain(), allow_nan=False)


@settings(max_examples=25)
@given(seed=st.randoms(), aware=MOMENTS)
def test_the_order_of_facts_and_events_does_not_matter(seed: random.Random, aware):
    facts = list((FULL | {"jurisdictions": ["EU", "JP"]}).items())
    events = [("aware", aware), ("occurred", aware), ("suspected", aware)]
    first = case(dict(facts), dict(events))
    seed.shuffle(facts)
    seed.shuffle(events)

    assert case(dict(facts), dict(events)) == first
