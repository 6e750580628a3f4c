"""Who hears that a step is late: the one whose it is, then the commander, once each."""

import pytest
from django.db.models import F

from accounts.functions import Function
from audit.models import Due
from incidents import lateness, lifecycle, roles, steps
from incidents.models import Role, RunbookStep, Status
from tests import make

pytestmark = pytest.mark.django_db
State = RunbookStep.State
TARGET, GRACE = {"minutes": 61}, {"minutes": 16}


@pytest.fixture
def commander():
    return make.user(Function.COMMANDER)


@pytest.fixture
def incident(commander):
    made = make.incident()
    lifecycle.move(made, Status.TRIAGING, actor=make.actor(commander))
    roles.give(made, Role.COMMANDER, person=commander, actor=make.actor(commander))
    return made


@pytest.fixture
def step(incident):
    """The one of the privacy lead, due within the hour. The others are not looked at here."""
    found = incident.runbooks.get().steps.get(number=8)
    for other in incident.runbooks.get().steps.filter(state="open").exclude(pk=found.pk):
        steps.mark(other, State.SKIPPED, note="Not here.", actor=make.SYSTEM)
    return found


@pytest.fixture
def told(mailoutbox, engine):
    def who(step):
        engine.work()
        ours = [mail for mail in mailoutbox if f"step {step.number} is late" in mail.subject]
        return [mail.to[0] for mail in ours]

    engine.work()
    return who


def test_who_holds_the_role_hears_first_and_the_commander_later(
    incident, step, commander, told, engine
):
    officer = make.user(Function.PRIVACY_OFFICER)
    roles.give(incident, Role.PRIVACY, person=officer, actor=make.actor(commander))
    engine.forward(**TARGET)
    assert told(step) == [officer.email]
    engine.forward(**GRACE)
    assert told(step) == [officer.email, commander.email]
    engine.forward(days=3)
    assert told(step) == [officer.email, commander.email]


def test_whom_it_was_given_hears_instead_of_the_role(incident, step, commander, told, engine):
    person = make.user(Function.PRIVACY_OFFICER)
    steps.assign(step, person, actor=make.actor(commander))
    engine.forward(**TARGET)
    assert told(step) == [person.email]


def test_where_nobody_has_the_role_the_commander_hears_at_once_and_once(
    step, commander, told, engine
):
    engine.forward(**TARGET)
    assert told(step) == [commander.email]
    engine.forward(**GRACE)
    assert told(step) == [commander.email]


def test_a_step_that_is_done_in_time_makes_no_noise(step, commander, told, engine):
    steps.mark(step, State.DONE, actor=make.actor(commander))
    engine.forward(days=3)
    assert told(step) == []


def test_a_step_that_is_done_late_is_not_told_to_the_commander(incident, step, told, engine):
    officer = make.user(Function.PRIVACY_OFFICER)
    steps.assign(step, officer, actor=make.SYSTEM)
    engine.forward(**TARGET)
    steps.mark(step, State.DONE, actor=make.actor(officer))
    engine.forward(days=3)
    assert told(step) == [officer.email]


def test_telling_again_says_nothing_again(step, told, engine):
    for _ in range(3):
        lateness.tell(step.pk)
    assert len(told(step)) == 1
    assert step.run.incident.timeline.filter(text__startswith="Step 8 is late").count() == 1


def test_a_step_that_is_opened_again_is_late_in_its_time(step, commander, told, engine):
    steps.mark(step, State.DONE, actor=make.actor(commander))
    steps.mark(step, State.OPEN, note="It was not.", actor=make.actor(commander))
    engine.forward(**TARGET)
    assert told(step) == [commander.email]
    steps.mark(step, State.DONE, actor=make.actor(commander))
    steps.mark(step, State.OPEN, note="It was not.", actor=make.actor(commander))
    engine.forward(days=3)
    assert told(step) == [commander.email]


def test_nothing_is_late_in_an_incident_that_is_over(incident, step, told, engine):
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    engine.forward(days=3)
    assert told(step) == []


def test_where_nobody_commands_those_on_call_are_paged_once(engine):
    incident = make.incident()
    engine.work()
    before = incident.escalations.count()
    Due.objects.waiting().filter(kind=lateness.LATE).update(due_at=F("due_at"))
    engine.forward(days=1)
    engine.forward(days=1)
    assert incident.escalations.count() == before + 1
