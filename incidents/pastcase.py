"""An incident of the past as a file tells it, checked. Pure: no database, no clock of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidents import moments
from incidents.models import Kind, Status
from severity.facts import MOST_PEOPLE, Facts

# How long each text may be. `record` and longer words stay in what was read.
LONGEST = {
    "source": 100,
    "source_id": 200,
    "title": 200,
    "detail": 10_000,
    "reference": 200,
    "found_how": 200,
    "aware_rationale": 2_000,
    "what": 300,
    "effects": 10_000,
    "remedy": 10_000,
    "decision": 10_000,
    "lateness": 1_000,
}
# In the order in which they can have been; None is not known.
_ORDER = (
    *(("occurred_from", "occurred_to"), ("occurred_from", "reported_at")),
    *(("occurred_from", "contained_at"), ("occurred_from", "aware_at")),
    *(("reported_at", "closed_at"), ("contained_at", "recovered_at")),
)


class BadRow(ValueError):
    """A row that cannot be taken: which field, and why in a sentence without it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.field, self.reason = where, reason


@dataclass(frozen=True)
class Exposed:
    """What was exposed, as far as the file says. Counts are of people."""

    what: str
    kinds: tuple[str, ...] = ()
    whose: str = "unknown"
    people_min: int | None = None
    people_known: int | None = None
    people_max: int | None = None
    accessed: str = "unknown"
    since_is_estimate: bool = False


@dataclass(frozen=True)
class PastCase:
    """One incident that is over. Unknown is None or empty.

    Args:
        level: a SEV from 0 to 5 that the file states; None if it states none.
        facts: what a provisional level can be worked out from; None if nothing can.
        assumed: in sentences, what was not told and how it was counted.
        record: what was read, whole, where it holds more than has a name here.
        remarks: what was read otherwise than it stood there, as "field: words".
    """

    source: str
    source_id: str
    title: str
    reported_at: datetime
    detail: str = ""
    kind: str = Kind.EXPOSURE
    status: str = Status.CLOSED
    reference: str = ""
    found_how: str = ""
    program: str = ""
    audience: str = "unknown"
    level: int | None = None
    facts: Facts | None = None
    assumed: tuple[str, ...] = ()
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    contained_at: datetime | None = None
    recovered_at: datetime | None = None
    closed_at: datetime | None = None
    aware_at: datetime | None = None
    aware_rationale: str = ""
    exposed: Exposed | None = None
    register: Mapping[str, Any] = field(default_factory=dict)
    record: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()


def check(case: PastCase, *, now: datetime) -> None:
    """Refuse what is missing, too long, in the future or contradicts itself.

    Raises:
        BadRow: for the first that is wrong.
    """
    for where, reason in _faults(case, now):
        raise BadRow(where, reason)


def _faults(case: PastCase, now: datetime) -> Iterator[tuple[str, str]]:
    texts = {name: getattr(case, name) for name in LONGEST if hasattr(case, name)}
    texts |= {name: case.register.get(name, "") for name in LONGEST if name in case.register}
    texts["what"] = case.exposed.what if case.exposed else ""
    for name, text in texts.items():
        if len(text) > LONGEST[name]:
            yield name, f"{len(text)} characters; at most {LONGEST[name]} are allowed."
        if "\0" in text:
            yield name, "may hold any character but NUL."
    for name in ("source", "source_id", "title"):
        if not texts[name].strip():
            yield name, "is needed."
    yield from _times(case, now)
    if case.exposed:
        yield from _counts(case.exposed)


def _times(case: PastCase, now: datetime) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(name for pair in _ORDER for name in pair)
    said: dict[str, datetime | None] = {name: getattr(case, name) for name in names}
    said |= {name: case.register.get(name) for name in ("authority_told_at", "people_told_at")}
    for name, moment in said.items():
        wrong = moments.why_not(moment, now=now) if moment else ""
        if wrong:
            yield name, wrong
    for first, then in _ORDER:
        before, after = said[first], said[then]
        if before and after and after < before:
            yield then, f"lies before {first}; give a time from then on."


def _counts(exposed: Exposed) -> Iterator[tuple[str, str]]:
    names = ("people_min", "people_known", "people_max")
    known = [(name, getattr(exposed, name)) for name in names]
    rising = [(name, count) for name, count in known if count is not None]
    for name, count in rising:
        if not 0 <= count <= MOST_PEOPLE:
            yield name, f"{count} is not from 0 to {MOST_PEOPLE}; more people do not live."
    for (smaller, less), (larger, more) in zip(rising, rising[1:], strict=False):
        if more < less:
            yield larger, f"{more} is fewer than {smaller}, which is {less}."
