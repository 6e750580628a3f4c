"""When nobody answers, or nobody can be reached."""

import pytest

from accounts.functions import Function
from audit.models import OutboxEvent
from incidents.models import TimelineEntry
from notifications import paging, reading
from notifications.models import Escalation, EscalationPolicy, Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db


def escalation(incident):
    return incident.escalations.latest("pk")


def exhaust(engine):
    for _ in range(20):
        engine.forward(minutes=16)


def test_after_every_pass_without_an_answer_the_escalation_says_so(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    exhaust(engine)
    assert escalation(incident).state == Escalation.State.EXHAUSTED
    line = incident.timeline.get(text__startswith="Nobody answered")
    assert line.audience == TimelineEntry.Audience.LEADERSHIP
    assert "were taken 4 times" in line.text
    assert OutboxEvent.objects.filter(topic="escalation.exhausted").exists()
    assert Page.objects.filter(person=commander).count() == 4


def test_when_nobody_answers_whoever_runs_andon_is_paged(commander, engine, mailoutbox):
    operator = make.user(Function.OPERATOR)
    incident = make.incident(Sev.SEV2)
    engine.work()
    exhaust(engine)
    # That it must be assessed in full is mailed all the while.
    told = [mail.to for mail in mailoutbox if "full assessment" not in mail.subject]
    assert told[-1] == [operator.email]
    assert told.count([operator.email]) == 1
    assert make.sees(operator, incident)


def test_whoever_answers_afterwards_is_still_noted(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    exhaust(engine)
    assert reading.unanswered(commander).count() == 1
    paging.acknowledge(incident, actor=make.actor(commander))
    ended = escalation(incident)
    assert (ended.state, ended.acknowledged_by) == (Escalation.State.EXHAUSTED, commander)
    assert not reading.unanswered(commander).exists()


@pytest.fixture
def nobody_to_page(db):
    """A policy whose functions nobody has."""
    policy = EscalationPolicy.objects.create(name="Empty", levels=[2])
    step = policy.steps.create(number=0, after_seconds=0)
    step.targets.create(kind="function", name=Function.LEGAL)


@pytest.mark.parametrize("has_policy", [True, False])
def test_nobody_to_page_is_an_alarm_of_its_own(has_policy, engine, mailoutbox, request):
    if has_policy:
        request.getfixturevalue("nobody_to_page")
    operator = make.user(Function.OPERATOR)
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert escalation(incident).state == Escalation.State.NOBODY_NOTIFIED
    assert [mail.to for mail in mailoutbox] == [[operator.email]]
    assert make.sees(operator, incident)
    line = incident.timeline.get(text__startswith="Nobody could be paged")
    assert line.audience == TimelineEntry.Audience.LEADERSHIP
    assert OutboxEvent.objects.filter(topic="escalation.nobody_notified").exists()


def test_what_reached_nobody_stands_in_red_on_the_incident(nobody_to_page, engine):
    operator = make.user(Function.OPERATOR)
    incident = make.incident(Sev.SEV2)
    engine.work()
    page = Reader(operator).get(f"/incidents/{incident.ref}/").content.decode()
    assert '<span class="tag tag--crit" data-shape="■">Nobody could be reached</span>' in page


def test_with_nobody_and_no_operator_the_alarm_still_stands(nobody_to_page, engine, mailoutbox):
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert escalation(incident).state == Escalation.State.NOBODY_NOTIFIED
    assert not mailoutbox


def test_an_operator_who_answers_in_place_of_nobody_is_noted(nobody_to_page, engine):
    operator = make.user(Function.OPERATOR)
    incident = make.incident(Sev.SEV2)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(operator))
    answered = escalation(incident)
    assert answered.state == Escalation.State.NOBODY_NOTIFIED
    assert answered.acknowledged_by == operator


def test_a_person_without_any_address_is_not_reached_and_not_let_in(policy, engine):
    unreachable = make.user(Function.LEGAL, email="")
    EscalationPolicy.objects.update(active=False)
    step = EscalationPolicy.objects.create(name="Legal", levels=[3]).steps.create(
        number=0, after_seconds=0
    )
    step.targets.create(kind="function", name=Function.LEGAL)
    incident = make.incident(Sev.SEV3)
    engine.work()
    assert escalation(incident).state == Escalation.State.NOBODY_NOTIFIED
    assert not make.sees(unreachable, incident)
