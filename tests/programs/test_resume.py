"""To go on: two people of two functions, none of them interested, and only after the proof."""

import pytest

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from programs import access, pauses, resuming, stops
from programs.models import Lease, Program, ResumeApproval, ResumeRequest, State
from tests import make

pytestmark = pytest.mark.django_db
OFFICER, LEGAL, COMMANDER = Function.PRIVACY_OFFICER, Function.LEGAL, Function.COMMANDER


def pause(program, holder="INC-1", **fields):
    return pauses.pause(
        program, holder=holder, label="Otter", reason="r", actor=make.SYSTEM, **fields
    )


@pytest.fixture
def program():
    """A paused program whose stop is proven."""
    made = make.program()
    pause(made)
    return Program.objects.get(pk=made.pk)


def ask(program, by=None, reason="The share is closed; the logs say so.", **fields):
    return make.wish(program, by=by, reason=reason, **fields)


def approve(request, *functions, by=None, **fields):
    return make.agreed(request, by or make.user(*functions), **fields)


def state(program):
    program.refresh_from_db()
    return program.state


def test_two_people_of_two_functions_let_it_go_on_in_a_new_generation(program):
    request, before = ask(program), program.generation
    approve(request, OFFICER)
    assert state(program) == State.PAUSED
    assert approve(request, LEGAL).state == ResumeRequest.State.GRANTED
    assert (state(program), program.generation) == (State.COLLECTING, before + 1)
    assert make.lease(make.collector(program))


def test_all_that_hold_it_are_lifted_if_none_is_named(program):
    pause(program, holder="INC-2")
    request = ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    assert not program.pauses.in_force().exists()
    lifted = OutboxEvent.objects.filter(topic="program.pause_lifted")
    assert sorted(event.payload["holder"] for event in lifted) == ["INC-1", "INC-2"]


def test_each_step_stands_in_the_record_with_its_words_beside_it(program):
    request = ask(program, reason="Bob closed it.")
    approve(request, OFFICER), approve(request, LEGAL)
    acts = Entry.objects.filter(stream=f"program:{program.pk}").order_by("seq")
    assert [act.action for act in acts][-5:] == [
        "program.resume_requested",
        "program.resume_approved",
        "program.resume_approved",
        "program.pause_lifted",
        "program.collecting",
    ]
    assert acts.get(action="program.resume_requested").remark.text == "Bob closed it."


def test_nobody_asks_without_saying_what_was_fixed(program):
    with pytest.raises(pauses.Refused, match="reason: say what was fixed"):
        ask(program, reason="  ")
    assert not ResumeRequest.objects.exists()


def test_a_program_that_is_not_paused_is_not_resumed():
    with pytest.raises(pauses.Refused, match="is not paused"):
        ask(make.program())


def test_a_machine_does_not_ask_and_does_not_agree(program):
    with pytest.raises(pauses.Refused, match="Only a person"):
        resuming.request(program, reason="x", answers=make.answers(), actor=make.SYSTEM)
    request = ask(program)
    with pytest.raises(pauses.Refused, match="Only a person"):
        resuming.approve(request, read=resuming.digest(request), actor=make.SYSTEM)


def test_nothing_goes_on_before_its_stop_is_proven(engine):
    program = make.program()
    make.lease(make.collector(program))
    pause(program)
    with pytest.raises(pauses.Refused, match="not proven yet"):
        ask(program)
    engine.work()
    engine.forward(seconds=14)
    assert ask(program).state == ResumeRequest.State.OPEN


def test_there_is_one_open_request_at_a_time(program):
    request = ask(program)
    with pytest.raises(pauses.Refused, match="open request to resume already"):
        ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    pause(program)
    assert ask(program) != request


def test_whoever_asks_does_not_agree(program):
    asker = make.user(OFFICER)
    request = ask(program, by=asker)
    with pytest.raises(pauses.Refused, match="Whoever asks, runs"):
        approve(request, by=asker)
    assert approve(request, OFFICER).approvals.count() == 1


def test_the_owner_does_not_agree():
    owner = make.user(OFFICER, Function.PROGRAM_OWNER)
    program = make.program(owner=owner)
    pause(program)
    with pytest.raises(pauses.Refused, match="Whoever asks, runs"):
        approve(ask(program), by=owner)


def test_who_runs_it_beside_the_owner_does_not_agree_and_agrees_no_more(program):
    helper = make.user(LEGAL)
    request = ask(program)
    approve(request, by=helper)
    access.let_run(helper, program)
    assert not resuming.standing(request).counting
    with pytest.raises(pauses.Refused, match="Whoever asks, runs"):
        approve(request, by=helper)


def test_whoever_is_barred_does_not_agree(program):
    commander = make.user(COMMANDER)
    request = ask(program)
    with pytest.raises(pauses.Refused, match="commands the incident"):
        approve(request, by=commander, barred=frozenset({commander.pk}))
    assert approve(request, by=commander).approvals.count() == 1


