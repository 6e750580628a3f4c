"""Changes as CSV and as JSON, for whoever works on with them. What may be read is decided before.

Times are UTC. No cell of the CSV can be taken for a formula by a spreadsheet.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from incidents.changes import Change

COLUMNS = ("at", "who", "by", "what", "new", "field", "before", "after", "why")
# With these a spreadsheet begins a formula, also behind a tab or a line break.
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(changes: Iterable[Change]) -> str:
    """Return a line for each field that was changed, under the names in COLUMNS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for change in changes:
        for field in change.fields:
            line = (
                _plain(change.at),
                change.who or "Andon",
                change.via,
                change.what,
                "yes" if change.is_new else "no",
                field.name,
                _plain(field.before),
                _plain(field.after),
                change.why,
            )
            writer.writerow([_harmless(_text(cell)) for cell in line])
    return text.getvalue()


def as_json(changes: Iterable[Change]) -> str:
    """Return a list of changes, each with its fields; `before` is null for what was new."""
    return json.dumps(list(objects(changes)), ensure_ascii=False, indent=1)


def objects(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """Return each change as plain data."""
    for change in changes:
        yield {
            "at": _plain(change.at),
            "who": change.who or "Andon",
            "by": change.via,
            "what": change.what,
            "new": change.is_new,
            "why": change.why,
            "fields": [
                {
                    "field": str(field.name),
                    "before": _plain(field.before),
                    "after": _plain(field.after),
                }
                for field in change.fields
            ],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_BEGINNINGS) else text
