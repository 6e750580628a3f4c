"""Pull the cord for an incident: its program stands still, and the story says who did it."""

from django.db import transaction

from accounts.actors import Actor
from incidents import duplicates, timeline
from incidents.models import DrillScope, Incident, TimelineEntry
from programs import pauses
from programs.models import Pause, Program, State
from severity.duties import GOES_ON_WITH_AN_EXECUTIVE


class Refused(Exception):
    """There is nothing to pause; the message says why."""


@transaction.atomic
def pull(incident: Incident, *, reason: str, actor: Actor) -> Pause:
    """Pause the incident's program at once. Safe to call again: one incident holds one pause.

    Args:
        reason: for the story of the incident; whoever sees only the program does not read it.

    Raises:
        Refused: if nobody knows which program it is, the incident is over, or it is a drill's.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    program = incident.program
    if program is None:
        raise Refused("Nobody knows yet which program it is: answer the questions again first.")
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it first.")
    if incident.drill_scope:
        # What a drill holds goes on by itself, and this must not.
        raise Refused(
            f"{incident.ref} is a drill, which ends by itself: to stop {program.name} in earnest,"
            " use Pause now on its page."
        )
    is_new = not pauses.held_by(incident.ref).filter(program=program, dataset=None).exists()
    hold = pauses.pause(
        program,
        holder=incident.ref,
        label=incident.codename,
        reason="A responder pulled the cord.",
        actor=actor,
        needs_executive=needs_executive(incident),
    )
    if is_new:
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{outcome(incident, hold)}: {actor.name} pulled the cord. {reason}".strip(),
            actor=actor,
            audience=TimelineEntry.Audience.LEADERSHIP,
            program=program.slug,
        )
    return hold


def pull_with_report(incident: Incident, program: Program, *, actor: Actor) -> None:
    """Pause the program of a report whose reporter pulled the cord, whatever the severity.

    Runs in the transaction of the report, before anybody else can know of the incident.
    """
    hold = pauses.pause(
        program,
        holder=incident.ref,
        label=incident.codename,
        reason="The cord was pulled with a report.",
        actor=actor,
        drill_only=incident.drill_scope == DrillScope.COLLECTORS,
        is_drill=bool(incident.drill_scope),
        needs_executive=needs_executive(incident),
    )
    if not hold.rule:
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{outcome(incident, hold)}: the reporter pulled the cord.",
            actor=actor,
            audience=TimelineEntry.Audience.LEADERSHIP,
            program=program.slug,
        )


def needs_executive(incident: Incident) -> bool:
    """True if what the incident holds goes on only with an executive among those who agree."""
    return not incident.drill_scope and incident.level in GOES_ON_WITH_AN_EXECUTIVE


def outcome(incident: Incident, hold: Pause) -> str:
    """Say what a pause did to its program, which may not have collected at all.

    For whoever sees the incident: another's draft is not named.
    """
    name = duplicates.called(incident, hold.program)
    if hold.program.state == State.RETIRED:
        return f"{name} has ended and does not collect; it is held"
    if hold.program.state in (State.DRAFT, State.APPROVED):
        return f"{name} does not collect yet; it is held from starting"
    return f"{name} paused"
