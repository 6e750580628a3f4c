"""What becomes of an answer: whoever gave it goes quiet, hands over, or puts the paging off.

Who answered for an incident is looked after until it is contained. Any act of theirs in it is a
sign that they are still there.
"""

from datetime import timedelta

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from incidents import access, lifecycle
from incidents.access import Level
from incidents.models import Incident, Status
from notifications import concerns, paging, patience, runs
from notifications.concerns import ENGINE, AnIncident, lock_incident
from notifications.models import Escalation
from notifications.ways import ways

LONGEST_REASON = 500
# From then on nothing has to be stopped in a hurry.
_CALM = (Status.CONTAINED, Status.RECOVERED, Status.IN_REVIEW)


class Refused(Exception):
    """It cannot be done with this paging; the message names the field and what is allowed."""


@transaction.atomic
def look_after(escalation_pk: int, generation: int) -> None:
    """Ask whoever answered whether they are still on it, or page again if they are not."""
    concern, escalation = concerns.locked(escalation_pk)
    gone_on = escalation.generation != generation or escalation.acknowledged_at is None
    if gone_on or not isinstance(concern, AnIncident):
        return
    incident = concern.incident
    if incident.is_over or incident.status in _CALM or latest(incident) != escalation:
        runs.look_no_more(escalation)
        return
    if escalation.offered_to:
        _page_again(escalation, concern, f"{escalation.offered_to.name} did not take over")
    elif escalation.snoozed_until:
        _page_again(escalation, concern, "it was put off until now")
    elif runs.is_heard(escalation):
        runs.heard_of(escalation)
    elif escalation.asked_at is None:
        runs.ask(escalation, concern)
    else:
        assert escalation.acknowledged_by
        _page_again(escalation, concern, f"{escalation.acknowledged_by.name} has gone quiet")


@transaction.atomic
def open_again(incident_pk: int) -> None:
    """See to the paging for what is active once more: the fix did not hold.

    Whoever answered was looked after until it was contained, and is again from now on. Where nobody
    had answered all are paged. Safe to call again.
    """
    incident = lock_incident(incident_pk)
    escalation = latest(incident)
    if escalation is None or incident.is_over or incident.status in _CALM:
        return
    if escalation.state != Escalation.State.ACTIVE and escalation.acknowledged_by is None:
        paging.open_for(incident_pk, again=True)
    elif escalation.next_due_at is None:
        runs.look_later(escalation, after=patience.of(escalation.level).ask)


def latest(incident: Incident) -> Escalation | None:
    """The run that counts, held; those before it are over."""
    return incident.escalations.select_for_update().order_by("-pk").first()


def _page_again(escalation: Escalation, concern: AnIncident, why: str) -> None:
    runs.resume(escalation, actor=ENGINE)
    concern.tell(f"Paging begins again: {why}.", widely=True)


@transaction.atomic
def hand_over(incident: Incident, to: User, *, reason: str, actor: Actor) -> None:
    """Ask a person to take over the answer. If they do not in time, paging begins again.

    Who names themselves has taken it over at once.

    Raises:
        Refused: if nobody has answered, it is over, or the person cannot be asked.
    """
    said = reason_given(reason)
    incident, escalation = answered(incident)
    _refuse_unfit(incident, escalation, to, actor)
    concern = AnIncident(incident)
    assert escalation.acknowledged_by
    if to == actor.user:
        concern.tell(f"{to.name} takes over from {escalation.acknowledged_by.name}. {said}")
        runs.answer(escalation, actor=actor)
        return
    concern.tell(f"{actor.name} asks {to.name} to take over. {said}")
    runs.offer(escalation, concern, to, actor=actor)


def answered(incident: Incident) -> tuple[Incident, Escalation]:
    """Return an incident with the run that somebody has answered, both held.

    Raises:
        Refused: if there is none.
    """
    incident = lock_incident(incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}: nobody is paged for it any more.")
    escalation = latest(incident)
    if escalation is None or escalation.acknowledged_by is None:
        raise Refused("Nobody is on it: acknowledge first.")
    return incident, escalation


def _refuse_unfit(incident: Incident, escalation: Escalation, to: User, actor: Actor) -> None:
    if to == escalation.acknowledged_by:
        raise Refused(f"person: {to.name} is on it already.")
    refuse_unreachable(incident, to, actor)


def refuse_unreachable(incident: Incident, person: User, actor: Actor) -> None:
    """Refuse who cannot be paged now, or not by this person, as it would let them in.

    Raises:
        Refused: naming what is in the way.
    """
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated.")
    run = latest(incident)
    found = ways(person, level=run.level if run else incident.counts_as)
    if not found:
        raise Refused(f"person: {person.name} has no address at which to be paged.")
    quiet = [way.held_until for way in found if way.held_until]
    # A page that is held back would look as if it were on its way. Who acts is awake.
    if len(quiet) == len(found) and person != actor.user:
        raise Refused(
            f"person: {person.name} wants quiet until {min(quiet):%H:%M %Z}, which only SEV 0 and 1"
            " ignore; name somebody else."
        )
    inside = access.may(person, Level.CONTRIBUTE, incident)
    if not inside and not (actor.user and access.may(actor.user, Level.MANAGE, incident)):
        raise Refused(
            f"person: {person.name} takes no part in {incident.ref}; who manages it can page them."
        )


@transaction.atomic
def snooze(incident: Incident, *, minutes: int, reason: str, actor: Actor) -> None:
    """Leave everybody in peace for a while; then paging begins again. Answers if nobody has.

    Args:
        minutes: 1 to what the level of the paging allows; SEV 0 allows none.

    Raises:
        Refused: if there is no paging, it is over, or it may not be put off so long.
    """
    said = reason_given(reason)
    incident = lock_incident(incident.pk)
    escalation = latest(incident)
    if incident.is_over or escalation is None:
        raise Refused("Nobody is paged for it.")
    longest = longest_rest(incident, escalation)
    if longest is None:
        raise Refused("minutes: a SEV 0 cannot be put off.")
    after = timedelta(minutes=minutes) if 0 < minutes < 10**6 else timedelta(0)
    if not timedelta(0) < after <= longest:
        most = int(longest.total_seconds()) // 60
        raise Refused(f"minutes: put it off by 1 to {most} minutes.")
    if escalation.acknowledged_by is None:
        lifecycle.acknowledge(incident, actor=actor)
        runs.answer(escalation, actor=actor)
    runs.snooze(escalation, after, actor=actor)
    AnIncident(incident).tell(f"{actor.name} puts the paging off by {minutes} minutes. {said}")


def longest_rest(incident: Incident, escalation: Escalation) -> timedelta | None:
    """How long the paging can be put off; None for not at all."""
    return patience.of(min(escalation.level, incident.counts_as)).snooze


def reason_given(reason: str) -> str:
    """Return the reason for an act by hand.

    Raises:
        Refused: if there is none, or too much of it.
    """
    said = reason.strip()
    if not said:
        raise Refused("reason: say why; it stands on the timeline.")
    if len(said) > LONGEST_REASON or "\x00" in said:
        raise Refused(f"reason: at most {LONGEST_REASON} characters.")
    return said
