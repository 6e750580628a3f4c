"""Which duties an incident has by law, and until when. Opens them and keeps their clocks right.

The only maker of Obligation; what people decide and file is incidents.filings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import access, clockreminders, legalcase, timeline
from incidents.models import Incident, Obligation, Status, TimelineEntry
from incidents.models.legal import ObligationQuerySet
from severity.clocks.reckoning import Clock, State, reckon, reckon_one
from severity.clocks.ruleset import ClockRules
from severity.clocks.stated import Case
from severity.facts import BadFact

# Nothing is owed for what turned out to be none, or is another.
WITHOUT = (Status.DISMISSED, Status.MERGED)
# What was filed, or its time, is past: a later correction moves it no more.
_SETTLED = (Obligation.State.SUBMITTED, Obligation.State.CONFIRMED)


@dataclass(frozen=True)
class Change:
    """What a fact or an event changed about one obligation. `was` is empty where it is new."""

    row: Obligation
    was: str
    was_due: datetime | None

    @property
    def sentence(self) -> str:
        """What changed, in words, with both ends in UTC."""
        facts = {
            "what": self.row,
            "was": self.was,
            "is": self.row.get_clock_display(),
            "old": _end(self.was_due),
            "new": _end(self.row.due_at),
        }
        if not self.was:
            return _("%(what)s: opened, %(new)s.") % facts
        if self.row.clock == Obligation.Clock.NOT_APPLICABLE:
            return _("%(what)s: does not apply any more, was %(old)s.") % facts
        if self.was_due != self.row.due_at:
            return _("%(what)s: %(new)s, was %(old)s.") % facts
        return _("%(what)s: %(is)s, was %(was)s.") % facts


def _end(due: datetime | None) -> str:
    if due is None:
        return _("without an end")
    return _("due %(at)s UTC") % {"at": f"{due.astimezone(UTC):%Y-%m-%d %H:%M}"}


@transaction.atomic
def update(incident: Incident, *, actor: Actor) -> list[Change]:
    """Reckon every clock anew; open what begins, move what moves, mark what does not apply.

    Doing it twice changes nothing. The caller has locked the incident.

    Raises:
        BadFact: if what is stated contradicts itself.
    """
    now = timezone.now()
    rules, case = legalcase.rules(), legalcase.of(incident, now=now)
    rows = {row.rule: row for row in _locked(incident)}
    changes = []
    for clock in _clocks(case, rules, [*rows], now=now):
        row = rows.get(clock.rule.id)
        found = _open(incident, clock, rules, actor) if row is None else _move(row, clock, actor)
        if found:
            changes.append(found)
    _tell(incident, changes, actor)
    return changes


def _locked(incident: Incident) -> QuerySet[Obligation]:
    rows = Obligation.objects.filter(incident=incident, phase=1)
    return rows.select_for_update(of=("self",)).select_related("incident")


def _clocks(case: Case, rules: ClockRules, open_: Sequence[str], *, now: datetime) -> list[Clock]:
    """Those that apply or may, and for what was opened before also that it does not."""
    silent = (State.NOT_APPLICABLE, State.DISABLED)
    found = {
        clock.rule.id: clock
        for clock in reckon(case, rules, now=now)
        if clock.state not in silent or clock.rule.id in open_
    }
    gone = [name for name in open_ if name not in found and name in rules.rules]
    return [*found.values(), *(reckon_one(rules.rules[id_], case, rules, now=now) for id_ in gone)]


def _values(clock: Clock, version: str) -> dict[str, Any]:
    rule = clock.rule
    state = Obligation.Clock.NOT_APPLICABLE if clock.state is State.DISABLED else clock.state
    return {
        "rules_version": version,
        "cited": rule.cited,
        "recipient": rule.recipient,
        "verified": rule.verified.value,
        "clock": Obligation.Clock(state),
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "calendar": rule.calendar.value if rule.calendar else "",
        "why": clock.why,
    }


def _open(incident: Incident, clock: Clock, rules: ClockRules, actor: Actor) -> Change:
    values = _values(clock, rules.version)
    row = make(incident, actor=actor, rule=clock.rule.id, **values)
    return Change(row, "", None)


def make(incident: Incident, *, actor: Actor, **values: Any) -> Obligation:
    """Open one obligation and plan its reminders."""
    row = Obligation(incident=incident, **values)
    history.save_new(row, actor=actor)
    due = row.due_at.isoformat() if row.due_at else None
    _record("obligation.opened", row, actor, clock=str(row.clock), due=due)
    clockreminders.plan(row)
    return row


def _move(row: Obligation, clock: Clock, actor: Actor) -> Change | None:
    if row.state in _SETTLED:
        return None
    values = _values(clock, legalcase.rules().version)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not set(changed) - {"rules_version"}:
        return None
    found = Change(row, row.get_clock_display(), row.due_at)
    for name in changed:
        setattr(row, name, values[name])
    history.save(row, *changed, actor=actor)
    was, due = found.was_due, row.due_at
    _record(
        "obligation.reckoned",
        row,
        actor,
        clock=str(row.clock),
        was_due=was.isoformat() if was else None,
        due=due.isoformat() if due else None,
    )
    if not {"clock", "due_at", "started_at"} & {*changed}:
        # Its words alone: kept in the history, and no news for anybody.
        return None
    clockreminders.plan(row, moved="due_at" in changed)
    return found


def _record(act: str, row: Obligation, actor: Actor, **facts: Any) -> None:
    stream = trail.stream_of(row.incident)
    trail.record(act, row, actor=actor, stream=stream, rule=row.rule, phase=row.phase, **facts)


def _tell(incident: Incident, changes: list[Change], actor: Actor) -> None:
    if changes:
        text = "\n".join(change.sentence for change in changes)
        timeline.write(incident, TimelineEntry.Kind.LEGAL, text[: timeline.LONGEST], actor=actor)


def due_by_now(row: Obligation) -> datetime | None:
    """Return when what is filed was due by what is stated now; None if that is as it was filed.

    It stays as it was filed, so only who asks hears of it.
    """
    rules = legalcase.rules()
    if row.state not in _SETTLED or row.phase > 1 or row.rule not in rules.rules:
        return None
    now = timezone.now()
    try:
        case = legalcase.of(row.incident, now=now)
    except BadFact:
        return None
    due = reckon_one(rules.rules[row.rule], case, rules, now=now).due_at
    return due if due != row.due_at else None


def all_of(incident: Incident) -> list[Obligation]:
    """Every obligation of an incident, the first to end first."""
    return list(incident.obligations.select_related("incident"))


def owed_of(incident: Incident, rows: Sequence[Obligation]) -> list[Obligation]:
    """Those of an incident's obligations that are still owed."""
    return [] if incident.status in WITHOUT else [row for row in rows if row.is_owed]


def next_of(incident: Incident, rows: Sequence[Obligation] | None = None) -> Obligation | None:
    """What ends first of all that is owed here; None if nothing owed has an end."""
    owed = owed_of(incident, all_of(incident) if rows is None else rows)
    return next((row for row in owed if row.due_at is not None), None)


def seen_by(user: User, *, drills: bool = False) -> ObligationQuerySet:
    """Every obligation of incidents that the person may know of, the first to end first.

    Args:
        drills: those of practice; else what is real, and never both in one list.
    """
    seen = access.visible_to(user).filter(is_drill=drills)
    rows = Obligation.objects.filter(incident__in=seen.values("pk"))
    return rows.exclude(incident__status__in=WITHOUT).select_related("incident")


def next_seen(user: User) -> Obligation | None:
    """What ends first of all that is owed in incidents that the person may know of."""
    rows = seen_by(user).still_owed().filter(due_at__isnull=False)
    return rows.first()
