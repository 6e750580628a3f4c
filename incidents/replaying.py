"""Which past incidents a rule would have acted on, had it been in force. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents import access
from incidents.models import OVER, Incident
from programs.models import Program
from severity import matching
from severity.houserules import Rule
from severity.ladder import Sev
from severity.matching import Situation

# With a hundred thousand of them a dry run would cost more than it tells.
MOST_LOOKED_AT = 1_000
# A history has no transactions; nobody acts twice on an incident as quickly as this.
ONE_ACT = timedelta(seconds=1)


@dataclass(frozen=True)
class Would:
    """An incident that the rule would have acted on: when first, and as what it counted then."""

    incident: Incident
    at: datetime
    level: Sev


@dataclass(frozen=True)
class Replayed:
    """What came of a dry run, the newest incident first.

    Unless `is_all`, only the newest MOST_LOOKED_AT that the person may know of were looked at.
    """

    found: list[Would]
    looked_at: int
    is_all: bool


def replay(rule: Rule, user: User) -> Replayed:
    """Hold a rule against the past of the incidents that a person may know of.

    What an incident was from each change to the next is in its history. Its program counts as it
    is today: what it held then is not asked.
    """
    keys = access.newest(user, limit=MOST_LOOKED_AT + 1)
    looked, programs = keys[:MOST_LOOKED_AT], Program.objects.in_bulk()
    rows = Incident.history.filter(id__in=looked).order_by("id", "history_date", "history_id")
    now = timezone.now()
    first = {}
    for key, changes in groupby(rows, key=attrgetter("id")):
        if found := _first(rule, list(changes), programs, now):
            first[key] = found
    incidents = access.of_these(user, list(first)).in_bulk()
    every = [
        Would(incidents[key], *first[key]) for key in looked if key in first and key in incidents
    ]
    return Replayed(every, len(looked), is_all=len(keys) <= MOST_LOOKED_AT)


def _first(
    rule: Rule, changes: list[Any], programs: Mapping[int, Program], now: datetime
) -> tuple[datetime, Sev] | None:
    for row, since, until in _spans(changes, now):
        if row.status in OVER:
            continue
        at = _situation(row, since, programs)
        ripe = matching.will_apply_at(rule.when, at)
        moment = max(ripe, row.history_date) if ripe else None
        if moment and moment < until:
            return moment, at.level
    return None


def _spans(changes: list[Any], now: datetime) -> Iterator[tuple[Any, datetime, datetime]]:
    """Each state of the row, since when it was in its status, and until when it was so.

    Not those through which one act of a person passed: no rule ever saw them.
    """
    status, since = "", now
    for row, then in zip(changes, [*changes[1:], None], strict=True):
        if row.status != status:
            status, since = row.status, row.history_date
        if then is None or not _passed_on(row, then):
            yield row, since, then.history_date if then else now


def _passed_on(row: Any, then: Any) -> bool:
    """True if both were written by one act, such as new answers and the level that they lead to."""
    same = row.history_user_id is not None and row.history_user_id == then.history_user_id
    return same and row.history_type == "~" and then.history_date - row.history_date < ONE_ACT


def _situation(row: Any, since: datetime, programs: Mapping[int, Program]) -> Situation:
    program = programs.get(row.program_id)
    return Situation(
        level=Sev(row.counts_as),
        peak=Sev(row.peak_sev),
        undetermined=row.sev is None,
        program=program.slug if program else "",
        categories=frozenset(program.categories if program else ()),
        kind=row.kind,
        audience=row.audience,
        still_open=row.still_open,
        status=row.status,
        status_since=since,
        people=program.participants if program else None,
    )
