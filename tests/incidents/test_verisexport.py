"""Incidents go out as VERIS and come in again the same; texts only where they are asked for."""

import io
import json
from copy import deepcopy
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from audit.models import Entry
from config.organisation import Organisation
from incidents import exposures, judgement, lifecycle, reporting, verisexport
from incidents.models import Incident, Kind, Status
from incidents.search import Wanted
from severity.ladder import Sev
from severity.questions import Said, answers_of
from severity.veris.reading import read
from severity.veris.writing import write
from tests import make
from tests.api.conftest import Caller
from tests.incidents.test_importing import filed, row, table, veris
from tests.severity.given import facts
from tests.severity.test_veris import FULL
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make.officer()


@pytest.fixture
def incident(officer):
    made = make.incident(
        Sev.SEV2,
        title="Noor can read Ada's transcripts",
        detail="Told by Ada",
        occurred_from=timezone.now() - timedelta(days=3),
    )
    said = exposures.Said(
        what="Ada's transcripts",
        kinds=("transcripts",),
        whose="employees",
        people_known=70,
        accessed="accessed",
        location="s3://lake/secret",
    )
    exposures.add(made, said, actor=officer)
    return made


def taken(officer, *, texts=False):
    return json.loads("".join(_take(officer, texts)))


def _take(officer, texts):
    return verisexport.take(officer.user, Wanted(), query="", actor=officer, texts=texts)


def by_id(every):
    return {record["incident_id"]: record for record in every}


def test_an_incident_is_told_in_the_words_of_veris(officer, incident):
    (record,) = taken(officer)
    assert record["schema_version"] == "1.4.1"
    assert record["incident_id"] == str(incident.uuid)
    assert record["security_incident"] == "Suspected"
    assert record["timeline"]["discovery"] == {"unit": "Days", "value": 3}
    assert record["timeline"]["containment"] == {"unit": "Unknown"}
    assert record["action"]["error"]["variety"] == ["Unknown"]
    confidential = record["attribute"]["confidentiality"]
    assert confidential["data_disclosure"] == "Yes"
    assert confidential["data_victim"] == ["Employee"]
    assert "data_total" not in confidential
    assert record["impact"] == {"overall_rating": "Painful"}
    assert record["plus"]["andon"]["exposures"][0]["people_known"] == 70
    assert write(read(record)) == record


def test_texts_and_names_are_left_out_unless_they_are_asked_for(officer, incident):
    plain, whole = json.dumps(taken(officer)), json.dumps(taken(officer, texts=True))
    for word in ("Ada", "Noor", incident.title):
        assert word not in plain
        assert word in whole
    assert "s3://lake/secret" not in whole
    (record,) = taken(officer)
    assert record["summary"] == (
        "Exposure; data of employees; kinds: transcripts; could be read by: everyone inside."
    )


@pytest.mark.parametrize("texts", [True, False])
def test_what_was_exported_and_imported_is_exported_the_same(texts, officer, incident):
    made = make.incident(Sev.SEV3, kind=Kind.LOSS)
    make.incident(Sev.SEV3, kind=Kind.NEAR_MISS)
    lifecycle.move(made, Status.DISMISSED, actor=officer, reason="Test data.")
    first = taken(officer, texts=texts)
    run = filed(veris(*first), officer, form="veris")
    assert (run.made, run.refused) == (3, 0)
    copies = Incident.objects.exclude(imported=None).values_list("pk", flat=True)
    again = list(verisexport.records(officer.user, list(copies), texts=texts))
    assert by_id(again) == by_id(first)
    copy = Incident.objects.get(imported__source_id=str(incident.uuid))
    names = ("sev", "counts_as", "kind", "audience", "reported_at", "occurred_from")
    assert [getattr(copy, name) for name in names] == [getattr(incident, name) for name in names]
    assert copy.exposures.get().people_known == 70


