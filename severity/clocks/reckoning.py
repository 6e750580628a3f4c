"""From a case to its clocks: which run, from when, until when, and why. Pure: `now` is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from severity.clocks.calendars import Calendar, End, Place, Term, end_of
from severity.clocks.known import Asked
from severity.clocks.rules import Rule, Status, Verified
from severity.clocks.ruleset import ClockRules
from severity.clocks.stated import Case
from severity.clocks.truth import Truth


class State(StrEnum):
    """What a clock does for a case."""

    # It applies, its event is set, and it ends at `due_at`.
    RUNNING = "running"
    # It applies, and the event from which it counts is not set yet.
    WAITING = "waiting"
    # It applies and runs, and the law names no end: `due_at` is our own target, or None.
    NO_FIXED_TERM = "no_fixed_term"
    # Facts are missing: it may apply. `due_at` is then as if it did.
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"
    # Proposed law, shown and never started.
    DISABLED = "disabled"


@dataclass(frozen=True)
class Clock:
    """One rule for one case. `why` is sentences; moments know their zones."""

    rule: Rule
    state: State
    started_at: datetime | None
    due_at: datetime | None
    why: str

    def plain(self) -> dict[str, Any]:
        """Return id, start_event, started_at, due_at, calendar, status and why for JSON."""
        return {
            "id": self.rule.id,
            "start_event": self.rule.starts,
            "started_at": _text(self.started_at),
            "due_at": _text(self.due_at),
            "calendar": self.rule.calendar.value if self.rule.calendar else None,
            "status": self.state.value,
            "why": self.why,
        }


def reckon(case: Case, rules: ClockRules, *, now: datetime) -> tuple[Clock, ...]:
    """Return the clocks of a case, in the order of the rules.

    All that apply or may apply; where the case names rules, each of those and no other,
    applicable or not.

    Args:
        now: tells whether a rule whose event is not set is in force. Nothing else.
    """
    if case.named is not None:
        return tuple(reckon_one(rules.rules[name], case, rules, now=now) for name in case.named)
    clocks = (reckon_one(rule, case, rules, now=now) for rule in rules.rules.values())
    silent = (State.NOT_APPLICABLE, State.DISABLED)
    return tuple(clock for clock in clocks if clock.state not in silent)


def reckon_one(rule: Rule, case: Case, rules: ClockRules, *, now: datetime) -> Clock:
    """Return the clock of one rule for a case, whether it applies or not."""
    asked = Asked(case, rules, rule)
    if rule.status is Status.PROPOSED:
        return _stopped(rule, State.DISABLED, f"Proposed, not law. {_sentence(rule.note)}")
    applies = asked.applies()
    if applies.holds is False:
        return _stopped(rule, State.NOT_APPLICABLE, f"Does not apply: {applies.because}.")
    place = rules.atlas.place(rule.jurisdiction, case.jurisdictions or ())
    ahead = _not_yet_in_force(rule, case, place=place, now=now)
    if ahead:
        return _stopped(rule, State.NOT_APPLICABLE, ahead)
    return _reckoned(asked, applies, place)


def _stopped(rule: Rule, state: State, why: str) -> Clock:
    return Clock(rule, state, None, None, f"{rule.cited}. {why}".strip())


def _not_yet_in_force(rule: Rule, case: Case, *, place: Place, now: datetime) -> str:
    if rule.in_force_from is None:
        return ""
    counted = case.events.get(rule.starts)
    if counted is None and rule.limit:
        counted = case.events.get(rule.limit.event)
    day = place.today(counted or now)
    if day >= rule.in_force_from:
        return ""
    return f"Does not apply: in force from {rule.in_force_from}, and this counts from {day}."


def _reckoned(asked: Asked, applies: Truth, place: Place) -> Clock:
    rule, started = asked.rule, asked.case.events.get(asked.rule.starts)
    found = _Reckoning(asked, place)
    due = found.due(started)
    if applies.holds is None:
        state = State.UNDETERMINED
    elif due is None:
        state = State.WAITING if started is None else State.NO_FIXED_TERM
    else:
        state = State.RUNNING if rule.term or rule.limit else State.NO_FIXED_TERM
    why = " ".join(_why(rule, applies, state=state, notes=found.notes))
    return Clock(rule, state, started, due, why)


@dataclass
class _Reckoning:
    """The end of one clock, and phrases on how it came about."""

    asked: Asked
    place: Place

    def __post_init__(self) -> None:
        self.notes: list[str] = []

    def due(self, started: datetime | None) -> datetime | None:
        ends = [*self._own_end(started), *self._limit(started)]
        if ends:
            end = min(ends, key=lambda each: each.at)
            self.notes += end.notes
            self._followup(started)
            return end.at
        target = self.asked.rule.target
        if started and target:
            self.notes.append(f"the end shown is our own target, {target}")
            return self._end(target, started).at
        return None

    def _own_end(self, started: datetime | None) -> Iterator[End]:
        rule = self.asked.rule
        if started is None or rule.term is None:
            return
        yield min((self._end(term, started) for term in self._terms(rule.term)), key=lambda e: e.at)
        if rule.target:
            planned = self._end(rule.target, started).at.date()
            self.notes.append(f"plan with {rule.target}, {planned}")

    def _terms(self, usual: Term) -> list[Term]:
        """The term, or those that hold instead; all that may hold while that is unknown."""
        rule = self.asked.rule
        answers = [(each, each.when.ask(self.asked)) for each in rule.instead]
        sure = [each for each, answer in answers if answer.holds]
        if sure:
            self.notes += [f"{each.term} instead: {each.asks}" for each in sure]
            return [each.term for each in sure]
        perhaps = [each for each, answer in answers if answer.holds is None]
        self.notes += [f"{each.term} if {each.asks}, which is not known" for each in perhaps]
        return [usual, *(each.term for each in perhaps)]

    def _limit(self, started: datetime | None) -> Iterator[End]:
        limit = self.asked.rule.limit
        if limit is None or limit.event not in self.asked.case.events:
            return
        end = self._end(limit.term, self.asked.case.events[limit.event])
        said = f"{limit.term} after {limit.event} at the latest, {end.at.isoformat()}"
        if started is None and not limit.alone:
            self.notes.append(said)
        elif started and limit.lifted and started > end.at:
            self.notes.append(f"its event came later than {said}, so that limit is off")
        else:
            self.notes.append(said)
            yield end

    def _followup(self, started: datetime | None) -> None:
        followup = self.asked.rule.followup
        if started and followup:
            end = self._end(followup, started)
            self.notes.append(f"more is due {followup} after its event, {end.at.isoformat()}")

    def _end(self, term: Term, start: datetime) -> End:
        rule = self.asked.rule
        calendar = rule.calendar or Calendar.HOURS_CONTINUOUS
        # Without a fact the relief is left out: the earlier end holds.
        helped = rule.no_relief_if is None or self.asked.flag(rule.no_relief_if).holds is False
        return end_of(term, start, calendar=calendar, place=self.place, noon_relief=helped)


def _why(rule: Rule, applies: Truth, *, state: State, notes: list[str]) -> Iterator[str]:
    how_soon = str(rule.term) if rule.term else rule.pace
    yield f"{rule.cited}: {how_soon} from {rule.starts} on, to {rule.recipient}."
    if applies.holds is None:
        yield f"It may apply, and counts as if it did: {applies.because}."
    elif applies.because:
        yield f"It applies: {applies.because}."
    if state is State.WAITING:
        yield f"It waits for {rule.starts}."
    if notes:
        yield _sentence("; ".join(dict.fromkeys(notes)))
    if rule.verified in (Verified.UNVERIFIED, Verified.SECONDARY):
        yield _sentence(f"Source {rule.verified}: {rule.verified_note or 'the law was not read'}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
