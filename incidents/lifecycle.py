"""Move an incident along its life. The only module that writes Incident.status and its times."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from audit import history, outbox, trail
from incidents import (
    duplicates,
    judgement,
    legalevents,
    moments,
    promises,
    reviews,
    ripening,
    roles,
    timeline,
    unproven,
    weighing,
)
from incidents.models import OVER, Incident, Role, Status, TimelineEntry

# The time that a status is reached for the first time.
_TIMES = {
    Status.ACTIVE: "declared_at",
    Status.CONTAINED: "contained_at",
    Status.RECOVERED: "recovered_at",
    Status.CLOSED: "closed_at",
}


class Refused(Exception):
    """The incident may not go from where it stands to where it was sent.

    The message says what is missing.
    """


@transaction.atomic
def move(
    incident: Incident, to: Status, *, actor: Actor, reason: str = "", exception: str = ""
) -> Incident:
    """Move an incident to another status.

    Args:
        reason: needed for dismissing, re-opening and going back.
        exception: signed with the actor's name, lets an incident count as
            contained although a stop is not proven.

    Raises:
        Refused: if `to` cannot follow the status the row has now, which may differ
            from the one the caller last read, or if something is missing for it.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    _refuse_early(incident, to, reason, exception)
    was, changes = incident.status, _changes(incident, to)
    incident.status = to
    for name, value in changes.items():
        setattr(incident, name, value)
    history.save(incident, "status", *changes, actor=actor, why=reason[:80])
    trail.record(
        f"incident.{to}",
        incident,
        actor=actor,
        remark="\n".join(filter(None, [reason, exception])),
        was=was,
    )
    if to in OVER:
        promises.call_off(incident)
    else:
        ripening.plan(incident)
    _tell(incident, was, actor=actor, reason=reason, exception=exception)
    facts = {"incident": incident.pk, "was": str(was)}
    outbox.publish(f"incident.{to}", priority=incident.counts_as, **facts)
    if to == Status.ACTIVE and was != Status.TRIAGING:
        reviews.ask_anew(incident, actor=actor, why="it was opened again")
        # Programs may have gone on since; what stopped them then stops them now.
        return judgement.reopened(incident, reason=reason, actor=actor)
    return incident


def _refuse_early(incident: Incident, to: Status, reason: str, exception: str) -> None:
    if to not in incident.next_statuses():
        raise Refused(f"{incident.ref} is {incident.status} and cannot become {to}.")
    missing = _GUARDS.get(to, _nothing)(incident, reason, exception)
    if missing:
        raise Refused(missing)


def _changes(incident: Incident, to: Status) -> dict[str, Any]:
    now = timezone.now()
    changes: dict[str, Any] = {"status_since": now}
    if to in _TIMES:
        changes[_TIMES[to]] = now
    if to == Status.CONTAINED and incident.occurred_to is None:
        changes["occurred_to"] = now
    if to == Status.ACTIVE and incident.status != Status.TRIAGING:
        # Open again: what had ended has not.
        changes |= {"contained_at": None, "recovered_at": None, "closed_at": None}
        changes |= {"occurred_to": None, "declared_at": incident.declared_at}
    if to in OVER and incident.next_update_at:
        # Nobody owes an update any more, not even when it is opened again.
        changes["next_update_at"] = None
    return changes


def _tell(incident: Incident, was: str, *, actor: Actor, reason: str, exception: str) -> None:
    text = f"{Status(was).label} → {incident.get_status_display()}."
    if exception:
        text += f" Signed exception by {actor.name}: {exception}"
    timeline.write(
        incident,
        TimelineEntry.Kind.STATUS,
        f"{text} {reason}".strip(),
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
        field="status",
        was=was,
        now=str(incident.status),
    )


def _nothing(_incident: Incident, _reason: str, _exception: str) -> str:
    return ""


def _for_dismissal(incident: Incident, reason: str, _exception: str) -> str:
    if weighing.takes_two(incident):
        # Else one person alone could end what takes two to call milder.
        return (
            f"{incident.ref} is {incident.level.label}: lower its severity first; "
            "a second person confirms that."
        )
    return "" if reason.strip() else "reason: say why this is not an incident."


def _for_merging(incident: Incident, _reason: str, _exception: str) -> str:
    return "" if incident.duplicate_of_id else "duplicate_of: name the incident this one repeats."


