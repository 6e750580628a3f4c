"""An incident as VERIS tells it, without its traps: partial dates, spans, kinds of data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

VERSION = "1.4.1"
CONFIRMATIONS = ("Confirmed", "Suspected", "Near miss", "False positive")
DISCLOSURES = ("Yes", "Potentially", "No", "Unknown")
# Days in one of each; a month and a year are what people mean by them, not what a date says.
DAYS = {
    "Seconds": 1 / 86400,
    "Minutes": 1 / 1440,
    "Hours": 1 / 24,
    "Days": 1,
    "Weeks": 7,
    "Months": 30,
    "Years": 365,
}
NO_SPAN = ("Never", "NA", "Unknown")
EXACT = (
    ("Weeks", timedelta(weeks=1)),
    ("Days", timedelta(days=1)),
    ("Hours", timedelta(hours=1)),
    ("Minutes", timedelta(minutes=1)),
    ("Seconds", timedelta(seconds=1)),
)


@dataclass(frozen=True)
class PartialDate:
    """As much of a date as somebody knew. Real records name days that never were."""

    year: int
    month: int | None = None
    day: int | None = None
    time: str | None = None

    @property
    def date(self) -> date | None:
        """The day, if it is named and there was one: not 31 November, not a day without month."""
        if self.month is None or self.day is None:
            return None
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None

    @property
    def impossible(self) -> bool:
        return self.day is not None and self.date is None

    def plain(self) -> dict[str, Any]:
        """Return what is known, in VERIS's form."""
        parts = (("year", self.year), ("month", self.month), ("day", self.day), ("time", self.time))
        return {name: value for name, value in parts if value is not None}


@dataclass(frozen=True)
class Span:
    """A length of time: "3 Weeks", or only "Weeks", or a word for none (Never, NA, Unknown)."""

    unit: str
    value: float | None = None

    @property
    def days(self) -> float | None:
        """About how many days; at least one of the unit where no number is given."""
        if self.unit in NO_SPAN:
            return None
        return DAYS[self.unit] * (1 if self.value is None else self.value)

    def plain(self) -> dict[str, Any]:
        return {"unit": self.unit} | ({} if self.value is None else {"value": self.value})

    @classmethod
    def between(cls, start: datetime, end: datetime) -> "Span":
        """The span in the largest unit that tells it exactly to the second. Never below zero."""
        length = max(timedelta(), timedelta(seconds=round((end - start).total_seconds())))
        for unit, one in EXACT:
            if length and not length % one:
                return cls(unit, length // one)
        return cls("Seconds", 0)


@dataclass(frozen=True)
class Data:
    """A kind of data, with the number of records (not of people) where it is known."""

    variety: str
    amount: int | None = None

    def plain(self) -> dict[str, Any]:
        return {"variety": self.variety} | ({} if self.amount is None else {"amount": self.amount})


@dataclass(frozen=True)
class Record:
    """One incident. `rest` is whatever else the record held, untouched, so that nothing is lost.

    `found` is by whom: `external`, `internal`, `partner` with how, or `other`, `unknown` with
    nothing. `remarks` say what had to be read otherwise than it was written.
    """

    incident_id: str
    confirmation: str
    occurred: PartialDate
    found: Mapping[str, tuple[str, ...]]
    summary: str = ""
    notes: str = ""
    reference: str = ""
    source: str = ""
    confidence: str = ""
    campaign: str = ""
    spans: Mapping[str, Span] = field(default_factory=dict)
    actors: Mapping[str, Any] = field(default_factory=dict)
    actions: Mapping[str, Any] = field(default_factory=dict)
    asset: Mapping[str, Any] = field(default_factory=dict)
    disclosure: str = ""
    data_total: int | None = None
    data: tuple[Data, ...] = ()
    data_victim: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)
    version_read: str = VERSION
    remarks: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The addresses in `reference`, which people separate in every way there is."""
        parts = self.reference.replace(";", " ").replace(",http", " http").split()
        return tuple(part for part in parts if part.startswith(("http://", "https://")))


def copied(tree: Any) -> Any:
    """Return what JSON can hold, down to its leaves as a copy. A tenth of what deepcopy takes."""
    # Most are leaves, and to ask whether one is a Mapping takes longest.
    if tree is None or isinstance(tree, str | int | float):
        return tree
    if isinstance(tree, dict | Mapping):
        return {name: copied(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [copied(value) for value in tree]
    return tree
