"""A level rests on first answers for so long and no longer; then people hear of it."""

import json
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, Entry, OutboxEvent
from incidents import assessmentdue, judgement, roles
from incidents.models import Incident, Role, Status, TimelineEntry
from severity.ladder import Sev
from severity.questions import UNKNOWN, Said, answers_of
from tests import make
from tests.severity.given import facts

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


def said(**changed):
    return Said(answers_of(facts(**SEED)) | changed)


def assess(incident, told=None, **more):
    return judgement.assess(incident, told or said(), actor=make.actor(make.user()), **more)


def left(incident):
    incident.refresh_from_db()
    return incident.assess_by and round((incident.assess_by - timezone.now()).total_seconds() / 60)


def waiting(incident):
    rows = Due.objects.waiting().filter(kind=assessmentdue.REMIND)
    return [row.payload["percent"] for row in rows.filter(payload__incident=incident.pk)]


@pytest.fixture
def pass_by(engine):
    def pass_(**time):
        # Only these reminders: what a step of the runbook or a policy wants is not looked at here.
        ours = Due.objects.waiting().filter(kind=assessmentdue.REMIND)
        ours.update(due_at=F("due_at") - timedelta(**time))
        engine.work()

    return pass_


def test_what_is_reported_must_be_assessed_in_the_time_of_its_level():
    incident = make.incident(Sev.SEV3)
    assert left(incident) == 24 * 60
    assert waiting(incident) == [50]


def test_a_full_assessment_ends_it():
    incident = make.undetermined()
    assess(incident)
    assert left(incident) is None
    assert waiting(incident) == []


def test_a_full_assessment_that_leaves_it_undetermined_does_not():
    incident = make.undetermined()
    before = left(incident)
    assess(incident, Said(dict.fromkeys(said().answers, UNKNOWN)))
    assert left(incident) == before


def test_a_worse_level_shortens_it_and_nothing_lengthens_it():
    incident = make.incident(Sev.SEV3)
    make.judged(incident, Sev.SEV1)
    assert left(incident) == 60
    make.judged(incident, Sev.SEV2)
    judgement.confirm(incident.proposals.get(), actor=make.actor(make.user()))
    assert left(incident) == 60
    assert len(waiting(incident)) == 1


def test_after_a_full_assessment_a_milder_judgement_asks_for_none_and_a_worse_one_does():
    incident = make.undetermined()
    assess(incident)
    make.judged(incident, Sev.SEV3)
    judgement.confirm(incident.proposals.get(), actor=make.actor(make.user()))
    assert left(incident) is None
    make.judged(incident, Sev.SEV1)
    assert left(incident) == 60


def test_a_fix_that_did_not_hold_must_be_assessed_anew():
    incident = make.undetermined()
    assess(incident)
    judgement.reopened(incident, reason="Open again.", actor=make.SYSTEM)
    assert left(incident) == 120


def test_what_waits_for_a_second_person_is_still_owed():
    incident = make.incident(Sev.SEV2)
    mild = said(evidence="none_logs_complete", confidentiality="0", ongoing="no")
    assess(incident, mild)
    assert left(incident) == 120
    judgement.confirm(incident.proposals.get(), actor=make.actor(make.user()))
    assert left(incident) is None


def test_people_hear_at_each_share_and_the_story_says_when_it_is_overdue(pass_by, mailoutbox):
    incident = make.incident(Sev.SEV2)
    commander = make.user(Function.COMMANDER)
    roles.give(incident, Role.COMMANDER, person=commander, actor=make.SYSTEM)
    officer = make.user(Function.PRIVACY_OFFICER)
    for _each in range(4):
        pass_by(minutes=121)
    told = [mail for mail in mailoutbox if "full assessment" in mail.subject]
    assert [commander.email in mail.to for mail in told].count(True) == 4
    assert [officer.email in mail.to for mail in told].count(True) == 1
    assert not any(incident.title in mail.body for mail in told)
    entry = incident.timeline.get(text__startswith="The full assessment is overdue")
    assert entry.kind == TimelineEntry.Kind.ESCALATION
    acts = Entry.objects.filter(action="incident.assessment_due").order_by("pk")
    assert [json.loads(row.body)["facts"]["percent"] for row in acts] == [50, 75, 90, 100]
    assert waiting(incident) == []


def test_each_of_those_that_are_due_at_the_same_moment_is_told_of(pass_by, mailoutbox):
    commander, end = make.user(Function.COMMANDER), timezone.now() + timedelta(minutes=100)
    at = {"by": end.isoformat(), "since": end.isoformat()}
    for incident in (make.incident(Sev.SEV3), make.incident(Sev.SEV3)):
        roles.give(incident, Role.COMMANDER, person=commander, actor=make.SYSTEM)
        Incident.objects.filter(pk=incident.pk).update(assess_by=end)
        for round_ in ("a", "b"):
            assessmentdue.remind(incident.pk, **at, round_=round_, percent=50)
    pass_by(minutes=0)
    told = [mail for mail in mailoutbox if commander.email in mail.to and "50 %" in mail.subject]
    assert len(told) == 4


@pytest.mark.parametrize(("level", "pages"), [(Sev.SEV2, True), (Sev.SEV3, False)])
def test_only_what_stops_programs_pages_again_once_it_is_overdue(level, pages):
    incident = make.incident(level)
    OutboxEvent.objects.all().delete()
    at = incident.assess_by.isoformat()
    assessmentdue.remind(incident.pk, by=at, since=at, round_="a", percent=100)
    topics = set(OutboxEvent.objects.values_list("topic", flat=True))
    assert ("incident.escalate" in topics) is pages


def test_what_was_assessed_moved_or_is_over_is_not_reminded_of():
    incident = make.undetermined()
    stale = {"by": incident.assess_by.isoformat(), "since": incident.assess_by.isoformat()}
    assess(incident)
    closed = make.incident(Sev.SEV3)
    Incident.objects.filter(pk=closed.pk).update(status=Status.DISMISSED)
    for row in (incident, closed):
        assessmentdue.remind(row.pk, **stale, round_="a", percent=50)
    assert not Entry.objects.filter(action="incident.assessment_due").exists()


def test_a_planned_drill_owes_no_assessment():
    assert assessmentdue.at_first(Sev.SEV0, is_planned=True) is None


def test_an_overdue_one_stands_out():
    found = make.incident(Sev.SEV2)
    assert not found.assessment_is_late
    found.assess_by = timezone.now() - timedelta(minutes=1)
    assert found.assessment_is_late
    found.status = Status.CLOSED
    assert not found.assessment_is_late
