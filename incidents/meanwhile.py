"""Two who change one row at once: which version each had read, and what of it both changed.

Each row of its history is a version, numbered from 1. Reads only.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

Row = TypeVar("Row", bound=Model)


class Clash(Exception):
    """Somebody else changed the same part since it was read, to something else.

    The message begins with the name of the part and says what stands there now.
    """


class NotRead(Exception):
    """There is no such version; the message names the field and which are `allowed`."""

    def __init__(self, last: int) -> None:
        self.allowed = _("a version from 1 to %(last)s") % {"last": last}
        super().__init__(f"based_on: {self.allowed}.")


def numbered(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Ask with the rows for the version of each, which `version_of` then knows."""
    past = _past(rows.model).objects.filter(id=OuterRef("pk")).order_by()
    counted = past.values("id").annotate(n=Count("*")).values("n")
    found: Any = rows.annotate(version=Subquery(counted))
    with_version: QuerySet[Row] = found
    return with_version


def version_of(row: Model) -> int:
    """Return the number of what a row says now."""
    known = getattr(row, "version", None)
    return int(known or _past(type(row)).objects.filter(id=row.pk).count())


def as_of(row: Model, version: int) -> Any:
    """Return a row as it was in one of its versions.

    Raises:
        NotRead: if it has none of this number.
    """
    past = _past(type(row)).objects.filter(id=row.pk).order_by("history_id")
    found = past[version - 1 : version].first() if version > 0 else None
    if found is None:
        raise NotRead(past.count())
    return found


def as_sent(row: Row, version: str) -> Row:
    """Return a row as it was in the version that a form sends back; as it is now for any other."""
    is_one = version.isascii() and version.isdigit() and len(version) < 10
    try:
        found: Row = as_of(row, int(version)) if is_one else row
    except NotRead:
        return row
    return found


def parts(said: Any) -> dict[str, Any]:
    """Return what a dataclass says by the name of each part; texts without space around them."""
    found = {field.name: getattr(said, field.name) for field in fields(said)}
    return {name: v.strip() if isinstance(v, str) else v for name, v in found.items()}


def changed(
    wanted: Mapping[str, Any],
    *,
    read: Mapping[str, Any],
    stands: Mapping[str, Any],
    withheld: Collection[str] = (),
) -> list[str]:
    """Return the parts that somebody wants otherwise than they had read them.

    Args:
        wanted, read, stands: by the name of the part what they want it to say, what it said when
            they read it, and what it says now.
        withheld: parts of which the clash does not tell what they say.

    Raises:
        Clash: if another changed one of these parts since.
    """
    asked = [name for name, value in wanted.items() if value != read.get(name, "")]
    for name in asked:
        # Both of the same mind is no clash.
        if stands[name] not in (read.get(name, ""), wanted[name]):
            now = "…" if name in withheld else _told(stands[name])
            said = _("%(part)s: somebody changed this after you opened it, to “%(now)s”.")
            again = _("Look at it, then save again.")
            raise Clash(f"{said % {'part': name, 'now': now}} {again}")
    return asked


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "–" if value in (None, "") else str(value)


def _past(model: type[Model]) -> Any:
    return model.history.model  # type: ignore[attr-defined]
