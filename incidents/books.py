"""What a runbook says: who does what, by when, and what must hold before it counts as done.

Pure: reads files and words, no database.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from incidents.models import GateCheck, Role

FOLDER = Path(__file__).parent / "runbook_files"

# Words for who does a step, and the role of the incident that answers for it. None: no role does.
DUTIES: dict[str, Role | None] = {
    "IC": Role.COMMANDER,
    "deputy": Role.DEPUTY,
    "scribe": Role.SCRIBE,
    "comms lead": Role.COMMS,
    "privacy officer": Role.PRIVACY,
    "legal": Role.LEGAL,
    "executive": Role.EXECUTIVE,
    "custodian": Role.CUSTODIAN,
    "SME": Role.EXPERT,
    "ML owner": Role.EXPERT,
    "vendor manager": Role.EXPERT,
    "program owner": None,
    "reporter": None,
    "intake": None,
    "system": None,
    "anyone": None,
}
PROGRAM_OWNER, REPORTER = "program owner", "reporter"
_JOINED = re.compile(r"\s*(?:\+|\bor\b|\band\b|,)\s*")


@dataclass(frozen=True)
class Step:
    """One step as it is written. `within` is None where the step has no target time.

    `is_report` is true of what is done as soon as there is an incident.
    """

    role: str
    action: str
    within: timedelta | None
    gate: str
    checks: tuple[str, ...]
    hooks: tuple[str, ...]

    @property
    def minutes(self) -> int | None:
        """Minutes from the report to its target; None where it has none."""
        return None if self.within is None else int(self.within.total_seconds() // 60)

    @property
    def is_report(self) -> bool:
        return "incident.open" in self.hooks


@dataclass(frozen=True)
class Facts:
    """What rules look at of an incident. `program` is a slug; empty if nobody knows which."""

    audience: str
    kind: str
    level: int
    program: str
    categories: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """Which incidents get a runbook by themselves: all that is named must fit, of each set one.

    With nothing named it fits none. `sev_at_least` 2 is SEV 0, 1 and 2.
    """

    audiences: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    sev_at_least: int | None = None
    programs: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        """True if at least one thing is named."""
        sets = self.audiences | self.kinds | self.programs | self.categories
        return bool(sets) or self.sev_at_least is not None

    def fit(self, facts: Facts) -> bool:
        return self.any and all(
            (
                not self.audiences or facts.audience in self.audiences,
                not self.kinds or facts.kind in self.kinds,
                self.sev_at_least is None or facts.level <= self.sev_at_least,
                not self.programs or facts.program in self.programs,
                not self.categories or bool(self.categories & facts.categories),
            )
        )


@dataclass(frozen=True)
class Runbook:
    """One version of a runbook, and which incidents get it."""

    id: str
    version: str
    title: str
    rules: Rules
    steps: tuple[Step, ...]


@functools.cache
def shipped() -> tuple[Runbook, ...]:
    """Every runbook that comes with the product, in the order of their ids."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.yaml")))


def _read(path: Path) -> Runbook:
    data: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Runbook(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        rules=Rules(audiences=frozenset(data["audiences"])),
        steps=tuple(_step(step) for step in data["steps"]),
    )


def _step(step: Mapping[str, Any]) -> Step:
    gate = step.get("gate", "")
    return Step(
        role=step["role"],
        action=step["action"],
        within=timedelta(minutes=step["minutes"]) if "minutes" in step else None,
        gate=gate,
        checks=tuple(step.get("checks", [GateCheck.STATEMENT.value] if gate else [])),
        hooks=tuple(step.get("hooks", ())),
    )


def words_of(role: str) -> list[str]:
    """Return the words for who does a step, such as `privacy officer` and `legal`."""
    return [word for word in _JOINED.split(role.strip()) if word]


def known(word: str) -> str | None:
    """Return the word of DUTIES that is meant; an expert may be said of what, as `SME storage`."""
    for each in DUTIES:
        if word.casefold() == each.casefold():
            return each
    return "SME" if word.casefold().startswith("sme ") else None


def roles_of(role: str) -> list[Role]:
    """Return the roles of the incident whose holders answer for a step."""
    found = [DUTIES[word] for word in map(known, words_of(role)) if word]
    return [each for each in found if each]


def names(role: str, who: str) -> bool:
    """True if a step is for `who`, one of the words of DUTIES, among others."""
    return who in map(known, words_of(role))
