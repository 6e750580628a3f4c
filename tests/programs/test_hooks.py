"""Which other systems are called when a program stops or goes on, and how each call stands."""

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from programs import calls, hooks, lifecycle, pauses
from programs.hooks import Refused, Terms
from programs.models import Hook, HookCall, HookEvent, State
from tests import make

pytestmark = pytest.mark.django_db
PAUSE, FREEZE, RESUME = HookEvent.PAUSE, HookEvent.FREEZE, HookEvent.RESUME
Stands = HookCall.State


@pytest.fixture
def program():
    return make.program()


def terms(**changes):
    fields = {
        "name": "Training cluster",
        "kind": Hook.Kind.TRAINING,
        "url": "https://train.example/andon",
        "events": [PAUSE],
    }
    return Terms(**(fields | changes))


def pause(program, **fields):
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, **fields
    ).order


def called():
    """(hook, event) of every call, by its place."""
    return [(call.hook, call.event) for call in HookCall.objects.select_related("hook")]


def test_a_new_hook_has_a_secret_that_signs(program):
    hook, secret = hooks.add(program, terms(), actor=make.SYSTEM)
    assert Webhook(secret)
    assert hook.secret == secret
    assert not hasattr(hook.history.get(), "secret")
    assert Entry.objects.filter(action="hook.added", stream=f"program:{program.pk}").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"url": "http://train.example/"}, "url"),
        ({"url": "https://u:p@train.example/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "https://train.example/" + "x" * 500}, "url"),
        ({"events": []}, "events"),
        ({"confirm_seconds": 9}, "confirm_seconds"),
        ({"confirm_seconds": 86_401}, "confirm_seconds"),
    ],
)
def test_an_odd_term_is_refused_at_its_field_when_added_and_when_changed(program, changes, field):
    with pytest.raises(Refused, match=f"^{field}: "):
        hooks.add(program, terms(**changes), actor=make.SYSTEM)
    hook = make.hook(program)
    with pytest.raises(Refused, match=f"^{field}: "):
        hooks.change(hook, terms(**changes), actor=make.SYSTEM)


def test_a_name_is_taken_once_in_a_program(program):
    hooks.add(program, terms(), actor=make.SYSTEM)
    with pytest.raises(Refused, match="^name: there is a hook 'Training cluster'"):
        hooks.add(program, terms(), actor=make.SYSTEM)
    assert hooks.add(make.program(), terms(), actor=make.SYSTEM)


def test_a_dataset_of_another_program_is_refused(program):
    strange = make.dataset(make.program())
    with pytest.raises(Refused, match="^dataset: "):
        hooks.add(program, terms(dataset=strange), actor=make.SYSTEM)


