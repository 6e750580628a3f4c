"""Take the word of other systems that they have done what a stop asked of them.

The only module that writes HookConfirmation and Dataset.frozen_at.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.actors import Actor
from audit import clockwork, history, trail
from programs import calls, lifecycle, stops
from programs.models import (
    CONFIRMS,
    Dataset,
    HookCall,
    HookConfirmation,
    HookEvent,
    Program,
    State,
    StopOrder,
)

_SALT = "andon.confirm"
LONGEST_DETAIL = 500
MOST = 2_147_483_647


class Refused(Exception):
    """The word does not fit what was asked; the message names the field and what is allowed."""


class SaidBefore(Refused):
    """Another word was given for this call before, and stands."""


class BadToken(Exception):
    """The token is not ours, or was changed."""


@dataclass(frozen=True)
class Word:
    """What is confirmed: the state reached, a few words, and how many things it was about."""

    state: str
    detail: str = ""
    count: int | None = None


def url_for(call: HookCall) -> str:
    """Return the address at which one call is confirmed, once. Whoever has it needs no sign-in."""
    # Without a time in it: a message that is sent again is the same to the last byte.
    token = signing.Signer(salt=_SALT).sign_object({"call": call.pk})
    return settings.ENVIRONMENT.url + reverse("api:confirm", args=[token])


def call_behind(token: str) -> HookCall:
    """Return the call that a token was made for.

    Raises:
        BadToken: if the signature is wrong.
    """
    try:
        content = signing.Signer(salt=_SALT).unsign_object(token)
        return HookCall.objects.select_related("hook__program", "order").get(pk=content["call"])
    except (signing.BadSignature, HookCall.DoesNotExist, LookupError, ValueError) as error:
        raise BadToken from error


@transaction.atomic
def confirm(call: HookCall, word: Word, *, actor: Actor) -> HookConfirmation:
    """Store that a call was carried out. The same word again is harmless.

    The last confirmation of an order proves it, if its collectors are accounted for.

    Raises:
        SaidBefore: if another word was given before.
        Refused: if the word does not answer this event.
    """
    program = lifecycle.lock(call.hook.program)
    stop = stops.lock(call.order_id) if call.order_id else None
    call = HookCall.objects.select_related("hook").get(pk=call.pk)
    _check(call, word, actor=actor)
    if call.confirmed:
        return _repeated(call.confirmed, word)
    said = HookConfirmation.objects.create(
        call=call,
        state=word.state,
        detail=word.detail,
        count=word.count,
        confirmed_at=clockwork.now(),
        by=actor.user,
    )
    trail.record(
        "program.hook_confirmed",
        program,
        actor=actor,
        remark=word.detail,
        hook=call.name,
        event=call.event,
        state=said.state,
        generation=call.generation,
        count=said.count,
    )
    if stop:
        if said.state == HookConfirmation.State.FROZEN and _still_stands(stop, program):
            _freeze(call, said, actor=actor)
        stops.settle(stop, actor=actor)
    return said


def _check(call: HookCall, word: Word, *, actor: Actor) -> None:
    allowed = [state.value for state in CONFIRMS[HookEvent(call.event)]]
    if word.state not in allowed:
        raise Refused(f"state: a {call.event} is confirmed as {' or '.join(allowed)}.")
    if len(word.detail) > LONGEST_DETAIL:
        raise Refused(f"detail: at most {LONGEST_DETAIL} characters.")
    if actor.user and not word.detail.strip():
        raise Refused("detail: say how you know.")
    if word.count is not None and not 0 <= word.count <= MOST:
        raise Refused(f"count: from 0 to {MOST}.")


def _repeated(said: HookConfirmation, word: Word) -> HookConfirmation:
    if (said.state, said.detail, said.count) != (word.state, word.detail, word.count):
        raise SaidBefore(
            f"This was confirmed as {said.state} at {said.confirmed_at:%Y-%m-%d %H:%M:%S} UTC;"
            " what was said stands."
        )
    return said


def _still_stands(stop: StopOrder, program: Program) -> bool:
    # A late word must not freeze what two people have let go since.
    return program.state == State.RETIRED or stop.pauses.in_force().exists()


def _freeze(call: HookCall, said: HookConfirmation, *, actor: Actor) -> None:
    for dataset in datasets_of(call).filter(frozen_at=None).select_for_update(no_key=True):
        dataset.frozen_at = said.confirmed_at
        history.save(dataset, "frozen_at", actor=actor, why=call.name)


def thaw(program: Program, *, actor: Actor) -> None:
    """Let the datasets of a locked program be read again that nothing holds any more."""
    still = calls.still_held(program)
    if None in still:
        return
    frozen = program.datasets.exclude(frozen_at=None).exclude(pk__in=[key for key in still if key])
    for dataset in frozen.select_for_update(no_key=True):
        dataset.frozen_at = None
        history.save(dataset, "frozen_at", actor=actor)


def datasets_of(call: HookCall) -> QuerySet[Dataset]:
    """The datasets that a call is about: the one that it names, or all of the program.

    A resume is about none that stands still for another reason.
    """
    datasets = Dataset.objects.filter(program=call.hook.program_id)
    if call.event == HookEvent.RESUME:
        still = calls.still_held(call.hook.program)
        datasets = datasets.exclude(pk__in=[key for key in still if key])
    return datasets.filter(pk=call.dataset_id) if call.dataset_id else datasets
