"""A threshold rule of the organisation or of one program: what it is, read and written. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from severity.facts import MOST_PEOPLE
from severity.ladder import Sev
from severity.vocabulary import Action, Mode, Scope, Seen, StillOpen

ID = re.compile(r"[a-z][a-z0-9-]{2,29}", re.ASCII)
LONGEST_NAME, LONGEST_WHY = 80, 200
MOST_MINUTES = 7 * 24 * 60
MOST_IN_STATUS = 90 * 24 * 60
MODES = (Mode.AUTOMATIC, Mode.AUTOMATIC_AFTER, Mode.ASK)
SCOPES = tuple(scope for scope in Scope if scope is not Scope.PROGRAMS_CONCERNED)
# What an action names besides, by the part of `Known` that it is looked up in.
NAMES = {
    Action.ATTACH_RUNBOOK: "runbooks",
    Action.ESCALATE: "policies",
    Action.NOTIFY: "functions",
}
# What a new one begins with, on its page.
BLANK: Mapping[str, Any] = {
    "name": "",
    "why": "",
    "when": {},
    "actions": [],
    "mode": "automatic",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field, and what is allowed there."""

    field: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.field}: {self.sentence}"


class BadRule(ValueError):
    """The document is no rule; each of `faults` names a field."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(str(fault) for fault in self.faults))


@dataclass(frozen=True)
class Known:
    """What a rule may name. severity knows none of it; None is not looked up."""

    programs: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    runbooks: frozenset[str] | None = None
    policies: frozenset[str] | None = None
    functions: frozenset[str] | None = None


ANYTHING = Known()


@dataclass(frozen=True)
class When:
    """To which incidents a rule applies: all that is named must hold; empty is "any".

    `levels` are those that the incident counts as now, or with `by_peak` has reached at worst.
    `people_over` asks for more people than that in the program, `minutes` for so long in one of
    `statuses` without a break.
    """

    programs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    levels: tuple[Sev, ...] = ()
    by_peak: bool = False
    kinds: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()
    undetermined: bool | None = None
    people_over: int | None = None
    statuses: tuple[str, ...] = ()
    minutes: int = 0


@dataclass(frozen=True)
class Act:
    """One thing to do. `scope` is what a pause stops; `name` whom or what it is done with.

    `name` may be empty: the fitting runbooks, the policy of the level.
    """

    action: Action
    scope: Scope | None = None
    name: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule. `minutes` is how long a person may veto it, in the mode automatic_after."""

    id: str
    version: str
    name: str
    why: str
    acts: tuple[Act, ...]
    mode: Mode = Mode.AUTOMATIC
    minutes: int = 0
    when: When = field(default_factory=When)

    @property
    def of_program(self) -> str:
        """The program whose own rule it is; empty for one of the organisation."""
        return self.when.programs[0] if len(self.when.programs) == 1 else ""


_LISTS = ("programs", "categories", "kinds", "audiences", "still_open", "statuses")
_WHEN = (*_LISTS, "levels", "measure", "undetermined", "people_over", "minutes")
_KEYS = ("name", "why", "when", "actions", "mode", "minutes")
_ACT = ("do", "scope", "name")


def read(id_: str, version: str, document: Mapping[str, Any], known: Known = ANYTHING) -> Rule:
    """Return the rule that a document holds, in the form that `plain` gives.

    Raises:
        BadRule: with everything that is wrong, field by field.
    """
    faults = [*_of_whole(id_, document), *_of_when(document.get("when"), known)]
    faults += [*_of_actions(document.get("actions"), known), *_of_mode(document)]
    if faults:
        raise BadRule(faults)
    return Rule(
        id=id_,
        version=version,
        name=document["name"].strip(),
        why=document["why"].strip(),
        acts=tuple(
            Act(
                Action(act["do"]),
                Scope(act["scope"]) if act.get("scope") else None,
                act.get("name", ""),
            )
            for act in document["actions"]
        ),
        mode=Mode(document["mode"]),
        minutes=document.get("minutes") or 0,
        when=_when(document["when"]),
    )


def _when(data: Mapping[str, Any]) -> When:
    return When(
        **{name: tuple(data.get(name, ())) for name in _LISTS},
        levels=tuple(Sev(level) for level in sorted(data.get("levels", ()))),
        by_peak=data.get("measure") == "peak",
        undetermined=data.get("undetermined"),
        people_over=data.get("people_over"),
        minutes=data.get("minutes") or 0,
    )