def test_a_program_that_has_ended_takes_no_hook(program):
    pauses.retire(program, reason="Over.", actor=make.SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        hooks.add(program, terms(), actor=make.SYSTEM)


def test_a_stop_calls_each_hook_with_the_events_that_it_wants(program):
    both = make.hook(program, name="a", events=[FREEZE, PAUSE])
    later = make.hook(program, name="b", events=[RESUME])
    order = pause(program)
    assert called() == [(both, PAUSE), (both, FREEZE)]
    calls = order.calls.all()
    assert {call.generation for call in calls} == {order.generation}
    assert {call.state for call in calls} == {Stands.WAITING}
    assert OutboxEvent.objects.filter(topic="program.hook_called").count() == 2
    assert not later.calls.exists()


def test_a_hook_that_is_switched_off_is_not_called(program):
    hook = make.hook(program)
    hooks.switch(hook, on=False, actor=make.SYSTEM)
    hooks.switch(hook, on=False, actor=make.SYSTEM)
    assert Entry.objects.filter(action="hook.switched_off").count() == 1
    pause(program)
    assert called() == []


def test_a_stop_of_one_dataset_calls_those_who_hold_it_or_do_not_say(program):
    lake, pond = make.dataset(program), make.dataset(program)
    its = make.hook(program, name="a", dataset=lake)
    unsaid = make.hook(program, name="b")
    make.hook(program, name="c", dataset=pond)
    order = pause(program, dataset=lake)
    assert called() == [(its, FREEZE), (unsaid, FREEZE)]
    assert {call.dataset for call in order.calls.all()} == {lake}


def test_a_drill_that_stops_only_its_own_collectors_calls_nobody(program):
    make.hook(program, events=[FREEZE, RESUME])
    pause(program, drill_only=True)
    make.resumed(program)
    assert called() == []


def test_the_end_of_a_program_calls_its_hooks_too(program):
    hook = make.hook(program)
    pauses.retire(program, reason="Over.", actor=make.SYSTEM)
    assert called() == [(hook, FREEZE)]


def test_hooks_are_told_that_the_program_goes_on(program):
    lake = make.dataset(program)
    hook = make.hook(program, name="a", events=[RESUME], dataset=lake)
    make.hook(program, name="b", events=[FREEZE], confirms=False)
    pause(program)
    program = make.resumed(program)
    assert program.state == State.COLLECTING
    call = hook.calls.get()
    assert (call.event, call.generation, call.order) == (RESUME, program.generation, None)


def test_what_goes_on_in_one_dataset_is_told_to_nobody_who_holds_another(program):
    lake, pond = make.dataset(program), make.dataset(program)
    its = make.hook(program, name="a", events=[RESUME], dataset=lake)
    make.hook(program, name="c", events=[RESUME], dataset=pond)
    pause(program, dataset=lake)
    make.resumed(program)
    assert called() == [(its, RESUME)]


def test_what_another_holds_is_not_told_to_go_on_nor_unfrozen(program):
    lake, pond = make.dataset(program), make.dataset(program)
    for place in (lake, pond):
        place.frozen_at = timezone.now()
        place.save()
    its = make.hook(program, name="a", events=[RESUME], dataset=lake)
    make.hook(program, name="b", events=[RESUME], dataset=pond)
    pause(program, dataset=pond)
    drill = {"holder": "DRILL-1", "label": "Drill", "reason": "r", "actor": make.SYSTEM}
    pauses.pause(program, **drill, dataset=lake, is_drill=True)
    pauses.let_go(program, holder="DRILL-1", actor=make.SYSTEM)
    lake.refresh_from_db()
    pond.refresh_from_db()
    assert called() == [(its, RESUME)]
    assert (lake.frozen_at, bool(pond.frozen_at)) == (None, True)


def test_a_program_that_never_ran_calls_nobody_however_often_it_is_held_and_let_go():
    officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    program = lifecycle.approve(make.draft(), actor=officer)
    make.hook(program, events=[PAUSE, RESUME])
    for number in range(2):
        drill = {"holder": f"DRILL-{number}", "label": "Drill", "reason": "r"}
        pauses.pause(program, **drill, actor=make.SYSTEM, is_drill=True)
        pauses.let_go(program, holder=f"DRILL-{number}", actor=make.SYSTEM)
    assert called() == []


def test_a_call_keeps_the_terms_that_the_hook_had(program):
    hook = make.hook(program, name="Lake", confirm_seconds=60)
    order = pause(program)
    changed = terms(name="Other", confirms=False)
    hooks.change(hook, changed, actor=make.SYSTEM)
    call = order.calls.get()
    assert (call.name, call.kind, call.must_confirm) == ("Lake", Hook.Kind.DATASET, True)
    assert (call.confirm_by - order.ordered_at).total_seconds() == 60


def test_a_new_secret_replaces_the_old_one(program):
    hook = make.hook(program)
    old = hook.secret
    new = hooks.renew_secret(hook, actor=make.SYSTEM)
    hook.refresh_from_db()
    assert hook.secret == new != old


def test_a_call_that_was_taken_is_not_begun_again(program):
    make.hook(program)
    call = pause(program).calls.get()
    begun = calls.begin(call.pk)
    assert (begun.state, begun.attempts) == (Stands.SENT, 1)
    calls.answered(begun, "answered 204")
    assert calls.begin(call.pk) is None
    call.refresh_from_db()
    assert (call.state, call.attempts, call.answer) == (Stands.ANSWERED, 1, "answered 204")
    assert call.answered_at >= call.sent_at


def test_a_call_of_a_hook_that_was_switched_off_since_is_not_sent(program):
    hook = make.hook(program)
    call = pause(program).calls.get()
    hooks.switch(hook, on=False, actor=make.SYSTEM)
    assert calls.begin(call.pk) is None
    call.refresh_from_db()
    assert (call.state, call.answer) == (Stands.FAILED, "The hook was switched off.")


def test_only_a_call_that_was_given_up_is_sent_again(program):
    hook = make.hook(program)
    call = pause(program).calls.get()
    with pytest.raises(Refused, match="only one that was given up"):
        calls.send_again(call, actor=make.SYSTEM)
    calls.begin(call.pk)
    calls.give_up(call.pk)
    hooks.switch(hook, on=False, actor=make.SYSTEM)
    with pytest.raises(Refused, match="switched off"):
        calls.send_again(call, actor=make.SYSTEM)
    hooks.switch(hook, on=True, actor=make.SYSTEM)
    calls.send_again(call, actor=make.SYSTEM)
    call.refresh_from_db()
    assert call.state == Stands.WAITING