def test_a_record_of_others_comes_back_whole_with_what_was_changed_beside_it(officer):
    filed(veris(FULL), officer, form="veris")
    made = Incident.objects.get()
    assert taken(officer, texts=True) == [write(read(FULL))]
    (plain,) = taken(officer)
    assert "transcripts" not in plain["summary"]
    assert "notes" not in plain
    at = timezone.now()
    lifecycle.decide_awareness(made, aware_at=at, rationale="Letters.", actor=officer)
    (changed,) = taken(officer, texts=True)
    assert changed["plus"].pop("andon")["aware_at"] == at.isoformat()
    assert changed == write(read(FULL))


@pytest.mark.parametrize("texts", [True, False])
def test_one_record_whose_plus_is_none_keeps_no_other_from_going_out(texts, officer, incident):
    odd = [FULL | {"incident_id": "n", "plus": None}, FULL | {"incident_id": "s", "plus": "more"}]
    run = filed(veris(*odd), officer, form="veris")
    assert (run.made, run.refused) == (1, 1)
    assert [(each.row, each.field) for each in run.faults.all()] == [(2, "plus")]
    assert by_id(taken(officer, texts=texts)).keys() == {"n", str(incident.uuid)}


SAID = "Ada Lovelace saw it"


def wordy(ours):
    """A record with words of people wherever VERIS has a place for them."""
    made = deepcopy(FULL) | {
        "discovery_notes": SAID,
        "corrective_action": SAID,
        "campaign_id": SAID,
    }
    made["actor"] = {"external": {"notes": SAID, "name": [SAID], "variety": ["Competitor"]}}
    made["action"]["error"] |= {"notes": SAID, "variety": ["Loss", f"{SAID}: ada@b.example"]}
    made["victim"] |= {"victim_id": SAID, "secondary": {"amount": 2, "victim_id": [SAID]}}
    made["asset"]["notes"] = made["impact"]["notes"] = made["timeline"]["notes"] = SAID
    made["timeline"]["incident"]["time"] = SAID
    made["plus"] |= {"analyst_notes": SAID, "andon": ours}
    return made


OURS = {"kind": "exposure", "audience": "outside", "texts": False, "title": SAID, "codename": SAID}


@pytest.mark.parametrize(
    "ours",
    [
        {"texts": False},
        OURS,
        OURS | {"exposures": [{"what": SAID, "note": SAID, "kinds": [], "people_known": 7}]},
    ],
)
def test_an_imported_record_without_texts_holds_nothing_that_people_wrote(ours, officer):
    filed(veris(wordy(ours)), officer, form="veris")
    assert Incident.objects.count() == 1
    assert SAID in json.dumps(taken(officer, texts=True))
    (plain,) = taken(officer)
    assert "Ada" not in json.dumps(plain)
    assert plain["actor"] == {"external": {"variety": ["Competitor"]}}
    assert plain["action"]["error"]["variety"] == ["Loss"]
    assert plain["victim"] == {"country": ["DE"], "government": ["NA"], "secondary": {"amount": 2}}
    assert plain["attribute"]["confidentiality"]["data_total"] == 70000
    assert write(read(plain)) == plain


def test_a_row_of_a_table_goes_out_and_comes_in_elsewhere_the_same(officer):
    filed(table(row(1)), officer)
    first = taken(officer, texts=True)
    filed(veris(*first), officer, form="veris")
    copy = Incident.objects.exclude(imported__record=None).get()
    assert list(verisexport.records(officer.user, [copy.pk], texts=True)) == first
    assert copy.title == "Folder open to all"


def test_drills_and_what_one_may_not_see_are_left_out(officer, incident):
    make.incident(Sev.SEV3, program=make.program(is_drill=True), is_drill=True)
    assert len(taken(officer)) == 1
    assert taken(make.actor(make.user(Function.AUDITOR))) == []


def test_each_export_is_recorded_with_how_much(officer, incident):
    taken(officer, texts=True)
    entry = Entry.objects.get(action="incidents.exported")
    facts = json.loads(entry.body)["facts"]
    assert (facts["form"], facts["count"]) == ("veris, with texts", 1)


