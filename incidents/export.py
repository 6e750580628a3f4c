"""Hand out what a filter finds as CSV or JSON, row by row, and write down who took how much.

The same incidents as in the list. Times are UTC; no cell is a formula, whoever wrote it.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents import access, search
from incidents.models import Incident
from incidents.search import Wanted

# More is a copy of the database, and nobody's list.
MOST = 50_000
_AT_ONCE = 500
# With these a spreadsheet begins a formula. The last is ours, so that it can be taken off again.
_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class Refused(Exception):
    """This is not handed out; the message names what is allowed."""


class Export:
    """What one person takes. Made by `take`; the lines of it are read once."""

    def __init__(self, user: User, keys: list[int]) -> None:
        self.user, self.keys = user, keys

    def csv(self) -> Iterator[str]:
        yield line(COLUMNS)
        for row in self._rows():
            yield line([cell(value) for value in row.values()])

    def json(self) -> Iterator[str]:
        before = "[\n"
        for row in self._rows():
            yield before + json.dumps(row, ensure_ascii=False)
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[]\n"

    def _rows(self) -> Iterator[dict[str, Any]]:
        for start in range(0, len(self.keys), _AT_ONCE):
            some = self.keys[start : start + _AT_ONCE]
            # Asked once more: it may take minutes to hand out, and access ends at once.
            found = search.for_lists(access.of_these(self.user, some))
            rows = {incident.pk: incident for incident in found}
            yield from (_facts(rows[pk]) for pk in some if pk in rows)


@transaction.atomic
def take(user: User, wanted: Wanted, *, query: str, form: str, actor: Actor) -> Export:
    """Find what fits, and record that it is taken.

    Args:
        query: the filter as it stands in the address of the list, for the record.
        form: `csv` or `json`, for the record.

    Raises:
        Refused: if more than MOST fit.
    """
    keys = list(search.find(user, wanted).values_list("pk", flat=True)[: MOST + 1])
    if len(keys) > MOST:
        raise Refused(f"More than {MOST:,} incidents fit. Narrow the filter, such as by days.")
    trail.record("incidents.exported", user, actor=actor, remark=query, count=len(keys), form=form)
    return Export(user, keys)


def _time(name: str) -> Callable[[Incident], str | None]:
    def told(incident: Incident) -> str | None:
        moment: datetime | None = getattr(incident, name)
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None

    return told


def _commanders(incident: Incident) -> str:
    roles = incident.commanders  # type: ignore[attr-defined]
    return ", ".join(role.person.name for role in roles)


_TIMES = ("reported_at", "acknowledged_at", "declared_at", "aware_at", "contained_at")
_FACTS: dict[str, Callable[[Incident], Any]] = {
    "incident": lambda incident: incident.ref,
    "codename": lambda incident: incident.codename,
    "title": lambda incident: incident.title,
    "status": lambda incident: incident.status,
    "severity": lambda incident: incident.sev,
    "counts_as": lambda incident: incident.counts_as,
    "peak": lambda incident: incident.peak_sev,
    "program": lambda incident: incident.program.slug if incident.program else None,
    "audience": lambda incident: incident.audience,
    "commander": _commanders,
    "drill": lambda incident: incident.is_drill,
    **{name: _time(name) for name in (*_TIMES, "recovered_at", "closed_at", "last_update")},
}
COLUMNS = tuple(_FACTS)


def _facts(incident: Incident) -> dict[str, Any]:
    return {name: fact(incident) for name, fact in _FACTS.items()}


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_BEGIN_A_FORMULA) else text


def line(cells: Iterable[str]) -> str:
    """Return cells as one line of CSV."""
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
