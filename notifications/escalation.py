"""Whom to page next, and when. Pure: a plan and a number of steps taken in, the next step out.

A dry run goes through a plan by the very functions by which the engine does.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from notifications.hours import Hours


@dataclass(frozen=True)
class Target:
    """Whom a step pages: by the name of a function, team or role, or a person or rota by key.

    `kind` is one of models.EscalationTarget.Kind. No `methods` are all that the person has.
    """

    kind: str
    name: str = ""
    person: int | None = None
    methods: tuple[str, ...] = ()
    rota: int | None = None

    def plain(self) -> dict[str, Any]:
        said = {
            "kind": self.kind,
            "name": self.name,
            "person": self.person,
            "methods": list(self.methods),
        }
        # Left out where there is none, so that older copies keep their digest.
        return said | ({"rota": self.rota} if self.rota is not None else {})

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Target":
        methods, rota = tuple(data["methods"]), data.get("rota")
        return cls(data["kind"], data["name"], data["person"], methods, rota)


# Who runs Andon must at least know that nobody else could be reached, or answered.
OPERATORS = Target("function", "operator")


@dataclass(frozen=True)
class Step:
    """Wait, then page all targets at once."""

    wait: timedelta
    targets: tuple[Target, ...]

    def plain(self) -> dict[str, Any]:
        return {
            "wait": int(self.wait.total_seconds()),
            "targets": [target.plain() for target in self.targets],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Step":
        return cls(timedelta(seconds=data["wait"]), tuple(_targets(data)))


def _targets(step: Mapping[str, Any]) -> list[Target]:
    if "targets" in step:
        return [Target.from_plain(target) for target in step["targets"]]
    # A run that began before steps had several targets.
    if step["person"] is not None:
        return [Target("person", person=step["person"])]
    return [Target("function", step["function"])] if step["function"] else []


@dataclass(frozen=True)
class Plan:
    """A policy as it was when the escalation opened."""

    name: str
    steps: tuple[Step, ...]
    repeats: int
    repeat_after: timedelta
    fallback: tuple[Target, ...] = (OPERATORS,)
    hours: Hours | None = None

    @property
    def targets(self) -> frozenset[Target]:
        """Whom its steps page."""
        return frozenset(target for step in self.steps for target in step.targets)

    @property
    def length(self) -> int:
        """How many steps there are over all passes."""
        return len(self.steps) * (self.repeats + 1)

    def step(self, taken: int) -> Step | None:
        """The step that comes after `taken` steps; None when all passes are done."""
        return self.steps[taken % len(self.steps)] if taken < self.length else None

    def wait(self, taken: int) -> timedelta:
        """How long to wait after step `taken` - 1 before step `taken`, or before giving up."""
        place = taken % len(self.steps)
        return self.repeat_after if taken and not place else self.steps[place].wait

    def ends_a_pass(self, taken: int) -> bool:
        """True if the step `taken` is the last one of a pass."""
        return (taken + 1) % len(self.steps) == 0

    def after(self, taken: int, *, reached: bool, anybody: bool) -> timedelta | None:
        """Return how long to wait when step `taken` was taken; None if a pass reached nobody.

        Args:
            reached: that step paged somebody.
            anybody: somebody has been paged since this began to wait for an answer.
        """
        ends = self.ends_a_pass(taken)
        if ends and not anybody:
            return None
        # A step without people waits for nothing: the next one is taken at once. But not the next
        # pass, which would page those of this one again before they could answer.
        return self.wait(taken + 1) if reached or ends else timedelta(0)

    def moment(self, at: datetime) -> datetime:
        """Return when a step that is due at `at` is taken: then, or when the hours begin."""
        return self.hours.next_open(at) if self.hours else at

    def place(self, taken: int, number: int) -> int:
        """Return the place of step `number`, from 1, in the pass in which `taken` stands."""
        start = min(taken, self.length - 1) // len(self.steps) * len(self.steps)
        return start + number - 1

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "repeats": self.repeats,
            "repeat_after": int(self.repeat_after.total_seconds()),
            "steps": [step.plain() for step in self.steps],
            "fallback": [target.plain() for target in self.fallback],
            "hours": self.hours.plain() if self.hours else None,
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Plan":
        hours = data.get("hours")
        return cls(
            name=data["name"],
            repeats=data["repeats"],
            repeat_after=timedelta(seconds=data["repeat_after"]),
            steps=tuple(Step.from_plain(step) for step in data["steps"]),
            fallback=_fallback(data.get("fallback", [OPERATORS.plain()])),
            hours=Hours.from_plain(hours) if hours else None,
        )

    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()


def together(one: Plan, other: Plan) -> Plan:
    """Return a plan that takes the steps of two, each at its time, and gives up as late as both.

    Its hours are those that both keep: what one of them does not let wait does not wait.
    """
    at: dict[timedelta, list[Target]] = {}
    for plan in (one, other):
        moment = timedelta(0)
        for step in plan.steps:
            moment += step.wait
            at.setdefault(moment, []).extend(step.targets)
    moments = sorted(at)
    before = [timedelta(0), *moments][: len(moments)]
    return Plan(
        name=f"{one.name}, {other.name}",
        steps=tuple(
            Step(moment - last, tuple(dict.fromkeys(at[moment])))
            for last, moment in zip(before, moments, strict=True)
        ),
        repeats=max(one.repeats, other.repeats),
        repeat_after=min(one.repeat_after, other.repeat_after),
        fallback=tuple(dict.fromkeys((*one.fallback, *other.fallback))),
        hours=one.hours if one.hours == other.hours else None,
    )


def _fallback(data: Sequence[Mapping[str, Any]]) -> tuple[Target, ...]:
    return tuple(Target.from_plain(target) for target in data)


class Ending(Enum):
    """How a plan ends that nobody answers: all steps were taken, or a pass reached nobody."""

    UNANSWERED = "unanswered"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Moment:
    """When which targets are paged: as step `taken`, counted from 0 over all passes, or at last."""

    at: datetime
    taken: int
    targets: tuple[Target, ...]
    ending: Ending | None = None


def course(
    plan: Plan, at: datetime, reaches: Callable[[tuple[Target, ...], datetime], bool]
) -> Iterator[Moment]:
    """Yield the moments of a plan that begins at `at` and that nobody answers, to its end.

    Args:
        reaches: whether targets would reach anybody at a moment.
    """
    taken, anybody = 0, False
    at = plan.moment(at + (plan.wait(0) if plan.steps else timedelta(0)))
    while step := plan.step(taken):
        reached = reaches(step.targets, at)
        anybody = anybody or reached
        yield Moment(at, taken, step.targets)
        after = plan.after(taken, reached=reached, anybody=anybody)
        taken += 1
        if after is None:
            break
        at = plan.moment(at + after)
    ending = Ending.UNANSWERED if anybody else Ending.NOBODY
    yield Moment(at, taken, plan.fallback, ending)


NOBODY = Plan(name="no policy", steps=(), repeats=0, repeat_after=timedelta(minutes=5))
