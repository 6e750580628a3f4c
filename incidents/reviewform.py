"""What a review consists of, and how soon it is due: one version of the form, as data. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "review_files"
CURRENT = "2026.11-1"
_SATURDAY = 5


@dataclass(frozen=True)
class Section:
    """One section. `needed` ones must say something before a review is published."""

    key: str
    title: str
    asks: str
    needed: bool


@dataclass(frozen=True)
class Cause:
    """One thing that may have contributed. A review names all that did."""

    key: str
    title: str
    asks: str


# Looked for, and not found: it stands alone.
NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Form:
    """`due_days` are business days after the recovery, by level; no level, no date."""

    version: str
    sections: tuple[Section, ...]
    causes: tuple[Cause, ...]
    due_days: dict[int, int]


@cache
def current() -> Form:
    data = yaml.safe_load((FOLDER / f"{CURRENT}.yaml").read_text(encoding="utf-8"))
    return Form(
        version=data["version"],
        sections=tuple(
            Section(each["key"], each["title"], each["asks"], each.get("needed", False))
            for each in data["sections"]
        ),
        causes=tuple(Cause(**each) for each in data["causes"]),
        due_days=dict(data["due_business_days"]),
    )


def causes_of(keys: Iterable[str]) -> list[Cause]:
    """Return these causes in the order of the form."""
    named = set(keys)
    return [each for each in current().causes if each.key in named]


def due(recovered_at: datetime, level: int) -> datetime | None:
    """Return when a review is due; None if the level demands none."""
    days = current().due_days.get(level)
    return None if days is None else business_days_after(recovered_at, days)


def business_days_after(moment: datetime, days: int) -> datetime:
    """Return the same time of day so many business days later. Holidays are not known here."""
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < _SATURDAY
    return moment
