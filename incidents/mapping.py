"""Read an alert out of any JSON by paths that somebody wrote down. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from incidents import alerts
from incidents.alerts import Alert

LONGEST_PATH = 200
MOST_PARTS = 20

# What may be read, with the name under which incidents.alerts knows it.
TARGETS = {
    "title": "title",
    "detail": "detail",
    "level": "severity",
    "program": "program",
    "dataset": "dataset",
    "audience": "audience",
    "still_open": "still_open",
    "found_how": "found_how",
    "dedup": "dedup_key",
    "url": "url",
    "since": "occurred_from",
    "over": "status",
}
# `name`, `[3]` or `["a name.with dots"]`, the first without a dot before it.
_PART = re.compile(r"""\.?(?P<name>[^.\[\]"'\s]+)|\[(?P<at>\d{1,4})\]|\["(?P<quoted>[^"\\]+)"\]""")
_FIXED = "="


class BadPath(Exception):
    """This is no path; the message is a sentence for whoever wrote it."""


@dataclass(frozen=True)
class Found:
    """What a mapping reads in one body; `missing` are the targets whose paths lead nowhere."""

    alert: Alert
    missing: tuple[str, ...]


def parts(path: str) -> list[str | int]:
    """Take a path such as `$.alerts[0].labels["app.name"]` apart.

    Raises:
        BadPath: if it is none; the message says what one looks like.
    """
    rest = path.strip()
    if len(rest) > LONGEST_PATH:
        raise BadPath(f"{len(rest)} characters; a path has at most {LONGEST_PATH}.")
    rest = rest[1:] if rest.startswith("$") else rest
    found: list[str | int] = []
    while rest:
        match = _PART.match(rest)
        if not match or len(found) == MOST_PARTS:
            raise BadPath('write a path like $.alert.labels["app"] or items[0].title.')
        at = match["at"]
        found.append(int(at) if at is not None else match["name"] or match["quoted"])
        rest = rest[match.end() :]
    if not found:
        raise BadPath("the path names nothing.")
    return found


def check(mapping: Mapping[str, str]) -> None:
    """Refuse a mapping of which a part cannot be read.

    Raises:
        BadPath: naming the target and what is wrong.
    """
    for target, path in mapping.items():
        if target not in TARGETS:
            raise BadPath(f"{target}: choose from {', '.join(TARGETS)}.")
        if path.startswith(_FIXED):
            continue
        try:
            parts(path)
        except BadPath as error:
            raise BadPath(f"{target}: {error}") from None


def look(mapping: Mapping[str, str], said: Mapping[str, Any]) -> Found:
    """Read one body. A path that leads nowhere leaves its target unknown, and that is counted.

    Args:
        mapping: for each target a path, or `=` and a fixed text.
    """
    values = {target: _value(path, said) for target, path in mapping.items()}
    known = {TARGETS[target]: value for target, value in values.items() if value is not None}
    # A path to a truth, such as `$.alert.is_resolved`.
    if known.get("status") is True:
        known["status"] = "resolved"
    alert = alerts.of_object(known, facts=alerts.some(known, ("detail",)))
    found_how = alerts.line(known.get("found_how"), alerts.LONGEST_TITLE)
    missing = tuple(target for target, value in values.items() if value is None)
    return Found(replace(alert, dedup=alert.event, found_how=found_how), missing)


def _value(path: str, said: Mapping[str, Any]) -> Any:
    if path.startswith(_FIXED):
        return path[1:].strip()
    value: Any = said
    for part in parts(path):
        if isinstance(part, int):
            inside = isinstance(value, list) and part < len(value)
            value = value[part] if inside else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