def _for_active(incident: Incident, reason: str, _exception: str) -> str:
    if incident.status != Status.TRIAGING and not reason.strip():
        return "reason: say why it goes back to active."
    if roles.holder(incident, Role.COMMANDER) is None:
        return "An incident commander is missing: somebody must take that role first."
    return ""


def _for_containment(incident: Incident, _reason: str, exception: str) -> str:
    if exception.strip():
        return ""
    missing = unproven.programs_of(incident)
    if missing:
        return (
            f"The stop of {', '.join(missing)} is not proven. "
            "Wait for the proof, or sign an exception that says why it does not matter."
        )
    return ""


def _for_review(incident: Incident, _reason: str, _exception: str) -> str:
    if incident.sev is None:
        return "The severity is still undetermined: assess it first."
    if incident.aware_at is None:
        return "A privacy officer must decide from when the organisation was aware (GDPR Art. 33)."
    if duplicates.earlier_awareness(incident):
        return (
            "What was merged into it was known of earlier: a privacy officer must decide anew "
            "from when the organisation was aware (GDPR Art. 33)."
        )
    return ""


def _for_closing(incident: Incident, reason: str, _exception: str) -> str:
    open_steps = sum(run.steps.filter(state="open").count() for run in incident.runbooks.all())
    if open_steps:
        return (
            f"{open_steps} steps of the runbook are open: do them, or say why they are not needed."
        )
    missing = reviews.why_not_closed(incident)
    if missing:
        return missing
    return "" if reason.strip() else "reason: say in a sentence how it ended."


_GUARDS: dict[Status, Callable[[Incident, str, str], str]] = {
    Status.DISMISSED: _for_dismissal,
    Status.MERGED: _for_merging,
    Status.ACTIVE: _for_active,
    Status.CONTAINED: _for_containment,
    Status.IN_REVIEW: _for_review,
    Status.CLOSED: _for_closing,
}


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Actor) -> Incident:
    """Note that somebody answered, for the first time. Safe to call again."""
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.acknowledged_at is None:
        incident.acknowledged_at = timezone.now()
        history.save(incident, "acknowledged_at", actor=actor)
        trail.record("incident.acknowledged", incident, actor=actor)
        timeline.write(
            incident,
            TimelineEntry.Kind.ESCALATION,
            f"{actor.name} acknowledged and is on it.",
            actor=actor,
            audience=TimelineEntry.Audience.LEADERSHIP,
        )
        outbox.publish("incident.acknowledged", priority=incident.counts_as, incident=incident.pk)
    return incident


@transaction.atomic
def decide_awareness(
    incident: Incident, *, aware_at: Any, rationale: str, actor: Actor
) -> Incident:
    """Set the moment from which the organisation was aware, and why. It starts legal clocks.

    Raises:
        Refused: if somebody else than a privacy officer does it, there is no reason, or the moment
            cannot be meant.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if actor.user is None or not actor.user.is_any(Function.PRIVACY_OFFICER):
        raise Refused("Only a privacy officer may decide from when the organisation was aware.")
    if not rationale.strip():
        raise Refused("rationale: say why from then; a regulator may ask.")
    wrong = moments.why_not(aware_at, now=timezone.now())
    if wrong:
        raise Refused(f"aware_at: {wrong}")
    incident.aware_at, incident.aware_rationale = aware_at, rationale
    history.save(incident, "aware_at", "aware_rationale", actor=actor)
    trail.record(
        "incident.aware", incident, actor=actor, remark=rationale, aware_at=aware_at.isoformat()
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.STATUS,
        f"Aware from {aware_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC. {rationale}",
        actor=actor,
    )
    try:
        legalevents.put(incident, "aware", aware_at, rationale=rationale, actor=actor)
    except legalevents.Refused as refusal:
        sentence = str(refusal)
        raise Refused(f"aware_{sentence}" if sentence.startswith("at: ") else sentence) from refusal
    outbox.publish("incident.aware", incident=incident.pk)
    return incident


@transaction.atomic
def plan_update(incident: Incident, *, next_update_at: Any, actor: Actor) -> None:
    """Promise the next update, or none. When it is late its head shows it, and who owes it hears.

    Args:
        next_update_at: when it is due; what was promised before counts no more.
    """
    # Read anew: the history row is a copy of the whole row, and a stale one would tell lies.
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    incident.next_update_at = next_update_at
    history.save(incident, "next_update_at", actor=actor)
    promises.plan(incident)
