"""File a report: from what somebody saw to an incident, with all that follows at once.

Creates Incident rows.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from audit.gathering import gathered
from incidents import (
    assessmentdue,
    breadth,
    codenames,
    cord,
    firing,
    judgement,
    moments,
    receipts,
    repeats,
    timeline,
    weighing,
)
from incidents.models import Audience, Incident, Kind, StillOpen, TimelineEntry
from incidents.weighing import Stated
from programs.models import Dataset, Program

LONGEST_TITLE = 200
LONGEST_DETAIL = 10_000
LONGEST_LINE = 200
LONGEST_KEY = 100
_ADDS = "The reporter adds: "
LONGEST_ADDED = timeline.LONGEST - len(_ADDS)


class Refused(Exception):
    """The report cannot be taken; names the field and what is allowed."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.field = where
        self.message = message


class KeyUsedBefore(Refused):
    """An idempotency key came with another report than the first time."""


@dataclass(frozen=True)
class Report:
    """What a reporter says. Unknown is an answer everywhere but in the title."""

    title: str
    program: Program | None = None
    dataset: Dataset | None = None
    audience: str = Audience.UNKNOWN
    still_open: str = StillOpen.UNKNOWN
    pull_cord: bool = False
    detail: str = ""
    found_how: str = ""
    reference: str = ""
    occurred_from: datetime | None = None
    kind: str = Kind.EXPOSURE
    is_drill: bool = False
    stated: Stated | None = None
    # Only incidents.drills sets it: what a planned drill stops of a program that may be real.
    drill_scope: str = ""

    def digest(self) -> str:
        """Name what is said, whoever says it, so that a repeat can be told from a new report."""
        said: dict[str, Any] = {
            "title": self.title,
            "program": self.program.pk if self.program else None,
            "dataset": self.dataset.pk if self.dataset else None,
            "audience": str(self.audience),
            "still_open": str(self.still_open),
            "pull_cord": self.pull_cord,
            "detail": self.detail,
            "found_how": self.found_how,
            "reference": self.reference,
            "kind": str(self.kind),
            # A drill and the real thing are never the same, whatever the words.
            "is_drill": self.is_drill,
            "drill_scope": self.drill_scope,
            "occurred_from": self.occurred_from.isoformat() if self.occurred_from else None,
        }
        if self.stated:
            said["stated"] = [self.stated.by, self.stated.level, self.stated.at_most]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Filed:
    """What a reporter may know of their report, and whether this very one made the incident.

    `severity` and `counts_as` are those of the first assessment: what became of them since is
    for responders. `paused` names only programs that the reporter may know of.
    """

    incident: Incident
    is_new: bool
    severity: int | None
    counts_as: int
    paused: list[str]


@transaction.atomic
def file_report(report: Report, *, reporter: User, actor: Actor, key: str = "") -> Filed:
    """Make an incident of a report; its severity, pauses and escalation commit with it.

    Args:
        key: the caller's idempotency key. The same key makes one incident for good; with
            or without one, so do the same words of the same person within ten minutes.

    Raises:
        Refused: if a field is wrong; nothing is written then.
        KeyUsedBefore: if the key came with another report before.
    """
    _check(report, key)
    # A monitor repeats one event with ever new figures; its key alone says which it is.
    said = repeats.Said(reporter.pk, key, report.digest(), by_key_alone=report.stated is not None)
    try:
        before = repeats.find(said)
    except repeats.OtherReport as error:
        used = "came with another report before; use a new one."
        raise KeyUsedBefore("Idempotency-Key", used) from error
    if before:
        return filed(before, reporter, is_new=False)
    with gathered():
        incident = _open(report, reporter, actor)
        repeats.remember(said, incident)
        judgement.announce(incident, actor=actor)
        if report.pull_cord and report.program:
            cord.pull_with_report(incident, report.program, actor=actor)
        outbox.publish("incident.reported", priority=incident.counts_as, incident=incident.pk)
    return filed(incident, reporter, is_new=True)


def _check(report: Report, key: str) -> None:
    if not report.title.strip():
        raise Refused("title", "say in a line what people can see.")
    for name, longest in (
        ("title", LONGEST_TITLE),
        ("detail", LONGEST_DETAIL),
        ("found_how", LONGEST_LINE),
        ("reference", LONGEST_LINE),
    ):
        length = len(getattr(report, name))
        if length > longest:
            raise Refused(name, f"{length} characters; at most {longest} are allowed.")
    _check_choices(report)
    if len(key) > LONGEST_KEY:
        raise Refused("Idempotency-Key", f"at most {LONGEST_KEY} characters are allowed.")
    wrong = (
        moments.why_not(report.occurred_from, now=timezone.now()) if report.occurred_from else ""
    )
    if wrong:
        raise Refused("occurred_from", wrong)
    _check_program(report)


