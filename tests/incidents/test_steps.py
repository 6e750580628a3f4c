"""What becomes of the steps of a runbook, and who may say so."""

import pytest

from accounts.functions import Function
from incidents import lifecycle, roles, steps
from incidents.models import Role, RunbookStep, Status, TimelineEntry
from programs.models import StopOrder
from severity.ladder import Sev
from tests import make

State = RunbookStep.State
KNOWN = "We read the logs of both stores."


@pytest.fixture
def incident(db):
    return make.incident()


@pytest.fixture
def step(incident):
    return incident.runbooks.get().steps.get(number=2)


@pytest.fixture
def gated(incident):
    return incident.runbooks.get().steps.get(number=6)


def somebody():
    return make.actor(make.user())


def test_a_step_is_done_by_somebody_at_a_time(step):
    by = make.user()
    done = steps.mark(step, State.DONE, actor=make.actor(by))
    assert (done.state, done.done_by) == (State.DONE, by)
    assert done.done_at


def test_a_step_is_taken_back_with_a_reason_only(step):
    steps.mark(step, State.DONE, actor=somebody())
    with pytest.raises(steps.Refused, match="note: say why the step is open again"):
        steps.mark(step, State.OPEN, actor=somebody())
    undone = steps.mark(step, State.OPEN, actor=somebody(), note="A copy was left.")
    assert (undone.state, undone.done_by, undone.done_at) == (State.OPEN, None, None)
    assert undone.note == "A copy was left."


def test_a_step_is_skipped_with_a_reason_only(step):
    with pytest.raises(steps.Refused, match="note: say why the step is not needed"):
        steps.mark(step, State.SKIPPED, actor=make.SYSTEM, note=" ")
    skipped = steps.mark(step, State.SKIPPED, actor=make.SYSTEM, note="No processor.")
    assert (skipped.state, skipped.note) == (State.SKIPPED, "No processor.")


def test_too_long_a_note_is_refused(step):
    with pytest.raises(steps.Refused, match="note: at most 500"):
        steps.mark(step, State.DONE, actor=make.SYSTEM, note="x" * 501)


def test_a_second_click_changes_nothing(step, incident):
    by = somebody()
    steps.mark(step, State.DONE, actor=by)
    lines = incident.timeline.count()
    steps.mark(step, State.DONE, actor=by)
    assert incident.timeline.count() == lines


@pytest.mark.parametrize("to", [State.DONE, State.SKIPPED])
def test_who_comes_second_hears_who_was_first_and_when(step, to):
    first = make.user(first_name="Ada", last_name="Obi")
    done = steps.mark(step, State.DONE, actor=make.actor(first))
    said = f"Ada Obi marked step 2 as done at {done.done_at:%Y-%m-%d %H:%M:%S} UTC."
    with pytest.raises(steps.Refused, match=said):
        steps.mark(step, to, actor=somebody(), note="No.")
    step.refresh_from_db()
    assert (step.state, step.done_by) == (State.DONE, first)


def test_the_runbook_of_an_incident_that_is_over_is_closed(step, incident):
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    for act in (
        lambda: steps.mark(step, State.DONE, actor=make.SYSTEM),
        lambda: steps.assign(step, None, actor=make.SYSTEM),
        lambda: steps.take_note(step, "Late.", actor=make.SYSTEM),
        lambda: steps.confirm_gate(step, KNOWN, actor=make.SYSTEM),
    ):
        with pytest.raises(steps.Refused, match="its runbook is closed"):
            act()


def test_a_gate_holds_until_somebody_says_how_they_know(gated):
    with pytest.raises(steps.Refused, match="statement: say how you know that this holds: all den"):
        steps.mark(gated, State.DONE, actor=somebody())
    with pytest.raises(steps.Refused, match="statement: say how you know, in 10 to 500"):
        steps.mark(gated, State.DONE, actor=somebody(), statement="Yes.")
    gated.refresh_from_db()
    assert (gated.state, gated.gate_said) == (State.OPEN, "")
    by = make.user()
    done = steps.mark(gated, State.DONE, actor=make.actor(by), statement=KNOWN)
    assert (done.state, done.gate_said, done.gate_by) == (State.DONE, KNOWN, by)


