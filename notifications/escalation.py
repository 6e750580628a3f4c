"""Whom to page next, and when. Pure: a plan and a number of steps taken in, the next step out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Step:
    """Wait, then page everybody who has a function, or one person by key."""

    wait: timedelta
    function: str
    person: int | None


@dataclass(frozen=True)
class Plan:
    """A policy as it was when the escalation opened."""

    name: str
    steps: tuple[Step, ...]
    repeats: int
    repeat_after: timedelta

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

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "repeats": self.repeats,
            "repeat_after": int(self.repeat_after.total_seconds()),
            "steps": [
                {
                    "wait": int(step.wait.total_seconds()),
                    "function": step.function,
                    "person": step.person,
                }
                for step in self.steps
            ],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Plan":
        return cls(
            name=data["name"],
            repeats=data["repeats"],
            repeat_after=timedelta(seconds=data["repeat_after"]),
            steps=tuple(
                Step(timedelta(seconds=step["wait"]), step["function"], step["person"])
                for step in data["steps"]
            ),
        )

    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()


NOBODY = Plan(name="no policy", steps=(), repeats=0, repeat_after=timedelta(minutes=5))
