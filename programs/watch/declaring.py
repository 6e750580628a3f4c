"""Declare who is meant to read a dataset. The only module that writes DeclaredAudience."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from audit import outbox, trail
from programs import lifecycle
from programs.models import Dataset, DeclaredAudience, State
from programs.watch import audience, watching

LONGEST_REASON = 500
MOST_READERS = 2_000_000_000


class Refused(Exception):
    """It cannot be declared so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """Who is meant to read, by the names that the store uses; see programs.watch.audience."""

    people: Sequence[str] = ()
    teams: Sequence[str] = ()
    roles: Sequence[str] = ()
    most: int | None = None


@transaction.atomic
def declare(dataset: Dataset, terms: Terms, *, reason: str, actor: Actor) -> DeclaredAudience:
    """Declare the audience anew; what was declared before stays readable. Looks again at once.

    Raises:
        Refused: if nothing changes, no reason is given, a name or number is wrong, or the
            program has ended.
    """
    # Of two who declare at once the second sees the first.
    program = lifecycle.lock(dataset.program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    if terms.most is not None and not 0 <= terms.most <= MOST_READERS:
        raise Refused(f"most: from 0 to {MOST_READERS}, or nothing for no limit.")
    said = _named(terms)
    last = current(dataset)
    if last and {name: getattr(last, name) for name in said} == said:
        raise Refused("This is what is declared already.")
    row = DeclaredAudience.objects.create(
        dataset=dataset,
        version=last.version + 1 if last else 1,
        reason=reason.strip(),
        declared_by=actor.user,
        declared_as=actor.name,
        **said,
    )
    facts: dict[str, Any] = {"dataset": dataset.slug, "version": row.version, "most": row.most}
    facts |= {name: len(getattr(row, name)) for name in ("people", "teams", "roles")}
    trail.record("dataset.audience_declared", program, actor=actor, remark=reason, **facts)
    outbox.publish("program.audience_declared", program=program.pk, dataset=dataset.pk)
    for source in dataset.watch_sources.filter(enabled=True):
        watching.look_soon(source, why=f"audience v{row.version}")
    return row


def _named(terms: Terms) -> dict[str, list[str] | int | None]:
    try:
        said: dict[str, list[str] | int | None] = {
            name: audience.names(getattr(terms, name), name)
            for name in ("people", "teams", "roles")
        }
    except audience.BadAudience as error:
        raise Refused(str(error)) from error
    return said | {"most": terms.most}


def current(dataset: Dataset) -> DeclaredAudience | None:
    """Return who is meant to read a dataset now, if anybody said so."""
    return dataset.audiences.order_by("-version").first()
