"""A stop is proven when the last collector and the last system have said so, once."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry, OutboxEvent
from programs import calls, confirmations, pauses, stops
from programs.confirmations import BadToken, Refused, SaidBefore, Word
from programs.models import HookConfirmation, HookEvent, StopOrder
from tests import make
from tests.together import ROUNDS, at_once, failures

pytestmark = pytest.mark.django_db
Proof = StopOrder.Proof
FROZEN, NOTHING = Word("frozen", count=3), Word("nothing_to_do")


@pytest.fixture
def program():
    return make.program()


def stop(program, *, ran=0, **fields):
    for _ in range(ran):
        make.lease(make.collector(program))
    hold = pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, **fields
    )
    return hold.order


def confirm(call, word=FROZEN, *, actor=make.SYSTEM):
    return confirmations.confirm(call, word, actor=actor)


def acknowledge(order):
    """Every collector of an order says that it has stopped."""
    words = [
        stops.Acknowledgement(
            proof.collector_id, order.program_id, order.generation, timezone.now(), "empty", 1
        )
        for proof in order.proofs.all()
    ]
    return stops.acknowledge(words)


def proof(order):
    order.refresh_from_db()
    return order.proof


def test_what_has_to_confirm_keeps_a_stop_unproven_until_it_does(program):
    make.hook(program)
    order = stop(program, ran=1)
    acknowledge(order)
    assert proof(order) == Proof.PAUSING
    confirm(order.calls.get())
    assert proof(order) == Proof.PROVEN
    facts = OutboxEvent.objects.get(topic="program.stop_proven").payload
    assert (facts["acknowledged"], facts["unconfirmed"]) == (1, 0)


def test_a_confirmation_alone_does_not_prove_that_collectors_stopped(program):
    make.hook(program)
    order = stop(program, ran=1)
    confirm(order.calls.get())
    assert proof(order) == Proof.PAUSING
    acknowledge(order)
    assert proof(order) == Proof.PROVEN


def test_every_event_of_every_hook_has_to_be_confirmed(program):
    make.hook(program, events=[HookEvent.PAUSE, HookEvent.FREEZE])
    order = stop(program)
    paused, frozen = order.calls.all()
    confirm(frozen)
    assert proof(order) == Proof.PAUSING
    confirm(paused, Word("stopped"))
    assert proof(order) == Proof.PROVEN


def test_what_need_not_confirm_holds_nothing_up(program):
    make.hook(program, confirms=False)
    assert proof(stop(program)) == Proof.PROVEN


def test_after_the_bound_a_missing_confirmation_leaves_it_unproven_and_a_late_one_proves_it(
    program, engine
):
    make.hook(program)
    order = stop(program, ran=1)
    engine.work()
    engine.forward(seconds=14)
    assert proof(order) == Proof.UNPROVEN
    assert OutboxEvent.objects.get(topic="program.stop_not_proven").payload["unconfirmed"] == 1
    confirm(order.calls.get())
    assert proof(order) == Proof.PROVEN
    assert Entry.objects.filter(action="program.stop_proven").count() == 1


def test_the_same_word_again_is_harmless_and_another_one_is_refused(program):
    make.hook(program)
    call = stop(program).calls.get()
    first = confirm(call)
    assert confirm(call) == first
    with pytest.raises(SaidBefore, match="was confirmed as frozen at"):
        confirm(call, NOTHING)
    assert HookConfirmation.objects.count() == 1
    assert Entry.objects.filter(action="program.hook_confirmed").count() == 1


@pytest.mark.parametrize(
    ("word", "field"),
    [
        (Word("stopped"), "state"),
        (Word("melted"), "state"),
        (Word("frozen", detail="x" * 501), "detail"),
        (Word("frozen", count=-1), "count"),
        (Word("frozen", count=2**31), "count"),
    ],
)
def test_a_word_that_does_not_answer_is_refused(program, word, field):
    make.hook(program)
    order = stop(program)
    with pytest.raises(Refused, match=f"^{field}: "):
        confirm(order.calls.get(), word)
    assert proof(order) == Proof.PAUSING


def test_a_person_who_confirms_by_hand_says_how_they_know_and_is_named(program):
    make.hook(program)
    order, person = stop(program), make.actor(make.user())
    with pytest.raises(Refused, match="detail: say how you know"):
        confirm(order.calls.get(), actor=person)
    said = confirm(order.calls.get(), Word("frozen", "I saw the switch."), actor=person)
    assert said.by == person.user
    assert proof(order) == Proof.PROVEN


def test_a_freeze_marks_the_datasets_that_it_was_about_and_a_resume_lets_them_go(program):
    lake, pond = make.dataset(program), make.dataset(program)
    make.hook(program, name="a", dataset=lake)
    make.hook(program, name="b", dataset=pond)
    order = stop(program)
    one, two = order.calls.order_by("hook__name")
    said = confirm(one)
    confirm(two, NOTHING)
    lake.refresh_from_db()
    pond.refresh_from_db()
    assert (lake.frozen_at, pond.frozen_at) == (said.confirmed_at, None)
    assert lake.history.latest().history_change_reason.endswith("a")
    make.resumed(program)
    lake.refresh_from_db()
    assert lake.frozen_at is None


def test_a_hook_for_no_dataset_in_particular_freezes_all_of_the_program(program):
    lake, strange = make.dataset(program), make.dataset(make.program())
    make.hook(program)
    confirm(stop(program).calls.get())
    lake.refresh_from_db()
    strange.refresh_from_db()
    assert lake.frozen_at
    assert strange.frozen_at is None


def test_a_late_word_freezes_nothing_that_was_let_go_since(program):
    lake = make.dataset(program)
    make.hook(program, confirms=False)
    call = stop(program).calls.get()
    make.resumed(program)
    confirm(call)
    lake.refresh_from_db()
    assert lake.frozen_at is None


def test_a_resume_is_confirmed_too(program):
    hook = make.hook(program, events=[HookEvent.RESUME])
    stop(program)
    make.resumed(program)
    assert confirm(hook.calls.get(), Word("resumed")).state == "resumed"


def test_the_address_of_a_confirmation_leads_to_its_call_and_to_no_other(program):
    make.hook(program)
    call = stop(program).calls.get()
    url = confirmations.url_for(call)
    assert url.startswith("http://localhost:8000/api/v1/confirmations/")
    assert confirmations.call_behind(url.rpartition("/")[2]) == call


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\0", "é", "1:1:1"])
def test_a_token_that_is_not_ours_leads_nowhere(token):
    with pytest.raises(BadToken):
        confirmations.call_behind(token)


def test_a_changed_token_leads_nowhere(program):
    make.hook(program)
    token = confirmations.url_for(stop(program).calls.get()).rpartition("/")[2]
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    with pytest.raises(BadToken):
        confirmations.call_behind(changed)


def test_a_confirmation_is_kept_as_it_was_said(program):
    make.hook(program)
    said = confirm(stop(program).calls.get())
    with pytest.raises(IntegrityError), transaction.atomic():
        HookConfirmation.objects.filter(pk=said.pk).update(count=4)


@pytest.mark.django_db(transaction=True)
def test_the_last_word_and_the_last_confirmation_at_once_prove_it_exactly_once():
    for _ in range(ROUNDS):
        program = make.program()
        make.hook(program)
        order = stop(program, ran=1)
        call = order.calls.get()
        outcomes = at_once(
            lambda o=order: acknowledge(o),
            lambda c=call: confirm(c),
            lambda c=call: confirm(c),
            lambda c=call: calls.begin(c.pk),
        )
        assert failures(outcomes) == []
        assert proof(order) == Proof.PROVEN
        stream = Entry.objects.filter(stream=f"program:{program.pk}")
        assert stream.filter(action="program.stop_proven").count() == 1
        assert call.hook.calls.filter(confirmation__isnull=False).count() == 1
