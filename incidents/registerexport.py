"""Hand out the register of breaches as CSV or JSON: the same lines as the page, and recorded.

Times are UTC; no cell is a formula, whoever wrote it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents import access, export, register, registerline
from incidents.register import Wanted
from incidents.registerline import Line, Told

_AT_ONCE = 200
COLUMNS = (
    *("incident", "codename", "title", "kind", "severity", "status", "program", "reported_at"),
    *("aware_at", "facts", "effects", "remedy", "decisions", "authority_told"),
    *("authority_told_at", "people_told", "people_told_at", "lateness"),
)


class Register:
    """What one person takes of it. Made by `take`; its lines are read once."""

    def __init__(self, user: User, keys: list[int]) -> None:
        self.user, self.keys = user, keys

    def csv(self) -> Iterator[str]:
        yield export.line(COLUMNS)
        for row in self.rows():
            yield export.line([export.cell(_flat(row[name])) for name in COLUMNS])

    def json(self) -> Iterator[str]:
        before = "[\n"
        for row in self.rows():
            yield before + json.dumps(row, ensure_ascii=False)
            before = ",\n"
        yield "\n]\n" if before != "[\n" else "[]\n"

    def rows(self) -> Iterator[dict[str, Any]]:
        for start in range(0, len(self.keys), _AT_ONCE):
            some = self.keys[start : start + _AT_ONCE]
            # Asked once more: it may take minutes to hand out, and access ends at once.
            seen = register.for_lines(access.of_these(self.user, some)).order_by("-number")
            yield from (plain(line) for line in registerline.lines(seen))


@transaction.atomic
def take(user: User, wanted: Wanted, *, query: str, form: str, actor: Actor) -> Register:
    """Find what fits, and record that it is taken.

    Raises:
        export.Refused: if more than export.MOST fit.
    """
    keys = list(register.find(user, wanted).values_list("pk", flat=True)[: export.MOST + 1])
    if len(keys) > export.MOST:
        said = f"More than {export.MOST:,} incidents fit. Narrow the filter, such as by days."
        raise export.Refused(said)
    trail.record("register.exported", user, actor=actor, remark=query, count=len(keys), form=form)
    return Register(user, keys)


def plain(line: Line) -> dict[str, Any]:
    """Return a line as JSON has it, under the names in COLUMNS."""
    incident = line.incident
    return {
        "incident": incident.ref,
        "codename": incident.codename,
        "title": incident.title,
        "kind": incident.kind,
        "severity": incident.sev,
        "status": incident.status,
        "program": incident.program.slug if incident.program else None,
        "reported_at": _time(incident.reported_at),
        "aware_at": _time(incident.aware_at),
        "facts": line.facts,
        "effects": line.effects,
        "remedy": line.remedy,
        "decisions": line.decisions,
        **_told("authority", line.authority),
        **_told("people", line.people),
        "lateness": line.lateness,
    }


def _told(whom: str, told: Told) -> dict[str, Any]:
    return {f"{whom}_told": told.was, f"{whom}_told_at": _time(told.at)}


def _time(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _flat(value: Any) -> Any:
    return "\n".join(value) if isinstance(value, list) else value
