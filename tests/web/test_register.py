"""The register of breaches: what it holds, who reads it, and what it hands out."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from incidents import exposures, filings, lifecycle, merging, registerline
from incidents.filings import Sent
from incidents.models import Kind, Status
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db
OPEN = "/register/"


@pytest.fixture
def officer():
    return reader(Function.PRIVACY_OFFICER).signs_in()


@pytest.fixture
def incident():
    made = make.incident(Sev.SEV2, title="Transcripts in a shared folder")
    by = make.officer()
    lifecycle.decide_awareness(
        made, aware_at=timezone.now() - timedelta(hours=1), rationale="The logs say so.", actor=by
    )
    said = exposures.Said(
        what="Transcripts", people_min=40, people_max=70, whose="employees", accessed="none_logged"
    )
    exposures.add(made, said, actor=by)
    return made


def filed(incident, **changed):
    row, by = incident.obligations.get(rule="eu-gdpr-33"), make.officer()
    filings.decide(row, reportable=True, reason="A risk to people.", actor=by)
    filings.draft(row, where="Evidence 3", actor=by)
    filings.approve(row, actor=make.officer())
    sent = Sent(at=timezone.now() - timedelta(minutes=1), reference="AZ-7", **changed)
    return filings.submit(row, sent, actor=by)


def test_each_breach_has_facts_effects_remedy_decision_and_whether_it_was_told(officer, incident):
    filed(incident)
    page = officer.reads(OPEN)
    for said in (
        "Transcripts in a shared folder",
        "Transcripts; Employees; 40 to 70 people",
        "Transcripts: No access, and the logs are complete",
        "paused",
        "Aware from",
        "The logs say so.",
        "A risk to people.",
        "AZ-7",
        "Authority: Yes",
        "People: Not decided",
    ):
        assert said in page


def test_what_is_no_breach_stands_elsewhere(officer):
    made = make.incident(Sev.SEV3, title="Nothing after all")
    make.incident(Sev.SEV3, title="Nearly", kind=Kind.NEAR_MISS)
    lifecycle.move(made, Status.DISMISSED, actor=make.officer(), reason="Test data.")
    page = officer.reads(OPEN)
    assert "0 breaches" in page
    assert "Nothing after all" not in page
    assert "Nearly" not in page


def test_an_incident_that_the_reader_may_not_see_is_neither_shown_nor_counted(incident):
    auditor = reader(Function.AUDITOR)
    assert "0 breaches" in auditor.reads(OPEN)
    assert incident.codename not in auditor.reads(OPEN)


def test_others_are_not_let_in_whatever_they_may_see(incident):
    responder = reader(Function.COMMANDER).signs_in()
    assert responder.get(OPEN).status_code == 403
    assert responder.post(f"{OPEN}export/", form="csv").status_code == 403


def test_the_filter_lives_in_the_address(officer, incident):
    make.incident(Sev.SEV3, title="Another one")
    filed(incident)
    told = officer.reads(f"{OPEN}?told=yes")
    assert "1 breach" in told
    assert "Another one" not in told
    undecided = officer.reads(f"{OPEN}?told=undecided")
    assert "Another one" in undecided
    assert "Transcripts in a shared folder" not in undecided
    assert "1 breach" in officer.reads(f"{OPEN}?sev=2")
    assert "0 breaches" in officer.reads(f"{OPEN}?told=no")
    wrong = officer.reads(f"{OPEN}?told=perhaps&since=nonsense")
    assert "There is a problem" in wrong


def test_a_decision_not_to_notify_is_found_with_its_reasons(officer, incident):
    row = incident.obligations.get(rule="eu-gdpr-33")
    filings.decide(row, reportable=False, reason="Encrypted.", actor=make.officer())
    page = officer.reads(f"{OPEN}?told=no")
    assert "Authority: No, as decided" in page
    assert "Encrypted." in page


def test_what_was_filed_for_a_merged_report_stands_under_the_one_that_goes_on(officer, incident):
    filed(incident, lateness="Ada was ill.")
    target = make.incident(Sev.SEV2, title="The same folder")
    merging.merge(incident, target, reason="The same.", actor=make.officer())
    page = officer.reads(f"{OPEN}?told=yes")
    assert "Transcripts in a shared folder" not in page
    for said in ("The same folder", "filed for a report that was merged into it", "AZ-7"):
        assert said in page
    assert "Authority: Yes" in page
    # The words of the other stay with it.
    assert "A risk to people." not in page
    assert "Ada was ill." not in page
    assert "0 breaches" in officer.reads(f"{OPEN}?told=undecided")
    assert "0 breaches" in officer.reads(f"{OPEN}?told=late")
    (plain,) = json.loads(officer.post(f"{OPEN}export/?told=yes", form="json").getvalue())
    assert (plain["incident"], plain["authority_told"]) == (target.ref, True)


def test_what_was_filed_late_says_why(officer, incident):
    row = incident.obligations.get(rule="eu-gdpr-33")
    by = make.officer()
    filings.decide(row, reportable=True, reason="A risk.", actor=by)
    filings.draft(row, where="Evidence 3", actor=by)
    filings.approve(row, actor=make.officer())
    assert "0 breaches" in officer.reads(f"{OPEN}?told=late")
    long_ago = timezone.now() - timedelta(days=9)
    lifecycle.decide_awareness(incident, aware_at=long_ago, rationale="Older logs.", actor=by)
    row.refresh_from_db()
    sent = Sent(at=timezone.now(), reference="AZ-8", lateness="It was a holiday.")
    filings.submit(row, sent, actor=by)
    assert "It was a holiday." in officer.reads(f"{OPEN}?told=late")


def test_the_export_is_what_the_filter_finds_and_is_recorded(officer, incident):
    make.incident(Sev.SEV3, title="Another one")
    incident.title = "=2+2"
    incident.save(update_fields=["title"])
    filed(incident)
    answer = officer.post(f"{OPEN}export/?told=yes", form="csv")
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["incident"], row["title"]) == (incident.ref, "'=2+2")
    assert (row["authority_told"], row["people_told"]) == ("yes", "")
    (plain,) = json.loads(officer.post(f"{OPEN}export/?told=yes", form="json").getvalue())
    assert plain["authority_told"] is True
    assert plain["effects"] == ["Transcripts: No access, and the logs are complete"]
    entries = Entry.objects.filter(action="register.exported")
    assert entries.count() == 2
    assert officer.post(f"{OPEN}export/", form="xml").status_code == 422
    odd = officer.post(f"{OPEN}export/?severity=0", form="csv")
    assert (odd.status_code, entries.count()) == (422, 2)
    assert "There is no filter “severity”" in odd.content.decode()


@pytest.mark.parametrize(
    ("recipient", "whom"),
    [
        ("ICO", {"authority"}),
        ("the people concerned", {"people"}),
        ("residents; the Attorney General from 500 on", {"people", "authority"}),
        ("Data Protection Board and every person concerned", {"people", "authority"}),
        ("the controller", set()),
        ("an assessment of your own", set()),
    ],
)
def test_a_recipient_says_whether_an_authority_or_people_are_told(recipient, whom):
    assert registerline.whom(recipient) == whom


def test_a_page_of_the_register_asks_the_database_the_same_however_many(
    officer, incident, django_assert_max_num_queries
):
    officer.get(OPEN)
    for _ in range(4):
        make.incident(Sev.SEV3)
    with django_assert_max_num_queries(30):
        officer.get(OPEN)
