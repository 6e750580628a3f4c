"""Page by hand: one person now, or the next step, or a certain one."""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents.models import Incident
from notifications import answering, paging, runs
from notifications.answering import Refused
from notifications.concerns import AnIncident, lock_incident
from notifications.escalation import Plan, Step, Target
from notifications.models import Escalation


@transaction.atomic
def page_person(incident: Incident, person: User, *, reason: str, actor: Actor) -> None:
    """Page one person now, whatever step it is. Lets them in.

    Raises:
        answering.Refused: if it is over, or the person cannot be paged, or not by this person.
    """
    said = answering.reason_given(reason)
    incident = _open(incident)
    answering.refuse_unreachable(incident, person, actor)
    concern, target = AnIncident(incident), Target("person", person=person.pk)
    concern.tell(f"{actor.name} pages {person.name}. {said}")
    trail.record(
        "escalation.person_paged", incident, actor=actor, remark=said, person=person.username
    )
    escalation = answering.latest(incident)
    if escalation is None:
        plan = Plan(
            f"paged by {actor.name}", (Step(timedelta(0), (target,)),), 0, timedelta(minutes=5)
        )
        runs.begin(concern, plan, incident=incident, level=incident.counts_as)
        return
    runs.page_by_hand(escalation, concern, target, by=f"by {actor.name}")


@transaction.atomic
def escalate(
    incident: Incident, *, reason: str, actor: Actor, number: int | None = None
) -> Escalation | None:
    """Take a step now: the next one, or a certain one. An answer that was given is taken back.

    Args:
        number: of the step in the policy, from 1.

    Raises:
        answering.Refused: if it is over, or there is no such step.
    """
    said = answering.reason_given(reason)
    incident = _open(incident)
    escalation = answering.latest(incident)
    if escalation is None:
        AnIncident(incident).tell(f"{actor.name} escalates. {said}")
        return paging.open_for(incident.pk, again=True)
    plan = Plan.from_plain(escalation.snapshot)
    taken = _place(plan, escalation, number)
    at = taken % len(plan.steps) + 1 if plan.steps else 1
    AnIncident(incident).tell(f"{actor.name} escalates to step {at}. {said}", widely=True)
    trail.record(
        "escalation.by_hand",
        escalation,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=said,
        step=at,
    )
    # At once is now: a person who asks for it does not wait for people to be at work.
    at_once = replace(plan, hours=None)
    if escalation.state == Escalation.State.ACTIVE:
        runs.go_on(escalation, at_once, taken=taken, after=timedelta(0))
    else:
        runs.resume(escalation, at_once, actor=actor, taken=taken)
    return escalation


def _place(plan: Plan, escalation: Escalation, number: int | None) -> int:
    if number is None:
        # What has gone through all its passes begins again.
        return escalation.taken if escalation.taken < plan.length else 0
    if not 1 <= number <= len(plan.steps):
        raise Refused(f"step: this paging has the steps 1 to {len(plan.steps)}.")
    return plan.place(escalation.taken, number)


def _open(incident: Incident) -> Incident:
    incident = lock_incident(incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}: nobody is paged for it any more.")
    return incident