def test_a_gate_may_be_confirmed_before_the_step_is_done(gated, incident):
    steps.confirm_gate(gated, KNOWN, actor=somebody())
    assert incident.timeline.filter(text__contains=KNOWN).count() == 1
    with pytest.raises(steps.Refused, match="confirmed it at"):
        steps.confirm_gate(gated, "I know it too, as well.", actor=somebody())
    assert steps.mark(gated, State.DONE, actor=somebody()).state == State.DONE


def test_a_step_that_is_open_again_needs_its_gate_anew(gated):
    steps.mark(gated, State.DONE, actor=somebody(), statement=KNOWN)
    steps.mark(gated, State.OPEN, actor=somebody(), note="The copy was readable.")
    with pytest.raises(steps.Refused, match="statement"):
        steps.mark(gated, State.DONE, actor=somebody())


def test_a_step_without_a_gate_has_nothing_to_confirm(step):
    with pytest.raises(steps.Refused, match="no gate"):
        steps.confirm_gate(step, KNOWN, actor=somebody())


def test_a_gate_for_two_is_passed_by_two(gated):
    RunbookStep.objects.filter(pk=gated.pk).update(gate_checks=["second_person"])
    alone = somebody()
    with pytest.raises(steps.Refused, match="a second person says"):
        steps.mark(gated, State.DONE, actor=alone, statement=KNOWN)
    steps.confirm_gate(gated, KNOWN, actor=alone)
    with pytest.raises(steps.Refused, match="another person marks it as done"):
        steps.mark(gated, State.DONE, actor=alone)
    assert steps.mark(gated, State.DONE, actor=somebody()).state == State.DONE


def test_a_gate_on_the_proof_holds_until_the_stop_is_proven(db):
    program = make.program()
    make.lease(make.collector(program))
    incident = make.incident(Sev.SEV2, program=program)
    last = incident.runbooks.get().steps.last()
    with pytest.raises(steps.Refused, match=f"The stop of {program.name} is not proven"):
        steps.mark(last, State.DONE, actor=somebody(), statement=KNOWN)
    program.stop_orders.update(proof=StopOrder.Proof.PROVEN)
    assert steps.mark(last, State.DONE, actor=somebody(), statement=KNOWN).state == State.DONE


def test_a_step_is_given_to_who_may_see_the_incident_alone(step, incident, engine, mailoutbox):
    stranger, officer = make.user(), make.user(Function.PRIVACY_OFFICER)
    with pytest.raises(steps.Refused, match=f"who: {stranger.name} may not see {incident.ref}"):
        steps.assign(step, stranger, actor=somebody())
    steps.assign(step, officer, actor=somebody())
    step.refresh_from_db()
    assert steps.responsible(step) == [officer]
    engine.work()
    subjects = [mail.subject for mail in mailoutbox if mail.to == [officer.email]]
    assert f"[Andon] {incident.codename}: step 2 is yours" in subjects


def test_a_step_belongs_to_the_role_it_names_where_nobody_is_named(incident):
    officer = make.user(Function.PRIVACY_OFFICER)
    by = make.actor(make.user(Function.COMMANDER))
    roles.give(incident, Role.PRIVACY, person=officer, actor=by)
    run = incident.runbooks.get()
    assert steps.responsible(run.steps.get(number=8)) == [officer]
    assert steps.responsible(run.steps.get(number=7)) == []
    assert steps.responsible(run.steps.get(number=1)) == []


def test_a_note_stands_beside_the_step_and_those_before_on_the_timeline(step, incident):
    for word in ("Asked storage.", "Storage answered."):
        steps.take_note(step, word, actor=somebody())
    step.refresh_from_db()
    assert step.note == "Storage answered."
    lines = incident.timeline.filter(kind=TimelineEntry.Kind.RUNBOOK, text__contains="a note")
    assert lines.count() == 2
