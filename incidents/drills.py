"""Plan drills, play the chain from report to proof, and write down what it showed.

The only module that writes Drill. A drill files a report like anybody else: the rules stop the
collectors, people are paged, the proof is settled. Only then does the drill let go.
"""

from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import reporting, timeline
from incidents.models import Audience, Drill, DrillScope, Incident, StillOpen, TimelineEntry
from programs import attestation, lifecycle, pauses
from programs.evidence import Refused as NoEvidence
from programs.evidence import Shown
from programs.models import Program, State, StopOrder, StopProof

DRILLS = Actor.machine("drills")
# The control that asks for a drill in the last 90 days.
CONTROL = "G22"
LONGEST_AHEAD = timedelta(days=90)
WINDOWS = range(1, 241)


class Refused(Exception):
    """This drill cannot be planned or called off so; the message says why."""


@transaction.atomic
def plan(
    program: Program,
    scope: str,
    *,
    at: datetime | None = None,
    window_minutes: int = 30,
    actor: Actor,
) -> Drill:
    """Plan a drill; without a time it begins at once.

    Args:
        scope: a DrillScope; what it stops.
        window_minutes: 1 to 240; the program is let go after so long whatever happens.

    Raises:
        Refused: if nothing could be stopped, another drill is ahead, or a field is wrong.
    """
    if actor.user is None:
        raise Refused("Only a person can plan a drill.")
    program, now = lifecycle.lock(program), timezone.now()
    _check(program, scope, at, window_minutes, now=now)
    drill: Drill = history.create(
        Drill,
        actor=actor,
        program=program,
        scope=scope,
        planned_for=at or now,
        window_minutes=window_minutes,
        planned_by=actor.user,
    )
    _record("drill.planned", drill, actor=actor, scope=scope, at=drill.planned_for.isoformat())
    clockwork.schedule(
        "incidents.begin_drill",
        key=f"drill:{drill.pk}:begin",
        payload={"drill": drill.pk},
        due_at=at,
    )
    return drill


def _check(
    program: Program, scope: str, at: datetime | None, window_minutes: int, *, now: datetime
) -> None:
    if scope not in DrillScope.values:
        raise Refused(f"scope: one of {', '.join(DrillScope.values)}.")
    if window_minutes not in WINDOWS:
        raise Refused(f"window_minutes: {WINDOWS[0]} to {WINDOWS[-1]} minutes.")
    if at and not now <= at <= now + LONGEST_AHEAD:
        raise Refused(f"when: from now to {LONGEST_AHEAD.days} days ahead.")
    if program.drills.filter(state__in=[Drill.State.PLANNED, Drill.State.RUNNING]).exists():
        raise Refused("There is a drill of this program ahead or under way already.")
    if not at and (missing := _missing(program, scope)):
        raise Refused(missing)


def _missing(program: Program, scope: str) -> str:
    """Say what keeps a drill from beginning now; empty if nothing does."""
    if program.state != State.COLLECTING or program.pauses.in_force().exists():
        return f"{program.slug} is {program.state} or held; only what collects can be drilled."
    collectors = program.collectors.filter(retired_at=None)
    if scope == DrillScope.COLLECTORS and not collectors.filter(is_drill=True).exists():
        return f"{program.slug} has no collector for drills; register one, or stop the whole."
    return ""


@transaction.atomic
def cancel(drill: Drill, *, actor: Actor) -> None:
    """Call off a drill that has not begun.

    Raises:
        Refused: if it has.
    """
    drill = Drill.objects.select_for_update(no_key=True).get(pk=drill.pk)
    if drill.state != Drill.State.PLANNED:
        raise Refused(f"This drill is {drill.state} already.")
    _become(drill, Drill.State.CANCELLED, actor=actor)
    clockwork.cancel(prefix=f"drill:{drill.pk}:")


def begin(pk: int) -> None:
    """Begin a drill whose time has come. Safe to call again."""
    # The report locks the program before anything else, so the drill's row comes after it.
    drill = Drill.objects.select_related("program", "planned_by").get(pk=pk)
    program = lifecycle.lock(drill.program)
    drill = Drill.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if drill.state != Drill.State.PLANNED:
        return
    if missing := _missing(program, drill.scope):
        drill.finding = missing
        _become(drill, Drill.State.MISSED, "finding", actor=DRILLS)
        outbox.publish("drill.ended", drill=drill.pk, passed=False)
        return
    incident = _report(drill, drill.planned_by)
    hold = program.pauses.in_force().select_related("order").get(holder=incident.ref)
    drill.incident, drill.order, drill.began_at = incident, hold.order, timezone.now()
    _become(drill, Drill.State.RUNNING, "incident", "order", "began_at", actor=DRILLS)
    clockwork.schedule(
        "incidents.end_drill",
        key=f"drill:{drill.pk}:end",
        payload={"drill": drill.pk},
        after=timedelta(minutes=drill.window_minutes),
    )


