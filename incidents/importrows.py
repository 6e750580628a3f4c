"""From a row of a table to an incident of the past: which column says what, and what it says. Pure.

A cell may be empty wherever a field is not needed. Times without an offset are UTC, days their
first moment; the apostrophe that an export puts before what looks like a formula is taken off.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from incidents.models import Accessed, Audience, Kind, Whose
from incidents.pastcase import BadRow, Exposed, PastCase, check
from programs.models import Category

_LEVEL = re.compile(r"(?:sev)?[\s-]*([0-5])", re.IGNORECASE)
_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True)
class Field:
    """One thing that a column can say. `also` are other names under which files have it."""

    name: str
    read: Callable[[str], Any]
    also: tuple[str, ...] = ()
    needed: bool = False


def _text(cell: str) -> str:
    return cell


def _moment(cell: str) -> datetime:
    try:
        found = datetime.fromisoformat(cell)
    except ValueError as error:
        day = re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", cell)
        words = "is no day of the calendar" if day else "is no time"
        raise ValueError(f"{cell[:40]!r} {words}; such as 2026-06-18T08:30:00Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _count(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise ValueError(f"{cell[:40]!r} is no whole number from 0.")
    return int(cell[:20])


def _level(cell: str) -> int:
    found = _LEVEL.fullmatch(cell)
    if found is None:
        raise ValueError(f"{cell[:40]!r} is no level; from SEV 0, the worst, to SEV 5.")
    return int(found[1])


def _yes(cell: str) -> bool:
    if cell.lower() not in (*_YES, *_NO):
        raise ValueError(f"{cell[:40]!r} is neither yes nor no.")
    return cell.lower() in _YES


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"{cell[:40]!r} is none of: {', '.join(choices)}.")
        return cell

    return read


def _kinds(cell: str) -> tuple[str, ...]:
    read = _one_of(Category.values)
    return tuple(read(each.strip()) for each in re.split("[;,]", cell) if each.strip())


_OF_EXPOSED = ("what", "kinds", "whose", "people_min", "people_known", "people_max", "accessed")
_OF_REGISTER = (
    *("effects", "remedy", "decision", "lateness"),
    *("authority_told", "authority_told_at", "people_told", "people_told_at"),
)
_TIMES = (
    *("occurred_from", "occurred_to", "contained_at", "recovered_at", "closed_at", "aware_at"),
    *("authority_told_at", "people_told_at"),
)
FIELDS = {
    each.name: each
    for each in (
        Field("source_id", _text, ("incident", "id", "reference_number", "incident_id"), True),
        Field("title", _text, ("summary", "subject", "name"), True),
        Field("reported_at", _moment, ("reported", "found_at", "detected_at", "date"), True),
        Field("detail", _text, ("description", "notes")),
        Field("kind", _one_of(Kind.values)),
        Field("severity", _level, ("sev", "level")),
        Field("program", _text),
        Field("audience", _one_of(Audience.values)),
        Field("what", _text, ("data", "what_was_exposed")),
        Field("kinds", _kinds, ("kinds_of_data", "categories")),
        Field("whose", _one_of(Whose.values), ("people", "data_subjects")),
        Field("people_min", _count, ("at_least",)),
        Field("people_known", _count, ("people_count", "individuals", "affected")),
        Field("people_max", _count, ("at_most",)),
        Field("accessed", _one_of(Accessed.values)),
        Field("effects", _text, ("consequences", "impact")),
        Field("remedy", _text, ("remedial_action", "measures", "actions")),
        Field("decision", _text, ("decisions", "reasons", "decision_and_reasons")),
        Field("lateness", _text, ("why_late", "reason_for_delay")),
        Field("authority_told", _yes, ("notified", "authority_notified")),
        Field("people_told", _yes, ("individuals_notified", "people_notified")),
        Field("aware_rationale", _text),
        Field("found_how", _text, ("discovery", "how_found")),
        Field("reference", _text, ("link", "ticket")),
        *(Field(name, _moment) for name in _TIMES),
    )
}


def guess(columns: Sequence[str]) -> dict[str, int]:
    """Return which column says what, by their names; each at most once."""
    named = {re.sub(r"\W+", "_", name.lower()).strip("_"): n for n, name in enumerate(columns)}
    found: dict[str, int] = {}
    for each in FIELDS.values():
        for name in (each.name, *each.also):
            if name in named and named[name] not in found.values():
                found[each.name] = named[name]
                break
    return found


def missing(mapping: Mapping[str, int]) -> list[str]:
    """Return the fields that are needed and have no column."""
    return [each.name for each in FIELDS.values() if each.needed and each.name not in mapping]


def read(
    cells: Sequence[str], mapping: Mapping[str, int], *, source: str, now: datetime
) -> PastCase:
    """Return the incident that a row tells.

    Raises:
        BadRow: for the first field that cannot be so.
    """
    said = {name: _cell(name, cells[place]) for name, place in mapping.items()}
    known = {name: value for name, value in said.items() if value is not None}
    for name in (each.name for each in FIELDS.values() if each.needed):
        if name not in known:
            raise BadRow(name, "is needed.")
    exposed = {name: known.pop(name) for name in _OF_EXPOSED if name in known}
    register = {name: known.pop(name) for name in _OF_REGISTER if name in known}
    level = known.pop("severity", None)
    if exposed:
        exposed = {"what": known["title"]} | exposed
    case = PastCase(
        source=source,
        level=level,
        exposed=Exposed(**exposed) if exposed else None,
        register=register,
        **known,
    )
    check(case, now=now)
    return case


def _cell(name: str, cell: str) -> Any:
    cell = cell.strip()
    if cell.startswith("'") and cell[1:2] in _FORMULA:
        cell = cell[1:]
    if not cell:
        return None
    try:
        return FIELDS[name].read(cell)
    except ValueError as error:
        raise BadRow(name, str(error)) from error