def test_each_page_of_the_api_is_recorded_with_how_much(incident):
    caller = Caller(make.user(Function.PRIVACY_OFFICER))
    caller.get("/veris")
    caller.get(f"/veris?before={incident.number}")
    entries = Entry.objects.filter(action="incidents.exported").order_by("pk")
    told = [json.loads(entry.body)["facts"] for entry in entries]
    usual = {"form": "veris"}
    assert told == [
        usual | {"count": 1, "before": None},
        usual | {"count": 0, "before": incident.number},
    ]


def exported(officer, incident):
    (record,) = verisexport.records(officer.user, [incident.pk])
    return record


@pytest.mark.parametrize(
    ("kinds", "varieties"),
    [
        (["health", "payment"], ["Medical", "Payment"]),
        (["beliefs", "biometrics"], ["Sensitive Personal"]),
        (["credentials", "keystrokes", "performance_records"], ["Credentials", "Personal"]),
        ([], ["Unknown"]),
    ],
)
def test_kinds_of_data_are_told_in_the_words_of_veris(kinds, varieties, officer):
    made = make.incident(Sev.SEV3)
    exposures.add(made, exposures.Said(what="Some", kinds=tuple(kinds)), actor=officer)
    data = exported(officer, made)["attribute"]["confidentiality"]["data"]
    assert [each["variety"] for each in data] == varieties


def test_the_victim_is_told_as_the_environment_has_it(officer, monkeypatch):
    made = make.incident(Sev.SEV3)
    assert "victim" not in exported(officer, made)
    told = Organisation(70_000, "519290", ("DE", "US"), ("150155",))
    monkeypatch.setitem(settings.ENVIRONMENT.__dict__, "organisation", told)
    record = exported(officer, made)
    assert record["victim"] == {
        "government": ["Unknown"],
        "employee_count": "50001 to 100000",
        "industry": "519290",
        "country": ["DE", "US"],
        "region": ["150155"],
    }
    assert write(read(record)) == record


@pytest.mark.parametrize(
    ("kind", "motive"), [(Kind.EXPOSURE, "NA"), (Kind.LOSS, "NA"), (Kind.MISUSE, "Unknown")]
)
def test_an_error_has_no_motive_and_misuse_one_that_nobody_knows(kind, motive, officer):
    record = exported(officer, make.incident(Sev.SEV3, kind=kind))
    assert record["actor"]["internal"]["motive"] == [motive]


def test_where_nobody_knows_when_it_began_only_a_year_is_told(officer):
    made = make.incident(Sev.SEV3, occurred_from=None)
    timeline = exported(officer, made)["timeline"]
    assert timeline["incident"] == {"year": made.reported_at.year}
    assert timeline["discovery"] == {"unit": "Unknown"}


def test_how_it_was_found_stays_so_when_it_is_assessed_again(officer):
    made = make.incident(Sev.SEV3)
    told = {"internal": {"variety": ["Reported by employee"]}}
    assert exported(officer, made)["discovery_method"] == told
    make.judged(made, Sev.SEV2)
    assert exported(officer, made)["discovery_method"] == told


def test_what_a_machine_found_was_reported_by_no_employee(officer):
    watch = Actor.machine("exposure watch")
    made = reporting.file_report(make.report(), reporter=make.user(), actor=watch).incident
    (how,) = exported(officer, made)["discovery_method"]["internal"]["variety"]
    assert how == "Infrastructure monitoring"


def test_texts_bring_the_reference_along(officer):
    made = make.incident(Sev.SEV3, reference="https://tickets.example/17")
    assert "reference" not in exported(officer, made)
    (record,) = taken(officer, texts=True)
    assert record["reference"] == made.reference


@pytest.mark.parametrize(
    ("cb", "told"),
    [
        ([0.25, 0.25, 0, 0], {"integrity": {"variety": ["Modify data"]}}),
        ([0, 0, 0.25, 0], {"availability": {"variety": ["Interruption"]}}),
        ([0, 0, 0.5, 0], {"availability": {"variety": ["Loss"]}}),
        ([0.5, 0, 0, 0.5], {}),
    ],
)
def test_what_was_altered_or_lost_is_told_by_the_circumstances_of_the_score(cb, told, officer):
    made = make.incident(Sev.SEV3)
    judgement.assess(made, Said(answers_of(facts(cb=cb))), actor=officer)
    attribute = exported(officer, made)["attribute"]
    del attribute["confidentiality"]
    assert attribute == told