def test_one_person_agrees_once_even_with_two_functions(program):
    request, both = ask(program), make.user(OFFICER, LEGAL)
    approve(request, by=both)
    with pytest.raises(pauses.Refused, match="approved this already"):
        approve(request, by=both)
    assert state(program) == State.PAUSED


def test_two_people_of_one_function_are_not_enough(program):
    request = ask(program)
    approve(request, OFFICER)
    with pytest.raises(pauses.Refused, match="Approval needs one of these functions") as refusal:
        approve(request, OFFICER)
    assert "Privacy officer" not in str(refusal.value)
    assert "Legal counsel" in str(refusal.value)


@pytest.mark.parametrize("function", [f for f in Function if f not in access.RESUMING])
def test_other_functions_do_not_agree(program, function):
    with pytest.raises(pauses.Refused, match="needs one of these functions"):
        approve(ask(program), function)


def test_whoever_was_shut_out_does_not_agree(program):
    with pytest.raises(pauses.Refused, match="needs one of these functions"):
        approve(ask(program), by=make.user(OFFICER, is_active=False))


def test_a_request_that_was_granted_is_not_granted_again(program):
    request = ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    pause(program)
    with pytest.raises(pauses.Refused, match="is granted already"):
        approve(request, COMMANDER)
    assert state(program) == State.PAUSED


def test_a_new_pause_overtakes_the_wish_to_go_on(program):
    """Whoever agreed knew nothing of the second incident."""
    request = ask(program)
    approve(request, OFFICER)
    pause(program, holder="INC-2")
    with pytest.raises(pauses.Refused, match="is withdrawn already"):
        approve(request, LEGAL)
    assert state(program) == State.PAUSED
    assert request.history.latest().state == ResumeRequest.State.WITHDRAWN
    assert Entry.objects.filter(action="program.resume_withdrawn").count() == 1


def test_the_same_pause_again_leaves_the_wish_alone(program):
    request = ask(program)
    pause(program)
    assert approve(request, OFFICER).state == ResumeRequest.State.OPEN


def test_who_pulls_the_cord_again_is_heard_again(program):
    me = make.actor(make.user())
    pauses.pull_the_cord(program, reason="It leaks.", actor=me)
    request = ask(program)
    approve(request, OFFICER)
    pauses.pull_the_cord(program, reason="It leaks again, elsewhere.", actor=me)
    with pytest.raises(pauses.Refused, match="is withdrawn already"):
        approve(request, LEGAL)
    assert program.pauses.in_force().count() == 2
    assert Entry.objects.filter(action="program.cord_pulled_again").count() == 1


def test_who_may_not_agree_any_more_has_not_agreed(program):
    left, lost, took = make.user(OFFICER), make.user(Function.SECURITY), make.user(LEGAL)
    request = ask(program)
    approve(request, by=left)
    left.is_active = False
    left.save()
    approve(request, by=lost)
    lost.groups.clear()
    approve(request, by=took)
    assert state(program) == State.PAUSED
    # Whoever took the command meanwhile does not count either.
    approve(request, by=make.user(OFFICER), barred=frozenset({took.pk}))
    assert state(program) == State.PAUSED
    approve(request, by=make.user(Function.SECURITY), barred=frozenset({took.pk}))
    assert state(program) == State.COLLECTING


def test_a_part_of_a_program_goes_on_in_a_new_generation(engine):
    program = make.program()
    lake = make.dataset(program)
    held = make.collector(program, dataset=lake)
    pause(program, dataset=lake)
    program.refresh_from_db()
    before, request = program.generation, ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    assert (state(program), program.generation) == (State.COLLECTING, before + 1)
    assert make.lease(held)


def test_when_a_part_goes_on_the_others_keep_their_leases():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    other = make.collector(program, dataset=sea)
    make.lease(other)
    pause(program, dataset=lake)
    request = ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    assert stops.generation_of(other) == 1
    assert Lease.objects.get(collector=other).revoked_at is None
    part = make.collector(Program.objects.get(pk=program.pk), dataset=lake)
    assert stops.generation_of(part) == 3


def test_a_draft_that_was_held_is_let_go_and_still_does_not_run():
    program = make.draft()
    pause(program)
    request = ask(program)
    approve(request, OFFICER), approve(request, LEGAL)
    assert state(program) == State.DRAFT
    assert not program.pauses.in_force().exists()


def test_an_ended_program_does_not_go_on_whatever_was_asked_before(program):
    request = ask(program)
    pauses.retire(program, reason="over", actor=make.SYSTEM)
    approve(request, OFFICER), approve(request, LEGAL)
    assert state(program) == State.RETIRED


def test_an_approval_is_kept_as_it_was_given(program):
    approve(ask(program), OFFICER)
    with pytest.raises(Exception, match="andon: programs_resumeapproval keeps"):
        ResumeApproval.objects.update(function=LEGAL)
