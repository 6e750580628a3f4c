"""What may be written in a runbook, said in sentences. Pure: documents in, runbooks out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from incidents.actions import ACTIONS
from incidents.books import DUTIES, Rules, Runbook, Step, known, words_of
from incidents.models import Audience, GateCheck, Kind
from programs.models import Category
from severity.ladder import Sev

MOST_STEPS = 60
LONGEST_TITLE = 200
LONGEST_ACTION = 2000
LONGEST_GATE = 500
LONGEST_ROLE = 60
MOST_MINUTES = 90 * 24 * 60
# PostgreSQL keeps no text that holds one.
NO_NUL = "may hold any character but NUL."
_TEXTS = ("role", "action", "gate")
ID = re.compile(r"[a-z][a-z0-9-]{2,19}", re.ASCII)
_SETS: dict[str, tuple[str, ...]] = {
    "audiences": tuple(Audience.values),
    "kinds": tuple(Kind.values),
    "categories": tuple(Category.values),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong. `step` is None where it is about the whole."""

    field: str
    sentence: str
    step: int | None = None

    def __str__(self) -> str:
        at = f"step {self.step}, " if self.step else ""
        return f"{at}{self.field}: {self.sentence}"


class BadRunbook(ValueError):
    """A document that is none; `faults` says all that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def read(runbook: str, version: str, document: Mapping[str, Any]) -> Runbook:
    """Return the runbook that a document is.

    Raises:
        BadRunbook: with a sentence for everything that is wrong.
    """
    faults = [*_of_the_whole(runbook, document), *_of_the_steps(document)]
    if faults:
        raise BadRunbook(faults)
    rules = document.get("rules", {})
    least = rules.get("sev_at_least")
    return Runbook(
        id=runbook,
        version=version,
        title=document["title"].strip(),
        rules=Rules(
            audiences=frozenset(rules.get("audiences", ())),
            kinds=frozenset(rules.get("kinds", ())),
            sev_at_least=least,
            programs=frozenset(rules.get("programs", ())),
            categories=frozenset(rules.get("categories", ())),
        ),
        steps=tuple(_step(step) for step in document["steps"]),
    )


def _step(step: Mapping[str, Any]) -> Step:
    minutes, gate = step.get("minutes"), step.get("gate", "").strip()
    return Step(
        role=step["role"].strip(),
        action=step["action"].strip(),
        within=None if minutes is None else timedelta(minutes=minutes),
        gate=gate,
        checks=tuple(step.get("checks", ())) or ((GateCheck.STATEMENT.value,) if gate else ()),
        hooks=tuple(step.get("hooks", ())),
    )


def plain(book: Runbook) -> dict[str, Any]:
    """Return a runbook as a document; `read` makes the same of it."""
    rules = book.rules
    return {
        "title": book.title,
        "rules": {
            "audiences": sorted(rules.audiences),
            "kinds": sorted(rules.kinds),
            "sev_at_least": rules.sev_at_least,
            "programs": sorted(rules.programs),
            "categories": sorted(rules.categories),
        },
        "steps": [
            {
                "role": step.role,
                "action": step.action,
                "minutes": step.minutes,
                "gate": step.gate,
                "checks": list(step.checks),
                "hooks": list(step.hooks),
            }
            for step in book.steps
        ],
    }


def lines(document: Mapping[str, Any]) -> list[str]:
    """Return a document as lines of text, to be compared and read."""
    rules = document.get("rules", {})
    said = [f"Title: {document.get('title', '')}"]
    said += [f"Attached by {name}: {_listed(value)}" for name, value in rules.items() if value]
    for number, step in enumerate(document.get("steps", ()), start=1):
        when = "no target" if step.get("minutes") is None else f"{step['minutes']} min"
        said.append(f"{number}. {step.get('role', '')}, {when}")
        said += [f"   {line}" for line in step.get("action", "").splitlines()]
        if step.get("gate"):
            said.append(f"   Gate ({_listed(step.get('checks', []))}): {step['gate']}")
        if step.get("hooks"):
            said.append(f"   Hooks: {_listed(step['hooks'])}")
    return said


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def remarks(book: Runbook) -> list[str]:
    """Return what is allowed and yet worth a look before it is published."""
    found, latest = [], timedelta(0)
    for number, step in enumerate(book.steps, start=1):
        if step.within is not None and step.within < latest:
            found.append(f"Step {number} is due before a step that stands above it.")
        latest = max(latest, step.within or latest)
    if not book.rules.any:
        found.append("No rule attaches it; people attach it by hand.")
    return found


def _of_the_whole(runbook: str, document: Mapping[str, Any]) -> Iterator[Fault]:
    if not ID.fullmatch(runbook):
        yield Fault("id", "3 to 20 small letters, digits and dashes, a letter first.")
    title = document.get("title", "")
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.isprintable():
        yield Fault(
            "title", f"say when it is used, on one line, in at most {LONGEST_TITLE} letters."
        )
    count = len(document.get("steps", ()))
    if not 0 < count <= MOST_STEPS:
        yield Fault("steps", f"from 1 to {MOST_STEPS} are allowed; there are {count}.")
    rules = document.get("rules", {})
    if "\0" in "".join(rules.get("programs", ())):
        yield Fault("programs", NO_NUL)
    for name, allowed in _SETS.items():
        yield from _unknown(name, rules.get(name, ()), allowed)
    least = rules.get("sev_at_least")
    if least is not None and least not in list(Sev):
        yield Fault("sev_at_least", "from 0, the worst, to 5.")


def _unknown(
    field: str, said: Iterable[str], allowed: Iterable[str], step: int | None = None
) -> Iterator[Fault]:
    allowed = list(allowed)
    for each in said:
        if each not in allowed:
            yield Fault(field, f"{each!r} is none of: {', '.join(allowed)}.", step)


def _of_the_steps(document: Mapping[str, Any]) -> Iterator[Fault]:
    for number, step in enumerate(document.get("steps", ())[: MOST_STEPS + 1], start=1):
        yield from _of_a_role(step.get("role", ""), number)
        action, gate = step.get("action", "").strip(), step.get("gate", "").strip()
        if not 0 < len(action) <= LONGEST_ACTION:
            yield Fault("action", f"say what to do, in at most {LONGEST_ACTION} letters.", number)
        if len(gate) > LONGEST_GATE:
            yield Fault("gate", f"at most {LONGEST_GATE} letters.", number)
        yield from (Fault(name, NO_NUL, number) for name in _TEXTS if "\0" in step.get(name, ""))
        minutes = step.get("minutes")
        if minutes is not None and not (type(minutes) is int and 0 <= minutes <= MOST_MINUTES):
            yield Fault("minutes", f"a whole number from 0 to {MOST_MINUTES}, or none.", number)
        yield from _unknown("hooks", step.get("hooks", ()), ACTIONS, number)
        yield from _unknown("checks", step.get("checks", ()), GateCheck.values, number)
        if step.get("checks") and not gate:
            yield Fault("gate", "say what must hold before the step is done.", number)


def _of_a_role(role: str, number: int) -> Iterator[Fault]:
    # Its length first: to take it apart costs as much as its square.
    words = words_of(role) if len(role) <= LONGEST_ROLE else []
    strange = [word for word in words if known(word) is None]
    if not words:
        yield Fault("role", f"say who does it, in at most {LONGEST_ROLE} letters.", number)
    for word in strange:
        allowed = ", ".join(DUTIES)
        yield Fault(
            "role",
            f"{word!r} is none of: {allowed}; join several by '+', 'or' or 'and'.",
            number,
        )
