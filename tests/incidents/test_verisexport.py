"""Incidents go out as VERIS and come in again the same; texts only where they are asked for."""

import io
import json
from copy import deepcopy
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from incidents import exposures, lifecycle, verisexport
from incidents.models import Incident, Kind, Status
from incidents.search import Wanted
from severity.ladder import Sev
from severity.veris.reading import read
from severity.veris.writing import write
from tests import make
from tests.api.conftest import Caller
from tests.incidents.test_importing import filed, row, table, veris
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
