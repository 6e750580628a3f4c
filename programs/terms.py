"""Change what a program says of itself, and end what was attested for how it was before."""

from collections.abc import Collection, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.actors import Actor
from audit import history, outbox, trail
from programs import attestation, clearance, lapses, lifecycle
from programs.controlset import Control, ControlSet, Event
from programs.models import Dataset, Program, State

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
        Refused: if the program has ended, a field is wrong, or it runs and the change would
            bring controls that are not valid.
    """
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    applied = ControlSet.current().applying(program.facts)
    before = {name: getattr(program, name) for name in fields}
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if not changed:
        return []
    for name, value in changed.items():
        if name not in FIELDS:
            raise Refused(f"{name}: only {', '.join(FIELDS)} can be changed.")
        setattr(program, name, value)
    _check(program)
    _refuse_to_widen(program, applied)
    history.save(program, *changed, actor=actor)
    trail.record("program.changed", program, actor=actor, fields=sorted(changed))
    outbox.publish("program.changed", program=program.pk, fields=sorted(changed))
    why = f"changed: {', '.join(sorted(changed))}"
    ended = attestation.end_for(program, _events(before, changed), why=why, actor=actor)
    # Other controls may apply now, whether or not one ended.
    lapses.settle(program, actor=actor)
    return ended


@transaction.atomic
def add_dataset(
    program: Program, *, slug: str, name: str, store: str, declared_audience: str = "", actor: Actor
) -> tuple[Dataset, list[Control]]:
    """Say where else data of a program lie; return it with the controls that ended by it.

    Raises:
        Refused: if the program has ended, the slug is taken, or a field is wrong.
    """
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    if program.datasets.filter(slug=slug).exists():
        raise Refused(f"slug: {program.slug} has a dataset {slug!r} already; choose another.")
    dataset = Dataset(program=program, slug=slug, name=name, store=store)
    dataset.declared_audience = declared_audience
    _check(dataset)
    history.save_new(dataset, actor=actor)
    trail.record("program.dataset_added", program, actor=actor, dataset=slug)
    outbox.publish("program.dataset_added", program=program.pk, dataset=dataset.pk)
    why = f"dataset added: {slug}"
    return dataset, attestation.end_for(program, [Event.DATASET_ADDED], why=why, actor=actor)


def _refuse_to_widen(program: Program, applied: Collection[Control]) -> None:
    """What runs takes on no control that is not valid: that would stop it, or let it run without.

    A control can be attested before it applies.
    """
    if not program.runs and program.state != State.PAUSED:
        return
    new = [each for each in clearance.blocking(program) if each.control not in applied]
    if new:
        raise Refused(
            f"With this change controls apply that are not valid: {clearance.names(new)}."
            " Attest them first."
        )


def _check(row: Program | Dataset) -> None:
    try:
        row.clean_fields()
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
