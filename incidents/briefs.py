"""What the story of an incident for those who lead is made of, and how much of it is told. Pure.

incidents.retelling fills it in.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from incidents.models import Incident, Status
from severity.ladder import Sev


class Redaction(models.TextChoices):
    """How much is told: the more, the fewer may read it."""

    LEADERSHIP = "leadership", lazy("For leadership: duties instead of names")
    WHOLE = "whole", lazy("All that you may read")
    OUTSIDE = "outside", lazy("For people outside: no names, places and days")


class Refused(Exception):
    """There is no such story; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Line:
    """Something that happened, so long after the report. `at` is None where days are left out."""

    at: datetime | None
    after: timedelta
    kind: str
    who: str
    text: str


@dataclass(frozen=True)
class Exposed:
    """What was exposed. `people` are at least, as far as known, at most; None where not known."""

    what: str
    kinds: list[str]
    whose: str
    people: tuple[int | None, int | None, int | None]
    declared: str
    effective: str
    since: datetime | None
    until: datetime | None
    lasted: timedelta | None
    accessed: str
    is_open: bool


@dataclass(frozen=True)
class Stop:
    """What stopped: when it was ordered, and when it was proven; None while it is not."""

    program: str
    ordered: datetime | None
    proven: datetime | None
    took: timedelta | None
    proof: str
    lifted: bool
    path: tuple[str, int] | None


@dataclass(frozen=True)
class Duty:
    """What is owed by law."""

    cited: str
    recipient: str
    state: str
    due: datetime | None
    submitted: datetime | None
    is_owed: bool
    is_late: bool


@dataclass(frozen=True)
class Brief:
    """The story. `lengths` are those of incidents.models.LENGTHS, None where not known."""

    incident: Incident
    at: datetime
    redaction: Redaction
    title: str
    program: str
    reported: datetime | None
    lengths: dict[str, timedelta | None]
    exposed: list[Exposed] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    decided: list[Line] = field(default_factory=list)
    told: list[Line] = field(default_factory=list)
    # False if there are more entries than are told.
    is_all: bool = True

    @property
    def level(self) -> Sev:
        return Sev(self.incident.counts_as)

    @property
    def peak(self) -> Sev:
        return Sev(self.incident.peak_sev)

    @property
    def status(self) -> str:
        return str(Status(self.incident.status).label)

    @property
    def people(self) -> int | None:
        """How many people the largest exposure concerns; None if nobody knows."""
        told = (
            next((n for n in (known, most, least) if n is not None), None)
            for least, known, most in (each.people for each in self.exposed)
        )
        return max((n for n in told if n is not None), default=None)


def parse(said: str) -> datetime | None:
    """Return the moment that was asked for, in UTC; None if nothing is said.

    Raises:
        Refused: if it is no moment.
    """
    if not said.strip():
        return None
    try:
        moment = datetime.fromisoformat(said.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(_("at: a moment such as 2026-06-18T14:30, in UTC.")) from None


def in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
