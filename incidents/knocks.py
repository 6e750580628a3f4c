"""Ask to be let in, and decide about it. The only module that writes AccessRequest.

Whoever asks learns nothing: not whether there is such an incident, nor what became of it
unless they are let in. It is looked up later, so that not even the time of the answer tells.
"""

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import history, outbox, trail
from incidents import access, grants
from incidents.access import Level
from incidents.grants import LONGEST_REASON, Refused
from incidents.models import AccessRequest, Incident

OPEN = AccessRequest.State.OPEN


@transaction.atomic
def ask(number: int, *, reason: str, actor: Actor) -> None:
    """Ask to be let in; `take_up` sees whether there is anything to be let in to.

    Raises:
        Refused: if the reason is missing or too long, or no person asks.
    """
    reason = reason.strip()
    if actor.user is None:
        raise Refused("Only a person can ask.")
    if not reason or len(reason) > LONGEST_REASON:
        raise Refused(f"reason: say what you need it for, in at most {LONGEST_REASON} characters.")
    # Also what leads nowhere: who tries one number after the other shall be seen.
    trail.record("access.asked", actor.user, actor=actor, number=number)
    outbox.publish(
        "access.asked", person=actor.user.pk, via=actor.via, number=number, reason=reason
    )


@transaction.atomic
def take_up(number: int, *, reason: str, actor: Actor) -> None:
    """Note that somebody waits to be let in. Nothing happens for what is missing, over or open."""
    found = Incident.objects.select_for_update(no_key=True).filter(number=number).first()
    if found is None or found.is_over or actor.user is None:
        return
    if access.may(actor.user, Level.VIEW, found):
        return
    if found.access_requests.filter(person=actor.user, state=OPEN).exists():
        return
    made: AccessRequest = history.create(
        AccessRequest, actor=actor, incident=found, person=actor.user, reason=reason
    )
    trail.record("access.requested", found, actor=actor, remark=reason)
    outbox.publish("access.requested", request=made.pk)


@transaction.atomic
def admit(request: AccessRequest, *, level: str, actor: Actor) -> None:
    """Let in who asked.

    Raises:
        Refused: if it is decided already, or grants.admit refuses.
    """
    request = _open(request)
    until = access.holds_until(actor.user, level, request.incident) if actor.user else None
    grants.admit(
        request.incident,
        person=request.person,
        level=level,
        # Whoever is let in for a time themselves lets in for as long.
        expires_at=until,
        reason=f"Asked: {request.reason}"[:LONGEST_REASON],
        actor=actor,
    )
    _decide(request, AccessRequest.State.ADMITTED, actor=actor)
    outbox.publish("access.admitted", request=request.pk)


@transaction.atomic
def decline(request: AccessRequest, *, actor: Actor) -> None:
    """Let nobody in. Whoever asked hears nothing, as nobody does who asks in vain.

    Raises:
        Refused: if it is decided already.
    """
    _decide(_open(request), AccessRequest.State.DECLINED, actor=actor)


def waiting(incident: Incident) -> list[AccessRequest]:
    """Return who waits to be let in, whoever waits longest first."""
    return list(
        incident.access_requests.filter(state=OPEN).select_related("person").order_by("asked_at")
    )


def _open(request: AccessRequest) -> AccessRequest:
    Incident.objects.select_for_update(no_key=True).get(pk=request.incident_id)
    request = AccessRequest.objects.select_related("incident", "person").get(pk=request.pk)
    if request.state != OPEN:
        raise Refused(f"This request is {request.get_state_display().lower()} already.")
    return request


def _decide(request: AccessRequest, state: AccessRequest.State, *, actor: Actor) -> None:
    request.state, request.decided_at = state, timezone.now()
    history.save(request, "state", "decided_at", actor=actor)
    trail.record(
        f"access.{state}", request.incident, actor=actor, person=f"person:{request.person_id}"
    )