def _report(drill: Drill, reporter: User) -> Incident:
    filed = reporting.file_report(
        reporting.Report(
            title=f"Drill: a stop of {drill.program.name}"[: reporting.LONGEST_TITLE],
            program=drill.program,
            audience=Audience.EVERYONE,
            still_open=StillOpen.YES,
            is_drill=True,
            drill_scope=drill.scope,
            detail=f"Planned by {reporter.name}. Nothing was exposed.",
            # A drill is about the stop, whatever the answers lead to for this program.
            pull_cord=True,
        ),
        reporter=reporter,
        actor=Actor.person(reporter, via="drill"),
        key=f"drill-{drill.pk}",
    )
    return filed.incident


def settle(order: int) -> None:
    """Take up that the proof of a stop is settled, if a drill ordered it."""
    for drill in Drill.objects.filter(order=order, state=Drill.State.RUNNING):
        end(drill.pk)


@transaction.atomic
def end(pk: int) -> None:
    """Let the program go and write the report. Safe to call again."""
    drill = Drill.objects.select_related("program").get(pk=pk)
    program = lifecycle.lock(drill.program)
    drill = Drill.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if drill.state != Drill.State.RUNNING or not drill.incident:
        return
    drill.report = _report_of(drill)
    drill.finding = _finding(drill.report)
    drill.ended_at = timezone.now()
    passed = not drill.finding
    pauses.let_go(program, holder=drill.incident.ref, actor=DRILLS)
    state = Drill.State.PASSED if passed else Drill.State.FAILED
    _become(drill, state, "report", "finding", "ended_at", actor=DRILLS)
    clockwork.cancel(prefix=f"drill:{drill.pk}:")
    timeline.write(
        drill.incident,
        TimelineEntry.Kind.PROOF,
        f"The drill is over: {drill.finding or 'every collector acknowledged in time.'}",
        actor=DRILLS,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )
    _attest(drill, passed=passed)
    outbox.publish("drill.ended", drill=drill.pk, passed=passed)


def _report_of(drill: Drill) -> dict[str, Any]:
    order, incident = drill.order, drill.incident
    assert order
    assert incident
    order.refresh_from_db()
    incident.refresh_from_db()
    proofs = list(order.proofs.select_related("collector").order_by("collector__name"))
    took = sorted(
        max(0.0, (proof.stopped_at - order.ordered_at).total_seconds())
        for proof in proofs
        if proof.state == StopProof.State.ACKNOWLEDGED and proof.stopped_at
    )
    return {
        "order": order.generation,
        "proof": order.proof,
        "collectors": len(proofs),
        "acknowledged": len(took),
        "unacknowledged": [p.collector.name for p in proofs if p.stopped_at is None],
        "seconds_to_stop_p50": round(median(took), 3) if took else None,
        "seconds_to_stop_max": round(took[-1], 3) if took else None,
        "limit_seconds": drill.program.bound_seconds,
        "seconds_to_proof": _seconds(order.ordered_at, order.proven_at),
        "seconds_to_answer": _seconds(order.ordered_at, incident.acknowledged_at),
    }


def _seconds(since: datetime, until: datetime | None) -> float | None:
    return round((until - since).total_seconds(), 3) if until else None


def _finding(report: dict[str, Any]) -> str:
    """Say what a drill lacked; empty if it passed."""
    if not report["collectors"]:
        return "No collector held a lease, so nothing was tried."
    if report["unacknowledged"]:
        names = ", ".join(report["unacknowledged"][:5])
        return f"{len(report['unacknowledged'])} did not acknowledge: {names}."[:500]
    if report["proof"] != StopOrder.Proof.PROVEN:
        return "The stop was not proven before the window ended."
    if report["seconds_to_stop_max"] > report["limit_seconds"]:
        return f"The last stopped after {report['seconds_to_stop_max']} s."
    return ""


def _attest(drill: Drill, *, passed: bool) -> None:
    shown = Shown(note=_note(drill), as_of=drill.ended_at)
    try:
        attestation.attest_by_machine(
            drill.program, attestation.control_of(CONTROL), shown, passed=passed, actor=DRILLS
        )
    except NoEvidence:
        # This program's controls ask for no drill, or for another proof of one.
        _record("drill.not_evidence", drill, actor=DRILLS)


def _note(drill: Drill) -> str:
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in drill.report.items())
    return f"Drill of {drill.get_scope_display()}, {drill.incident}: {told}"[:2000]


def _become(drill: Drill, state: Drill.State, *fields: str, actor: Actor) -> None:
    drill.state = state
    history.save(drill, "state", *fields, actor=actor)
    _record(f"drill.{state}", drill, actor=actor, finding=drill.finding)


def _record(act: str, drill: Drill, *, actor: Actor, **facts: Any) -> None:
    stream = trail.stream_of(drill.program)
    trail.record(act, drill, actor=actor, stream=stream, **facts)
