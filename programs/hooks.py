"""Which other systems hear of a program's stops, and what is asked of them.

The only module that writes Hook. programs.calls keeps what each was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts import resolving, secrets
from accounts.actors import Actor
from audit import history, trail
from programs import lifecycle
from programs.models import (
    Dataset,
    Hook,
    HookEvent,
    Program,
    State,
)

LONGEST_NAME = 80
CONFIRM_SECONDS = range(10, 86_401)


class Refused(Exception):
    """The hook cannot be kept so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """What a hook is told, where, and what is asked of it. `events` in the order of HookEvent."""

    name: str
    kind: Hook.Kind
    url: str
    events: Sequence[HookEvent]
    dataset: Dataset | None = None
    confirms: bool = True
    confirm_seconds: int = 300


def add(program: Program, terms: Terms, *, actor: Actor) -> tuple[Hook, str]:
    """Have another system told of a program's stops; return its secret, which is shown this once.

    Raises:
        Refused: if a term is wrong, the name is taken, or the address leads inside; the message
            names the field.
    """
    _check_url(terms.url)
    return _add(program, terms, actor)


def _check_url(url: str) -> None:
    # Before the transaction: it asks the resolver of names.
    if wrong := resolving.why_not_kept(url):
        raise Refused(wrong.replace("address: ", "url: ", 1))


@transaction.atomic
def _add(program: Program, terms: Terms, actor: Actor) -> tuple[Hook, str]:
    # Of two of one name at once the second finds the first.
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and calls no other system.")
    hook = Hook(program=program, secret=secrets.mint_webhook())
    _apply(hook, terms)
    history.save_new(hook, actor=actor)
    record("hook.added", hook, actor=actor)
    return hook, hook.secret


def change(hook: Hook, terms: Terms, *, actor: Actor) -> Hook:
    """Put a hook on other terms. Calls that were made keep theirs.

    Raises:
        Refused: as `add`.
    """
    _check_url(terms.url)
    return _change(hook, terms, actor)


@transaction.atomic
def _change(hook: Hook, terms: Terms, actor: Actor) -> Hook:
    hook = _lock(hook)
    _apply(hook, terms)
    fields = ("name", "kind", "url", "events", "dataset", "confirms", "confirm_seconds")
    history.save(hook, *fields, actor=actor)
    record("hook.changed", hook, actor=actor)
    return hook


@transaction.atomic
def renew_secret(hook: Hook, *, actor: Actor) -> str:
    """Replace the secret at once and return the new one, which is shown this once."""
    hook = _lock(hook)
    hook.secret = secrets.mint_webhook()
    history.save(hook, "secret", actor=actor)
    record("hook.secret_renewed", hook, actor=actor)
    return hook.secret


@transaction.atomic
def switch(hook: Hook, *, on: bool, actor: Actor) -> None:
    """Let a hook be told, or no more. What it has not confirmed stays to be confirmed."""
    hook = _lock(hook)
    if hook.enabled == on:
        return
    hook.enabled = on
    history.save(hook, "enabled", actor=actor)
    record("hook.switched_on" if on else "hook.switched_off", hook, actor=actor)


def _lock(hook: Hook) -> Hook:
    lifecycle.lock(hook.program)
    return Hook.objects.select_for_update(no_key=True).get(pk=hook.pk)


def _apply(hook: Hook, terms: Terms) -> None:
    _check(hook, terms)
    hook.name, hook.kind, hook.url = terms.name, terms.kind, terms.url
    hook.events = [event.value for event in HookEvent if event in terms.events]
    hook.dataset, hook.confirms = terms.dataset, terms.confirms
    hook.confirm_seconds = terms.confirm_seconds


def _check(hook: Hook, terms: Terms) -> None:
    if not 0 < len(terms.name.strip()) <= LONGEST_NAME or not terms.name.isprintable():
        raise Refused(f"name: say what it is, in at most {LONGEST_NAME} characters.")
    if not terms.events:
        raise Refused("events: choose at least one.")
    if terms.dataset and terms.dataset.program_id != hook.program_id:
        raise Refused("dataset: choose one of this program.")
    if terms.confirm_seconds not in CONFIRM_SECONDS:
        low, high = CONFIRM_SECONDS[0], CONFIRM_SECONDS[-1]
        raise Refused(f"confirm_seconds: from {low} to {high}.")
    others = Hook.objects.filter(program=hook.program_id, name=terms.name).exclude(pk=hook.pk)
    if others.exists():
        raise Refused(f"name: there is a hook {terms.name!r} already; choose another.")


def record(act: str, hook: Hook, *, actor: Actor) -> None:
    """Write an act on a hook into the record of its program."""
    stream = trail.stream_of(hook.program)
    trail.record(act, hook, actor=actor, stream=stream, name=hook.name, events=hook.events)
