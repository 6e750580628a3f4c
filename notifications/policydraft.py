"""A policy as somebody wants it, and what is wrong with it before anybody is looked up. Pure."""

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from notifications.escalation import Step, Target
from notifications.hours import Hours

LONGEST_NAME = 120
MOST_STEPS, MOST_TARGETS, MOST_REPEATS = 20, 20, 20
LEVELS = range(6)
# What can wait for people to be at work; the database holds to it too.
MILD = frozenset({4, 5})
MINUTE = timedelta(minutes=1)
# The longest wait, by the worst level of a policy: more would leave it unanswered too long.
LONGEST_WAIT = (
    *(timedelta(hours=1), timedelta(hours=1)),
    *(timedelta(hours=8), timedelta(hours=8)),
    *(timedelta(days=7), timedelta(days=7)),
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field. `step` counts from 1; 0 is the policy itself."""

    field: str
    sentence: str
    step: int = 0

    def __str__(self) -> str:
        return f"step {self.step}, {self.words}" if self.step else self.words

    @property
    def words(self) -> str:
        return f"{self.field}: {self.sentence}"


@dataclass(frozen=True)
class Draft:
    """A policy without a key. `program` and `fallback` are keys; no program is all of them.

    No levels: it is only there for others to fall back on.
    """

    name: str
    levels: tuple[int, ...]
    steps: tuple[Step, ...]
    program: int | None = None
    repeats: int = 3
    repeat_after: timedelta = timedelta(minutes=5)
    fallback: int | None = None
    hours: Hours | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON; waits in seconds."""
        return {
            "name": self.name,
            "levels": list(self.levels),
            "program": self.program,
            "repeats": self.repeats,
            "repeat_after": int(self.repeat_after.total_seconds()),
            "fallback": self.fallback,
            "hours": self.hours.plain() if self.hours else None,
            "steps": [step.plain() for step in self.steps],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Draft":
        hours = data["hours"]
        return cls(
            name=data["name"],
            levels=tuple(data["levels"]),
            steps=tuple(Step.from_plain(step) for step in data["steps"]),
            program=data["program"],
            repeats=data["repeats"],
            repeat_after=timedelta(seconds=data["repeat_after"]),
            fallback=data["fallback"],
            hours=Hours.from_plain(hours) if hours else None,
        )

    @property
    def longest_wait(self) -> timedelta:
        """How long it may wait at most between two steps."""
        known = [level for level in self.levels if level in LEVELS]
        return LONGEST_WAIT[min(known, default=LEVELS[-1])]


# What a new one begins with, on its page.
BLANK = Draft("", (), (Step(timedelta(0), ()),))


def faults(draft: Draft) -> list[Fault]:
    """Return all that is wrong with a draft by itself, in the order of its fields."""
    return [*_of_the_whole(draft), *_of_hours(draft), *_of_steps(draft)]


def _of_the_whole(draft: Draft) -> Iterator[Fault]:
    name = draft.name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        yield Fault("name", f"one line of at most {LONGEST_NAME} characters.")
    if set(draft.levels) - set(LEVELS) or len(set(draft.levels)) < len(draft.levels):
        yield Fault("levels", "each a number from 0 to 5, and each once.")
    if not 0 <= draft.repeats <= MOST_REPEATS:
        yield Fault("repeats", f"from 0 to {MOST_REPEATS} times.")
    if said := _why_not(draft.repeat_after, draft.longest_wait):
        yield Fault("repeat_after", said)


def _why_not(wait: timedelta, longest: timedelta, *, least: timedelta = MINUTE) -> str:
    if least <= wait <= longest and not wait % MINUTE:
        return ""
    first, last = least // MINUTE, longest // MINUTE
    return f"whole minutes from {first} to {last} for these levels."


def _of_hours(draft: Draft) -> Iterator[Fault]:
    hours = draft.hours
    if hours is None:
        return
    if set(draft.levels) - MILD:
        yield Fault("hours", "only SEV 4 and 5 alone may wait for people to be at work.")
    if hours.zone not in zoneinfo.available_timezones():
        yield Fault("zone", "give an IANA time zone such as Europe/Berlin.")
    if not hours.days or set(hours.days) - set(range(7)):
        yield Fault("days", "choose at least one day of the week; 0 is Monday.")
    if hours.opens >= hours.closes:
        yield Fault("closes", "later on the same day than they begin.")


def _of_steps(draft: Draft) -> Iterator[Fault]:
    if not 1 <= len(draft.steps) <= MOST_STEPS:
        yield Fault("steps", f"one to {MOST_STEPS} steps.")
    for number, step in enumerate(draft.steps[:MOST_STEPS], 1):
        # Two steps at one time are one step with the targets of both.
        least = timedelta(0) if number == 1 else MINUTE
        if said := _why_not(step.wait, draft.longest_wait, least=least):
            yield Fault("wait", said, number)
        if not 1 <= len(step.targets) <= MOST_TARGETS:
            yield Fault("targets", f"name one to {MOST_TARGETS} whom it pages.", number)
        elif len({_who(target) for target in step.targets}) < len(step.targets):
            yield Fault("targets", "name each only once.", number)


def _who(target: Target) -> tuple[Any, ...]:
    return target.kind, target.name, target.person, target.rota
