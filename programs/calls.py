"""How far each other system was told that a program stops or goes on.

The only module that writes HookCall. What they answer is programs.confirmations'.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, outbox
from programs import hooks
from programs.hooks import Refused
from programs.models import Hook, HookCall, HookEvent, Pause, Program, StopOrder


def for_stop(stop: StopOrder) -> list[HookCall]:
    """Call the hooks that an order concerns; in the transaction that orders the stop."""
    if stop.drill_only:
        # Other systems cannot stop for collectors of drills alone.
        return []
    asked = (HookEvent.PAUSE, HookEvent.FREEZE)
    datasets = [stop.dataset_id] if stop.dataset_id else []
    theirs = _concerned(stop.program, datasets)
    return _call(theirs, asked, generation=stop.generation, order=stop)


def for_resume(program: Program, lifted: Iterable[Pause]) -> list[HookCall]:
    """Tell that what these pauses held goes on, unless others hold it; when they are lifted."""
    still = still_held(program)
    freed = {hold.dataset_id for hold in lifted if not hold.drill_only} - still
    if None in still or not freed:
        return []
    theirs = _concerned(program, [] if None in freed else freed).exclude(dataset__in=_keys(still))
    return _call(theirs, (HookEvent.RESUME,), generation=program.generation, order=None)


def still_held(program: Program) -> set[int | None]:
    """The keys of the datasets that stand still now; None among them stands for all."""
    holds = program.pauses.in_force().filter(drill_only=False)
    return set(holds.values_list("dataset", flat=True))


def _concerned(program: Program, datasets: Collection[int | None]) -> QuerySet[Hook]:
    theirs = Hook.objects.filter(program=program, enabled=True)
    # A hook that does not say which dataset it holds may hold one of these.
    return theirs.filter(Q(dataset__in=_keys(datasets)) | Q(dataset=None)) if datasets else theirs


def _keys(datasets: Collection[int | None]) -> list[int]:
    return [key for key in datasets if key is not None]


def _call(
    called: QuerySet[Hook],
    events: Sequence[HookEvent],
    *,
    generation: int,
    order: StopOrder | None,
) -> list[HookCall]:
    now = order.ordered_at if order else timezone.now()
    calls = [
        HookCall(
            hook=hook,
            order=order,
            event=event,
            generation=generation,
            name=hook.name,
            kind=hook.kind,
            url=hook.url,
            dataset_id=hook.dataset_id or (order.dataset_id if order else None),
            created_at=now,
            must_confirm=hook.confirms,
            confirm_by=now + timedelta(seconds=hook.confirm_seconds) if hook.confirms else None,
        )
        for hook in called.filter(events__overlap=list(events))
        for event in events
        if event in hook.events
    ]
    for call in HookCall.objects.bulk_create(calls):
        _publish(call)
    return calls


def _publish(call: HookCall) -> None:
    outbox.publish(
        "program.hook_called",
        priority=0,
        call=call.pk,
        program=call.hook.program_id,
        attempts=call.attempts,
    )


@transaction.atomic
def begin(call_pk: int) -> HookCall | None:
    """Note that a call is about to be sent; None if there is nothing to send any more.

    Commit this before the call: a crash then leaves "sent, maybe twice", never nothing.
    """
    call = _locked_call(call_pk)
    if call.state not in (HookCall.State.WAITING, HookCall.State.SENT) or call.confirmed:
        return None
    if not call.hook.enabled:
        _move(call, HookCall.State.FAILED, answer="The hook was switched off.")
        return None
    call.attempts += 1
    call.sent_at = call.sent_at or timezone.now()
    _move(call, HookCall.State.SENT)
    return call


def note(call: HookCall, answer: str) -> None:
    """Note why an attempt failed; it is made again later."""
    HookCall.objects.filter(pk=call.pk).update(answer=answer[:200])


def answered(call: HookCall, answer: str) -> None:
    """Note that the other side has taken a call."""
    call.answered_at = timezone.now()
    _move(call, HookCall.State.ANSWERED, answer=answer)


def give_up(call_pk: int) -> None:
    """Note that a call could not be delivered at all."""
    call = _locked_call(call_pk)
    if call.state == HookCall.State.SENT:
        _move(call, HookCall.State.FAILED, answer=call.answer)
        _tell_of_silence(call)


def look_again_when_late(call_pk: int) -> None:
    """Schedule `note_late` for what has to be confirmed."""
    call = HookCall.objects.get(pk=call_pk)
    if call.confirm_by:
        clockwork.schedule(
            "programs.confirmation_late",
            key=f"hook-call:{call.pk}:late",
            payload={"call": call.pk},
            due_at=call.confirm_by,
            priority=1,
        )


def note_late(call_pk: int) -> None:
    """Note that the time to confirm a call has passed, and tell of it. Safe to call again."""
    call = _locked_call(call_pk)
    if call.late_at is None and not call.confirmed:
        call.late_at = timezone.now()
        call.save(update_fields=["late_at"])
        _tell_of_silence(call)


def _tell_of_silence(call: HookCall) -> None:
    if call.order_id and call.must_confirm and not call.confirmed:
        outbox.publish("program.stop_silent", priority=0, order=call.order_id)


@transaction.atomic
def send_again(call: HookCall, *, actor: Actor) -> None:
    """Try once more to deliver a call that was given up.

    Raises:
        Refused: if it was not given up, or the hook is switched off or has another address.
    """
    call = _locked_call(call.pk)
    if call.state != HookCall.State.FAILED:
        raise Refused(f"This call is {call.state}; only one that was given up is sent again.")
    if not call.hook.enabled:
        raise Refused(f"{call.hook.name} is switched off; switch it on first.")
    if call.url != call.hook.url:
        raise Refused(
            f"{call.hook.name} has another address since; look there, and confirm this by hand."
        )
    _move(call, HookCall.State.WAITING, answer=call.answer)
    hooks.record("hook.sent_again", call.hook, actor=actor)
    _publish(call)


def _locked_call(pk: int) -> HookCall:
    # The confirmation is read after the lock: joined, it would be that of before the wait.
    call = HookCall.objects.select_for_update(no_key=True).get(pk=pk)
    call.hook = Hook.objects.select_related("program").get(pk=call.hook_id)
    return call


def _move(call: HookCall, state: HookCall.State, *, answer: str = "") -> None:
    call.state = state
    call.answer = answer[:200]
    call.save(update_fields=["state", "answer", "attempts", "sent_at", "answered_at"])