def _check_program(report: Report) -> None:
    program = report.program
    if report.dataset and (not program or report.dataset.program_id != program.pk):
        raise Refused("dataset", "must be one of the program's.")
    if report.pull_cord and program is None:
        raise Refused("pull_cord", "name the program to pause, or leave pause out.")
    if program and program.is_drill != report.is_drill and not report.drill_scope:
        # A drill would stop what is real, or the real thing would be taken for practice.
        kind, allowed = ("for drills only", "true") if program.is_drill else ("real", "false")
        raise Refused("is_drill", f"{program.slug} is {kind}; only {allowed} is allowed here.")


def _check_choices(report: Report) -> None:
    for name, choices in (("audience", Audience), ("still_open", StillOpen), ("kind", Kind)):
        value = str(getattr(report, name))
        if value not in choices.values:
            raise Refused(name, f"{value!r} is not one of {', '.join(choices.values)}.")


def _open(report: Report, reporter: User, actor: Actor) -> Incident:
    ident = uuid.uuid4()
    weighed = weighing.weigh(
        weighing.Answered(
            report.program, report.audience, report.still_open, report.dataset, report.stated
        )
    )
    incident = Incident(
        uuid=ident,
        reporter=reporter,
        assessment=weighing.at_first(ident, weighed, report.stated, actor=actor),
        sev=None if weighed.undetermined else weighed.sev.value,
        counts_as=weighed.sev.value,
        peak_sev=weighed.sev.value,
        restricted=breadth.is_restricted(report.program, weighed.sev.value),
        assess_by=assessmentdue.at_first(weighed.sev, is_planned=bool(report.drill_scope)),
        **_said(report),
    )
    firing.lock_ahead(incident, with_its_own=report.pull_cord)
    incident.codename = codenames.choose(
        lambda name: Incident.objects.filter(codename=name).exists()
    )
    (incident.number,) = next_numbers()
    history.save_new(incident, actor=actor)
    _record(incident, list(weighed.assumed), actor)
    return incident


def _said(report: Report) -> dict[str, Any]:
    names = (
        *("title", "detail", "kind", "reference", "found_how", "program", "dataset"),
        *("audience", "still_open", "occurred_from", "is_drill", "drill_scope"),
    )
    return {name: getattr(report, name) for name in names}


def next_numbers(count: int = 1) -> range:
    """Draw so many numbers. Until the commit all other reports wait for it."""
    # Held so that a report that fails leaves no gap: it comes after every lock that may take long.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_counter AS c (name, last) VALUES ('incident', %s)"
            " ON CONFLICT (name) DO UPDATE SET last = c.last + %s RETURNING last",
            [count, count],
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)


def _record(incident: Incident, assumed: list[str], actor: Actor) -> None:
    trail.record(
        "incident.reported",
        incident,
        actor=actor,
        ref=incident.ref,
        codename=incident.codename,
        level=incident.counts_as,
        undetermined=incident.sev is None,
        program=incident.program.slug if incident.program else "",
        is_drill=incident.is_drill,
    )
    if incident.occurred_from:
        timeline.write(
            incident,
            TimelineEntry.Kind.REPORT,
            "The exposure began, as far as the reporter knows.",
            actor=actor,
            occurred_at=incident.occurred_from,
        )
    level = incident.level.label
    words = f"undetermined, counts as {level}" if incident.sev is None else level
    why = f" Assumed: {'; '.join(assumed)}." if assumed else ""
    by = weighing.judge_of(incident, actor)
    told: dict[str, Any] = {"actor": actor, "audience": TimelineEntry.Audience.LEADERSHIP}
    timeline.write(incident, TimelineEntry.Kind.REPORT, f"Reported: {incident.title}", **told)
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        f"Severity: {words}, by {by}.{why}",
        actor=by,
        audience=TimelineEntry.Audience.LEADERSHIP,
        field="severity",
        now=incident.counts_as,
    )


def filed(incident: Incident, reporter: User, *, is_new: bool) -> Filed:
    """Return what the reporter may know of an incident that they reported."""
    first = weighing.first(incident)
    return Filed(
        incident,
        is_new=is_new,
        severity=None if first.undetermined else first.level,
        counts_as=first.level,
        paused=[hold.program.name for hold in receipts.stopped(incident, reporter)],
    )


@transaction.atomic
def add_detail(incident: Incident, text: str, *, actor: Actor) -> None:
    """Let the reporter add to the report without being let in.

    Raises:
        Refused: if there is no text, or too much of it.
    """
    if not text.strip():
        raise Refused("detail", "write what you want to add.")
    if len(text) > LONGEST_ADDED:
        raise Refused("detail", f"{len(text)} characters; at most {LONGEST_ADDED} are allowed.")
    timeline.write(incident, TimelineEntry.Kind.REPORT, f"{_ADDS}{text}", actor=actor)