def test_what_veris_has_no_word_for_is_told_beside_it_and_survives_the_way(officer, incident):
    lifecycle.decide_awareness(
        incident, aware_at=incident.reported_at, rationale="Seen.", actor=officer
    )
    exposures.add(
        incident,
        exposures.Said(what="More", effective_audience="everyone_inside", since=timezone.now()),
        actor=officer,
    )
    first = exported(officer, incident)
    ours = first["plus"]["andon"]
    assert ours["assessed"]["facts"]["audience"] == "org_wide"
    assert ours["assessed"]["score"] == float(incident.assessment.score)
    (clock,) = ours["clocks"]
    assert (clock["rule"], clock["state"]) == ("eu-gdpr-33", "to_be_determined")
    (pause,) = ours["pauses"]
    assert list(pause) == ["since"]
    assert ours["exposures"][1]["effective_audience"] == "everyone_inside"
    filed(veris(first), officer, form="veris")
    copy = Incident.objects.exclude(imported=None).get()
    assert exported(officer, copy) == first


@pytest.mark.parametrize(
    "ours",
    [
        {"assessed": SAID, "clocks": SAID, "pauses": SAID},
        {"assessed": {"facts": SAID}, "clocks": [SAID], "pauses": [SAID]},
        {
            "assessed": {"rules": SAID, "score": SAID, "unknown": [SAID], "facts": {"ei": SAID}},
            "clocks": [{"rule": SAID, "clock": "running", "state": "approved"}],
            "pauses": [{"since": SAID}],
        },
        {
            "assessed": {"facts": {"ei": 1, "dpc": [SAID, 1], "cb": [SAID], "audience": SAID}},
            "clocks": [{"rule": "us-me", "clock": "running", "state": "approved", "due_at": SAID}],
        },
    ],
)
def test_nothing_that_people_wrote_hides_in_what_an_andon_told(ours, officer):
    filed(veris(wordy(OURS | ours)), officer, form="veris")
    (plain,) = taken(officer)
    assert "Ada" not in json.dumps(plain)


def test_the_pauses_of_many_incidents_are_read_at_once(officer, django_assert_max_num_queries):
    keys = [make.incident(Sev.SEV2).pk for _ in range(3)]
    few = [keys[0]]
    list(verisexport.records(officer.user, few))
    with CaptureQueriesContext(connection) as one:
        list(verisexport.records(officer.user, few))
    with django_assert_max_num_queries(len(one)):
        assert len(list(verisexport.records(officer.user, keys))) == 3


# --- Its doors


def test_the_page_the_list_and_the_api_give_the_same(incident):
    officer = reader(Function.PRIVACY_OFFICER).signs_in()
    page = officer.get(f"/incidents/{incident.ref}/veris/")
    assert page["Content-Disposition"].endswith('-veris.json"')
    (listed,) = json.loads(officer.post("/incidents/export/", form="veris").getvalue())
    caller = Caller(officer.person)
    by_api = caller.get(f"/incidents/{incident.ref}/veris").json()
    assert page.json() == listed == by_api == caller.get("/veris").json()[0]
    assert "Ada" not in str(listed)
    with_texts = caller.get(f"/incidents/{incident.ref}/veris?texts=true").json()
    assert with_texts["summary"] == incident.title
    assert Caller(make.user()).get("/veris").json() == []


def test_the_command_writes_a_file(officer, incident, tmp_path):
    path = tmp_path / "all.json"
    who = ("--as", officer.user.username)
    call_command("export_incidents", "--format", "veris", *who, "--out", str(path))
    assert json.loads(path.read_text(encoding="utf-8")) == taken(officer)
    out = io.StringIO()
    call_command("export_incidents", "--format", "csv", *who, stdout=out)
    assert incident.ref in out.getvalue()
    with pytest.raises(CommandError, match="no active person 'nobody'"):
        call_command("export_incidents", "--format", "csv", "--as", "nobody")
