"""Hand out incidents as VERIS records: one, or what a filter finds. Recorded. No drills."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents import access, export, verisrecord
from incidents.export import Refused
from incidents.models import Incident
from incidents.search import Wanted

_AT_ONCE = 200
PAGE = 50


@transaction.atomic
def take(
    user: User, wanted: Wanted, *, query: str, actor: Actor, texts: bool = False
) -> Iterator[str]:
    """Find what fits, record that it is taken, and return the lines of a JSON list.

    Raises:
        Refused: if more than export.MOST fit.
    """
    form = "veris, with texts" if texts else "veris"
    taken = export.take(user, wanted, query=query, form=form, actor=actor)
    return _lines(records(user, taken.keys, texts=texts))


def records(user: User, keys: list[int], *, texts: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the records of those of some incidents that a person may know of."""
    for start in range(0, len(keys), _AT_ONCE):
        # Asked once more: it may take minutes to hand out, and access ends at once.
        seen = access.of_these(user, keys[start : start + _AT_ONCE]).filter(is_drill=False)
        rows = verisrecord.for_records(seen).order_by("-number")
        yield from verisrecord.each(rows, texts=texts)


@transaction.atomic
def page(
    user: User, incidents: QuerySet[Incident], *, before: int | None, actor: Actor
) -> list[dict[str, Any]]:
    """Return the records of the newest of some incidents, and record that they are taken.

    Args:
        before: only those with a smaller number.
    """
    rows = incidents.filter(is_drill=False)
    rows = rows.filter(number__lt=before) if before else rows
    keys = list(rows.order_by("-number").values_list("pk", flat=True)[:PAGE])
    count = len(keys)
    act = "incidents.exported"
    trail.record(act, user, actor=actor, count=count, form="veris", before=before)
    return list(records(user, keys))


@transaction.atomic
def one(incident: Incident, *, actor: Actor, texts: bool = False) -> dict[str, Any]:
    """Return the record of one incident, and record that it is taken.

    Raises:
        Refused: if it is a drill.
    """
    if incident.is_drill:
        raise Refused("This is a drill: nothing happened that anybody could tell of.")
    trail.record("incident.exported", incident, actor=actor, form="veris", texts=texts)
    assert actor.user
    return next(records(actor.user, [incident.pk], texts=texts))


def _lines(every: Iterator[dict[str, Any]]) -> Iterator[str]:
    before = "[\n"
    for record in every:
        yield before + json.dumps(record, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"
