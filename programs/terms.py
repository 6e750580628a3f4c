"""Change what a program says of itself, and end what was attested for how it was before."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.actors import Actor
from audit import history, outbox, trail
from programs import attestation, lifecycle
from programs.controlset import Control, Event
from programs.models import Program, State

FIELDS = (
    "purpose",
    "categories",
    "declared_audience",
    "declared_audience_size",
    "participants",
    "jurisdictions",
    "of_workers",
    "codetermination",
    "ai_in_eu",
    "has_processors",
    "trains_models",
)


class Refused(Exception):
    """The program cannot be changed so; the message names the field and what is allowed."""


@transaction.atomic
def change(program: Program, *, actor: Actor, **fields: Any) -> list[Control]:
    """Change some of FIELDS; return the controls whose attestation ended by it.

    Raises:
        Refused: if the program has ended or a field is wrong.
    """
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    before = {name: getattr(program, name) for name in fields}
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if not changed:
        return []
    for name, value in changed.items():
        if name not in FIELDS:
            raise Refused(f"{name}: only {', '.join(FIELDS)} can be changed.")
        setattr(program, name, value)
    _check(program)
    history.save(program, *changed, actor=actor)
    trail.record("program.changed", program, actor=actor, fields=sorted(changed))
    outbox.publish("program.changed", program=program.pk, fields=sorted(changed))
    why = f"changed: {', '.join(sorted(changed))}"
    return attestation.end_for(program, _events(before, changed), why=why, actor=actor)


def _check(program: Program) -> None:
    try:
        program.clean_fields()
    except ValidationError as error:
        wrong = (f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise Refused(" ".join(wrong)) from error


def _events(before: dict[str, Any], changed: dict[str, Any]) -> Iterator[Event]:
    yield Event.PROGRAM_VERSION_CHANGED
    if "purpose" in changed:
        yield Event.PURPOSE_CHANGED
    if set(changed.get("categories", ())) - set(before.get("categories", ())):
        yield Event.DATA_CLASS_ADDED
    if set(changed.get("jurisdictions", ())) - set(before.get("jurisdictions", ())):
        yield Event.NEW_JURISDICTION