def plain(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON can hold it; `read` reads it back unchanged."""
    when = rule.when
    said: dict[str, Any] = {name: list(getattr(when, name)) for name in _LISTS}
    # Not 0, which stands for none. More than 0 people is another matter.
    said |= {"levels": [level.value for level in when.levels], "minutes": when.minutes or None}
    said |= {"measure": "peak"} if when.by_peak else {}
    said |= {"undetermined": when.undetermined, "people_over": when.people_over}
    acts = []
    for act in rule.acts:
        scope = {"scope": act.scope.value} if act.scope else {}
        acts.append({"do": act.action.value, **scope, **({"name": act.name} if act.name else {})})
    return {
        "name": rule.name,
        "why": rule.why,
        "when": {key: value for key, value in said.items() if value not in ([], None)},
        "actions": acts,
        "mode": rule.mode.value,
        **({"minutes": rule.minutes} if rule.minutes else {}),
    }


def _of_whole(id_: str, document: Mapping[str, Any]) -> Iterator[Fault]:
    if not ID.fullmatch(id_):
        said = "3 to 30 small letters, digits and dashes, a letter first."
        yield Fault("id", said)
    for key in document:
        if key not in _KEYS:
            yield Fault(str(key)[:40], f"is not known; allowed here: {', '.join(_KEYS)}.")
    for key, longest in (("name", LONGEST_NAME), ("why", LONGEST_WHY)):
        value = document.get(key)
        is_line = isinstance(value, str) and value.strip() and value.isprintable()
        if not is_line or len(value or "") > longest:
            yield Fault(key, f"one line of at most {longest} characters.")


def _of_when(data: object, known: Known) -> Iterator[Fault]:
    if not isinstance(data, Mapping):
        yield Fault("when", "must be a mapping; an empty one is every incident.")
        return
    for key in data:
        if key not in _WHEN:
            yield Fault(str(key)[:40], f"is not known; allowed here: {', '.join(_WHEN)}.")
    allowed = {
        "programs": known.programs,
        "categories": known.categories,
        "kinds": known.kinds,
        "statuses": known.statuses,
        "audiences": frozenset(Seen),
        "still_open": frozenset(StillOpen),
    }
    for name, words in allowed.items():
        yield from _of_list(name, data.get(name, []), words)
    yield from _of_list("levels", data.get("levels", []), frozenset(sev.value for sev in Sev))
    if data.get("measure") not in (None, "current", "peak"):
        yield Fault("measure", "current or peak.")
    if not isinstance(data.get("undetermined"), (bool, type(None))):
        yield Fault("undetermined", "true, false, or left out for both.")
    yield from _of_number("people_over", data.get("people_over"), 0, MOST_PEOPLE)
    yield from _of_number("minutes_in_status", data.get("minutes"), 0, MOST_IN_STATUS)
    if data.get("minutes") and not data.get("statuses"):
        yield Fault("statuses", "say in which status for so many minutes.")


def _of_list(name: str, value: object, words: frozenset[Any] | None) -> Iterator[Fault]:
    if not isinstance(value, (list, tuple)):
        yield Fault(name, "must be a list.")
        return
    odd = [item for item in value if not isinstance(item, (str, int)) or isinstance(item, bool)]
    odd += [item for item in value if item not in odd and words is not None and item not in words]
    if odd:
        allowed = ", ".join(str(word) for word in sorted(words or ()))
        named = ", ".join(str(item)[:40] for item in odd[:5])
        yield Fault(name, f"{named} is not known; allowed: {allowed[:600] or 'text'}.")
    elif len(set(value)) < len(value):
        yield Fault(name, "name each only once.")


def _of_number(name: str, value: object, least: int, most: int) -> Iterator[Fault]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (whole and least <= value <= most):  # type: ignore[operator]
        yield Fault(name, f"a whole number from {least} to {most}.")


def _of_actions(data: object, known: Known) -> Iterator[Fault]:
    if not isinstance(data, (list, tuple)) or not 1 <= len(data) <= 20:
        yield Fault("actions", f"at least one of: {', '.join(Action)}.")
        return
    seen = []
    for act in data:
        if not isinstance(act, Mapping) or act.get("do") not in list(Action):
            yield Fault("actions", f"each one of: {', '.join(Action)}.")
            continue
        yield from _of_act(act, known)
        seen.append((act["do"], act.get("scope"), act.get("name", "")))
    if len(set(map(str, seen))) < len(seen):
        yield Fault("actions", "name each only once.")


def _of_act(act: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    action, scope, name = Action(act["do"]), act.get("scope"), act.get("name", "")
    for key in act:
        if key not in _ACT:
            yield Fault("actions", f"{str(key)[:40]!r} is not known; allowed: {', '.join(_ACT)}.")
    if action is Action.PAUSE and scope not in SCOPES:
        yield Fault("scope", f"what a pause stops: {', '.join(SCOPES)}.")
    if action is not Action.PAUSE and scope:
        yield Fault("scope", "goes with a pause, and only with it.")
    words = getattr(known, NAMES[action]) if action in NAMES else frozenset()
    if not isinstance(name, str) or (name and words is not None and name not in words):
        allowed = ", ".join(sorted(words or ())) or "nothing"
        yield Fault(action.value, f"{str(name)[:40]!r} is not known; allowed: {allowed}.")
    if action is Action.NOTIFY and not name:
        yield Fault("notify", "say which function is told.")


def _of_mode(document: Mapping[str, Any]) -> Iterator[Fault]:
    mode, minutes = document.get("mode"), document.get("minutes") or None
    if mode not in MODES:
        yield Fault("mode", f"one of: {', '.join(MODES)}.")
    elif mode == Mode.AUTOMATIC_AFTER and minutes is None:
        yield Fault("minutes", f"how long it may be vetoed: 1 to {MOST_MINUTES} minutes.")
    elif mode != Mode.AUTOMATIC_AFTER and minutes is not None:
        yield Fault("minutes", "goes with automatic_after alone.")
    yield from _of_number("minutes", document.get("minutes"), 0, MOST_MINUTES)
