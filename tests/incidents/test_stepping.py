"""What a step sets off: once, by whom the domain lets, with what came of it in sight."""

import pytest

from accounts.functions import Function
from incidents import access, actions, books, grants, lifecycle, stepping, steps
from incidents.actions import How
from incidents.models import RunbookStep, StepAct, TimelineEntry
from programs.models import Hook, HookEvent, State
from severity.ladder import Sev
from tests import make

Came = StepAct.State


@pytest.fixture
def incident(db):
    return make.incident()


@pytest.fixture
def runner(incident):
    return let_in(incident, "manage")


def let_in(incident, level, *functions):
    person = make.user(*functions)
    grants.admit(incident, person=person, level=level, reason="Helps.", actor=make.SYSTEM)
    return person


def step_with(incident, name):
    step = incident.runbooks.get().steps.filter(hooks__contains=[name]).first()
    if step is None:
        step = incident.runbooks.get().steps.get(number=2)
        RunbookStep.objects.filter(pk=step.pk).update(hooks=[name])
        step.refresh_from_db()
    return step


def run(incident, name, by, **words):
    words = {"confirmed": True, "reason": "It must not go on."} | words
    return stepping.run(step_with(incident, name), name, actor=make.actor(by), **words)


def test_every_hook_that_a_runbook_names_is_known_here():
    named = {name for book in books.shipped() for step in book.steps for name in step.hooks}
    assert named <= set(actions.ACTIONS)


def test_what_andon_does_by_itself_or_in_a_panel_is_not_set_off_from_a_step(incident, runner):
    for name, action in actions.ACTIONS.items():
        if action.how in (How.ALONE, How.PANEL):
            with pytest.raises(steps.Refused, match="not set off from here"):
                run(incident, name, runner)
    assert not StepAct.objects.exists()


def test_a_pause_is_set_off_from_its_step_and_stands_in_the_story(incident, runner):
    (act,) = run(incident, "program.pause", runner)
    incident.program.refresh_from_db()
    assert incident.program.state == State.PAUSED
    assert (act.state, act.asked_by) == (Came.DONE, runner)
    assert act.answer == f"{incident.program.name} paused"
    line = incident.timeline.filter(kind=TimelineEntry.Kind.RUNBOOK).latest("pk")
    assert line.text == f"Step 4: Pause the program: done. {act.answer}"


def test_a_double_click_sets_it_off_once(incident, runner):
    first, again = (run(incident, "notify.role", runner) for _ in range(2))
    assert first == again
    assert StepAct.objects.count() == 1


def test_nothing_is_set_off_that_nobody_confirmed(incident, runner):
    with pytest.raises(steps.Refused, match="confirm: say that you mean it"):
        run(incident, "program.pause", runner, confirmed=False)
    assert not incident.program.pauses.exists()


def test_a_step_sets_off_its_own_hooks_alone(incident, runner):
    step = step_with(incident, "program.pause")
    with pytest.raises(steps.Refused, match="hook: step 4 has: program.pause"):
        stepping.run(step, "hold.apply", confirmed=True, actor=make.actor(runner))


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("program.pause", "view"),
        ("notify.role", "contribute"),
        ("dataset.freeze", "contribute"),
        ("hold.apply", "close"),
    ],
)
def test_who_lacks_the_right_of_the_act_sets_off_nothing(incident, name, level):
    make.hook(incident.program, events=[HookEvent.STEP])
    with pytest.raises(stepping.NotAllowed, match="Only who may"):
        run(incident, name, let_in(incident, level))
    assert not StepAct.objects.exists()
    assert not incident.program.pauses.exists()


def test_a_legal_hold_is_for_those_who_may_set_one(incident):
    (act,) = run(incident, "hold.apply", let_in(incident, "view", Function.LEGAL))
    assert (act.state, act.answer) == (
        Came.REFUSED,
        "There is no evidence without a legal hold.",
    )


def test_what_the_domain_refuses_stands_at_the_step_as_it_says_it(db):
    incident = make.incident(program=None)
    (act,) = run(incident, "program.pause", let_in(incident, "manage"))
    assert act.state == Came.REFUSED
    assert act.answer.startswith("Nobody knows yet which program it is")
    assert incident.timeline.filter(text__contains="Nobody knows yet").count() == 1


def test_what_was_refused_may_be_tried_again(incident):
    counsel = let_in(incident, "view", Function.LEGAL)
    run(incident, "hold.apply", counsel)
    run(incident, "hold.apply", counsel)
    assert StepAct.objects.filter(state=Came.REFUSED).count() == 2


def test_those_on_call_are_paged_again(incident, runner, engine):
    engine.work()
    before = incident.escalations.count()
    run(incident, "notify.role", runner)
    engine.work()
    assert incident.escalations.count() == before + 1


def test_what_no_other_system_takes_is_done_by_hand(incident, runner):
    with pytest.raises(steps.Refused, match="it is done by hand"):
        run(incident, "dataset.freeze", runner)
    step = step_with(incident, "dataset.freeze")
    held = access.may_which(runner, incident)
    (offers,) = stepping.offer(incident, [step], runner, held=held).values()
    offered = {each.action.name: each for each in offers}
    assert offered["dataset.freeze"].by_hand
    assert not offered["dataset.freeze"].can_run


def test_another_system_is_sent_it_once_and_only_if_it_asked_for_steps(incident, runner):
    make.hook(incident.program, events=[HookEvent.FREEZE])
    make.hook(incident.program, events=[HookEvent.STEP], kind=Hook.Kind.OTHER)
    store = make.hook(incident.program, events=[HookEvent.STEP])
    (act,) = run(incident, "dataset.freeze", runner)
    assert (act.state, act.system) == (Came.SENDING, store)
    assert run(incident, "dataset.freeze", runner) == [act]


def test_nothing_is_set_off_in_an_incident_that_is_over(incident, runner):
    lifecycle.move(incident, "dismissed", actor=make.SYSTEM, reason="A test file.")
    with pytest.raises(steps.Refused, match="its runbook is closed"):
        run(incident, "program.pause", runner)


def test_an_incident_that_stopped_already_keeps_its_one_pause(db):
    incident = make.incident(Sev.SEV2)
    (act,) = run(incident, "program.pause", let_in(incident, "contribute"))
    assert act.state == Came.DONE
    assert incident.program.pauses.count() == 1
