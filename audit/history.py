"""Save a row so that its history names who changed it and why."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from simple_history.utils import bulk_create_with_history

from accounts.actors import Actor


def create(model: type[models.Model], *, actor: Actor, why: str = "", **fields: Any) -> Any:
    """Create a row and its first history row."""
    row = model(**fields)
    save_new(row, actor=actor, why=why)
    return row


def save_new(row: models.Model, *, actor: Actor, why: str = "") -> None:
    """Insert a row that was built before, with its first history row."""
    _sign(row, actor, why)
    row.save(force_insert=True)


def create_all(rows: Sequence[models.Model], *, actor: Actor, why: str = "") -> None:
    """Insert many rows of one model and their first history rows, in two statements."""
    bulk_create_with_history(
        list(rows),
        type(rows[0]),
        default_user=actor.user,
        default_change_reason=_why(actor, why),
    )


def save(row: models.Model, *fields: str, actor: Actor, why: str = "") -> None:
    """Save the named fields. Never `queryset.update()`: it writes no history."""
    _sign(row, actor, why)
    row.save(update_fields=fields)


def remove(row: models.Model, *, actor: Actor, why: str = "") -> None:
    """Delete a row; its history stays, with who removed it. For parts of a whole alone."""
    _sign(row, actor, why)
    row.delete()


def _sign(row: models.Model, actor: Actor, why: str) -> None:
    # Set on the row, not taken from the request: workers and the gate have none.
    row._history_user = actor.user  # type: ignore[attr-defined]
    row._change_reason = _why(actor, why)  # type: ignore[attr-defined]


def _why(actor: Actor, why: str) -> str:
    return (f"{actor.via}: {why}" if why else actor.via)[:100]
