"""Whether a rule applies to an incident, and why not; what rules demand together. Pure.

What is unknown counts as the worst plausible: it meets every condition that asks for it. What
no program is known for belongs to none, so a rule of a program waits until one is named.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from severity.houserules import Act, Rule, When
from severity.ladder import Sev
from severity.thresholds import Demand
from severity.tightening import parts
from severity.vocabulary import Action, Mode, Seen, StillOpen


@dataclass(frozen=True)
class Situation:
    """What rules look at in an incident. `people` is None if nobody knows how many."""

    level: Sev
    peak: Sev
    undetermined: bool
    program: str
    categories: frozenset[str]
    kind: str
    audience: str
    still_open: str
    status: str
    status_since: datetime
    people: int | None = None


@dataclass(frozen=True)
class Check:
    """One condition: what the rule asks for, what is so, and whether that is enough."""

    field: str
    wanted: str
    found: str
    holds: bool


def explain(when: When, at: Situation, *, now: datetime) -> tuple[Check, ...]:
    """Return every condition that a rule names, in a fixed order."""
    return tuple(_checks(when, at, now))


def applies(when: When, at: Situation, *, now: datetime) -> bool:
    """True if every condition holds now."""
    return _fits(when, at) and (not when.minutes or now >= ripe_at(when, at))


def will_apply_at(when: When, at: Situation) -> datetime | None:
    """Return from when a rule applies if nothing changes meanwhile; None if never."""
    return ripe_at(when, at) if _fits(when, at) else None


def ripe_at(when: When, at: Situation) -> datetime:
    """Return the moment at which it has been so long in its status."""
    return at.status_since + timedelta(minutes=when.minutes)


def _fits(when: When, at: Situation) -> bool:
    """All but the time. The cheapest first: this is asked of every open incident."""
    return (
        (not when.levels or (at.peak if when.by_peak else at.level) in when.levels)
        and (not when.statuses or at.status in when.statuses)
        and (not when.programs or at.program in when.programs)
        and (when.undetermined is None or when.undetermined is at.undetermined)
        and (not when.kinds or at.kind in when.kinds)
        and (not when.audiences or at.audience in (*when.audiences, Seen.UNKNOWN))
        and (not when.still_open or at.still_open in (*when.still_open, StillOpen.UNKNOWN))
        and (not when.categories or not at.categories.isdisjoint(when.categories))
        and (when.people_over is None or at.people is None or at.people > when.people_over)
    )


def _checks(when: When, at: Situation, now: datetime) -> Iterator[Check]:
    if when.levels:
        level = at.peak if when.by_peak else at.level
        name = "peak level" if when.by_peak else "level"
        wanted = ", ".join(each.label for each in when.levels)
        yield Check(name, wanted, level.label, level in when.levels)
    yield from _named("program", when.programs, at.program)
    if when.categories:
        found = ", ".join(sorted(at.categories))
        met = not at.categories.isdisjoint(when.categories)
        yield Check("category", ", ".join(when.categories), found, met)
    yield from _named("kind", when.kinds, at.kind)
    yield from _named("audience", when.audiences, at.audience, unknown=Seen.UNKNOWN)
    yield from _named("still_open", when.still_open, at.still_open, unknown=StillOpen.UNKNOWN)
    if when.undetermined is not None:
        is_so = when.undetermined is at.undetermined
        yield Check("undetermined", _yes(when.undetermined), _yes(at.undetermined), is_so)
    if when.people_over is not None:
        known = "unknown" if at.people is None else str(at.people)
        met = at.people is None or at.people > when.people_over
        yield Check("people", f"more than {when.people_over}", known, met)
    yield from _named("status", when.statuses, at.status)
    if when.minutes:
        minutes = max(0, (now - at.status_since) // timedelta(minutes=1))
        met = at.status in when.statuses and now >= ripe_at(when, at)
        yield Check("minutes in status", str(when.minutes), str(minutes), met)


def _named(field: str, words: tuple[str, ...], found: str, *, unknown: str = "") -> Iterator[Check]:
    if words:
        holds = found in words or bool(unknown and found == unknown)
        yield Check(field, ", ".join(words), found, holds)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def demands(rules: Iterable[Rule], at: Situation, *, now: datetime) -> tuple[Demand, ...]:
    """Return what these rules demand of an incident now, rule by rule."""
    found = (rule for rule in rules if applies(rule.when, at, now=now))
    return tuple(_demand(rule, act) for rule in found for act in rule.acts)


def _demand(rule: Rule, act: Act) -> Demand:
    return Demand(
        rule_id=rule.id,
        version=rule.version,
        action=act.action,
        scope=act.scope,
        after_seconds=rule.minutes * 60 if rule.mode is Mode.AUTOMATIC_AFTER else 0,
        why=rule.why,
        mode=rule.mode,
        name=act.name,
        of_house=True,
        by_status=bool(rule.when.statuses),
    )


def together(floor: Iterable[Demand], house: Iterable[Demand]) -> tuple[Demand, ...]:
    """Return all demands, less what may be vetoed or refused although it stops at once anyway.

    A pause at once is never left out, so the house can only add to the floor.
    """
    every = (*floor, *house)
    stopped: set[str] = set()
    for demand in every:
        if demand.action is Action.PAUSE and demand.mode is Mode.AUTOMATIC:
            stopped |= parts(demand.scope)
    return tuple(demand for demand in every if not _is_idle(demand, stopped))


def _is_idle(demand: Demand, stopped: set[str]) -> bool:
    # A window to veto a smaller pause would only suggest that the larger one can be vetoed.
    waits = demand.mode in (Mode.AUTOMATIC_AFTER, Mode.ASK)
    return demand.action is Action.PAUSE and waits and parts(demand.scope) <= stopped
