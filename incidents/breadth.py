"""Whether the responders of its program read an incident without being let in to it.

With incidents.merging the only writer of Incident.restricted. The default is that they do not; a
program may say that they do, of what is no worse than SEV 2. It is always open to restrict one.
"""

from django.db import transaction

from accounts.actors import Actor
from audit import clockwork, history, trail
from incidents import access, timeline
from incidents.access import Level
from incidents.models import Incident, TimelineEntry
from programs.models import Program
from severity.ladder import Sev

NARROW = "incidents.narrow_breadth"
LONGEST_REASON = 500
PART = 200
# What is as bad as this is read by those alone who need it, whatever the program says.
WORST_READ = Sev.SEV2
ENGINE = Actor.machine("engine")


class Refused(Exception):
    """That cannot be done; the message names the field or says what is in the way."""


def is_restricted(program: Program | None, level: int) -> bool:
    """True if its responders must be let in one by one, as its program and its level are."""
    return program is None or not program.responders_read or level < WORST_READ


def settle(incident: Incident, *, actor: Actor) -> None:
    """Restrict an incident, which the caller has locked, if it may be read by others no more.

    It never opens one: that a person does.
    """
    if not incident.restricted and is_restricted(incident.program, incident.counts_as):
        why = "Its severity, or its program, lets nobody else read it."
        _set(incident, restricted=True, reason=why, actor=actor)


@transaction.atomic
def choose(incident: Incident, *, restricted: bool, reason: str, actor: Actor) -> Incident:
    """Restrict an incident, or let the responders of its program read it. Safe to call again.

    Raises:
        Refused: if the person does not manage it, gives no reason, it is over, or its program or
            severity does not let others read it.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if actor.user is None or not access.may(actor.user, Level.MANAGE, incident):
        raise Refused("Only who manages the incident decides who reads it.")
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    if incident.restricted == restricted:
        return incident
    if not restricted and incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}: it is opened to nobody else any more.")
    if not restricted and is_restricted(incident.program, incident.counts_as):
        raise Refused(
            "restricted: responders read it only if its program says so, and at"
            f" {WORST_READ.label} or milder."
        )
    _set(incident, restricted=restricted, reason=reason.strip(), actor=actor)
    return incident


def _set(incident: Incident, *, restricted: bool, reason: str, actor: Actor) -> None:
    incident.restricted = restricted
    history.save(incident, "restricted", actor=actor, why=reason[:80])
    act = "access.restricted" if restricted else "access.opened"
    trail.record(act, incident, actor=actor, remark=reason)
    who = (
        "Only who is let in reads this now."
        if restricted
        else ("Whoever responds for the program reads this now.")
    )
    timeline.write(incident, TimelineEntry.Kind.ACCESS, f"{who} {reason}", actor=actor)


@transaction.atomic
def narrow(program_pk: int, *, round_: str, after: int = 0) -> None:
    """Restrict what a program lets its responders read no more, in parts. Safe to call again.

    Args:
        round_: names this time; rows of the engine that are done keep their keys.
    """
    rows = Incident.objects.select_for_update(no_key=True).order_by("pk")
    found = list(rows.filter(program=program_pk, restricted=False, pk__gt=after)[:PART])
    for incident in found:
        settle(incident, actor=ENGINE)
    if len(found) == PART:
        payload = {"program": program_pk, "round": round_, "after": found[-1].pk}
        key = f"narrow:{program_pk}:{round_}:{found[-1].pk}"
        clockwork.schedule(NARROW, key=key, payload=payload)
