"""What the engine does to reach people."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q

from audit import clockwork, outbox
from audit.models import Due
from incidents.models import Status
from notifications import (
    anew,
    answering,
    assessnotices,
    calling,
    checking,
    clocknotices,
    connecting,
    doorbell,
    invitations,
    lists,
    lookmail,
    nagging,
    notices,
    paging,
    policymail,
    prompting,
    readiness,
    relaying,
    replying,
    rooms,
    rulenotices,
    runs,
    safeguards,
    sending,
    stepcalls,
    trying,
    uncovered,
    working,
    workspaces,
)
from notifications.models import Escalation, Method
from programs import calls

SEND = "notifications.send_page"
CALL = "notifications.call_hook"


@outbox.on("incident.escalate", name="notifications.open_escalation")
def open_escalation(event: dict[str, Any]) -> None:
    # What was published before rules could name a policy names none.
    paging.open_for(event["incident"], again=event["again"], by=event.get("policy"))


def stop_paging(event: dict[str, Any]) -> None:
    paging.stop_for(event["incident"])


for _over in ("closed", "dismissed", "merged"):
    outbox.on(f"incident.{_over}", name=f"notifications.stop_for_{_over}")(stop_paging)


@outbox.on("incident.active", name="notifications.page_when_active_again")
def page_when_active_again(event: dict[str, Any]) -> None:
    # Whoever declares what was just triaged is there. What was published before it said what the
    # incident was is long over.
    if event.get("was", Status.TRIAGING) != Status.TRIAGING:
        answering.open_again(event["incident"])


@outbox.on("escalation.answered", name="notifications.relay_answer")
def relay_answer(event: dict[str, Any]) -> None:
    relaying.answered(event["escalation"])


@outbox.on("escalation.stopped", name="notifications.relay_stop")
def relay_stop(event: dict[str, Any]) -> None:
    relaying.stopped(event["escalation"])


def relay_end(event: dict[str, Any]) -> None:
    relaying.incident_over(event["incident"])


for _over in ("closed", "dismissed", "merged"):
    outbox.on(f"incident.{_over}", name=f"notifications.relay_{_over}")(relay_end)


@outbox.on("program.stop_proven", name="notifications.relay_proof")
def relay_proof(event: dict[str, Any]) -> None:
    relaying.stop_over(Q(order=event["order"]))


@outbox.on("program.pause_lifted", name="notifications.relay_lifting")
def relay_lifting(event: dict[str, Any]) -> None:
    relaying.stop_over(Q(order__pauses=event["pause"]))


@outbox.on("program.stop_silent", name="notifications.page_for_silence")
def page_for_silence(event: dict[str, Any]) -> None:
    paging.open_for_stop(event["order"], cause=Escalation.Cause.SILENCE)


@outbox.on("program.stop_violated", name="notifications.page_for_violator")
def page_for_violator(event: dict[str, Any]) -> None:
    paging.open_for_stop(event["order"], cause=Escalation.Cause.VIOLATION)


@outbox.on("program.stop_not_proven", name="notifications.page_for_violation")
def page_for_violation(event: dict[str, Any]) -> None:
    if event["violation"]:
        paging.open_for_stop(event["order"], cause=Escalation.Cause.VIOLATION)


def take_steps(payloads: Sequence[dict[str, Any]]) -> list[bool]:
    return paging.take_steps([_planned(payload) for payload in payloads])


@clockwork.within_transaction("notifications.take_step", together=take_steps)
def take_step(payload: dict[str, Any]) -> None:
    paging.take_step(*_planned(payload))


def _planned(payload: dict[str, Any]) -> tuple[int, int]:
    # What was planned before there were generations counts steps, which became the first of them.
    planned = payload["generation"] if "generation" in payload else payload["taken"]
    return payload["escalation"], planned


@clockwork.within_transaction(runs.LOOK)
def look_after_answer(payload: dict[str, Any]) -> None:
    answering.look_after(payload["escalation"], payload["generation"])


@clockwork.outward(SEND, convoy=sending.CONVOY)
def send_page(payload: dict[str, Any]) -> Callable[[], None]:
    return sending.send_page(payload["page"])


@clockwork.within_transaction(sending.ELSEWHERE)
def page_elsewhere(payload: dict[str, Any]) -> None:
    anew.page_elsewhere(payload["page"])


@outbox.on("program.hook_called", name="notifications.send_hook_calls")
def send_hook_call(event: dict[str, Any]) -> None:
    # Of its own: it talks to the outside, and what failed before is tried anew.
    key = f"hook-call:{event['call']}:{event['attempts']}"
    payload = {"call": event["call"], **_of_program(event)}
    clockwork.schedule(CALL, key=key, payload=payload, priority=0)


def _of_program(event: dict[str, Any]) -> dict[str, Any]:
    # Each program has other systems, so each is a way of its own.
    own = f"program-{event['program']}"
    return {"lane": own, "way": own}


# About forty minutes in all: longer than the usual restart of another system.
@clockwork.outward(CALL, attempts=12)
def call_hook(payload: dict[str, Any]) -> Callable[[], None]:
    return calling.send_call(payload["call"])


outbox.on("program.control_ending", name="notifications.tell_of_end")(notices.tell_of_end)
outbox.on("program.control_ended", name="notifications.tell_of_ended")(notices.tell_of_ended)
outbox.on("program.control_lapsed", name="notifications.tell_of_lapse")(notices.tell_of_lapse)
clockwork.outward(notices.SEND, way=Method.EMAIL)(notices.send)
outbox.on("program.list_overdue", name="notifications.tell_of_list")(lists.tell_of_list)
clockwork.outward(lists.SEND, way=Method.EMAIL)(lists.send)
outbox.on("person.factor_changed", name="notifications.tell_of_factor")(safeguards.tell_of_factor)
clockwork.outward(safeguards.SEND, way=Method.EMAIL)(safeguards.send)
outbox.on("person.invited", name="notifications.tell_of_invitation")(invitations.tell_of_invitation)
clockwork.outward(invitations.SEND, way=Method.EMAIL)(invitations.send)

outbox.on("access.requested", name="notifications.tell_of_request")(doorbell.tell_of_request)
outbox.on("access.admitted", name="notifications.tell_of_admission")(doorbell.tell_of_admission)
outbox.on("access.glass_broken", name="notifications.tell_of_glass")(doorbell.tell_of_glass)
outbox.on("incident.task_late", name="notifications.tell_of_late_task")(doorbell.tell_of_late_task)
outbox.on("access.glass_not_reviewed", name="notifications.tell_of_no_review")(
    doorbell.tell_of_no_review
)
clockwork.outward(doorbell.SEND, way=Method.EMAIL)(doorbell.send)


outbox.on("runbook.step_assigned", name="notifications.tell_of_step")(prompting.tell_of_step)
outbox.on("runbook.step_late", name="notifications.tell_of_late_step")(prompting.tell_of_late_step)


outbox.on("incident.update_late", name="notifications.tell_of_late_update")(
    prompting.tell_of_late_update
)


outbox.on("incident.clock_due", name="notifications.tell_of_clock")(clocknotices.tell_of_clock)
outbox.on("incident.rule_asks", name="notifications.tell_of_question")(rulenotices.tell_of_question)
outbox.on("incident.rule_notifies", name="notifications.tell_by_rule")(rulenotices.tell_by_rule)
outbox.on("incident.assessment_due", name="notifications.tell_of_assessment")(
    assessnotices.tell_of_assessment
)
outbox.on("rating.asked", name="notifications.tell_of_rating")(assessnotices.tell_of_rating)
outbox.on("rating.done", name="notifications.tell_of_rated")(assessnotices.tell_of_rated)
outbox.on("review.reminded", name="notifications.tell_of_review")(nagging.tell_of_review)
outbox.on("review.item_given", name="notifications.tell_of_item")(nagging.tell_of_item)
outbox.on("review.item_reminded", name="notifications.remind_of_item")(nagging.remind_of_item)


@clockwork.within_transaction(prompting.ESCALATE)
def escalate_for_steps(payload: dict[str, Any]) -> None:
    paging.open_for(payload["incident"], again=True)


@outbox.on("runbook.hook_called", name="notifications.send_for_step")
def send_for_step(event: dict[str, Any]) -> None:
    payload = {"act": event["act"], **_of_program(event)}
    clockwork.schedule(stepcalls.SEND, key=f"step-act:{event['act']}", payload=payload, priority=1)


clockwork.outward(stepcalls.SEND)(stepcalls.send)
clockwork.outward(trying.SEND, attempts=3)(trying.send)
outbox.on("contact.look_failed", name="notifications.tell_of_look")(lookmail.tell_of_look)
clockwork.outward(lookmail.SEND, way=Method.EMAIL)(lookmail.send)
clockwork.outward(lookmail.SEND_OF_PLACE, way=Method.EMAIL)(lookmail.send_of_place)
clockwork.within_transaction(checking.SWEEP)(checking.sweep)
clockwork.outward(checking.LOOK, attempts=3)(checking.look)
clockwork.outward(rooms.TEST, attempts=3)(rooms.test)
clockwork.outward(replying.BACK, attempts=3)(replying.tell_back)
clockwork.outward(connecting.LOOK, attempts=3)(workspaces.look)


@clockwork.within_transaction(working.LOOK)
def look_at_contact(payload: dict[str, Any]) -> None:
    trying.look(payload["contact"])


@clockwork.within_transaction(readiness.LOOK)
def look_at_policy(payload: dict[str, Any]) -> None:
    readiness.look(payload["policy"])


clockwork.outward(policymail.SEND, way=Method.EMAIL)(policymail.send)
clockwork.within_transaction(uncovered.LOOK)(uncovered.look)
clockwork.within_transaction(uncovered.REMIND)(uncovered.remind)


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind == SEND:
        sending.give_up_page(due.payload["page"])
    elif due.kind == CALL:
        calls.give_up(due.payload["call"])
    elif due.kind == stepcalls.SEND:
        stepcalls.give_up(due.payload)
    elif due.kind == trying.SEND:
        trying.give_up(due.payload)
    elif due.kind == replying.BACK:
        replying.forget(due.payload)
    elif due.kind == checking.LOOK:
        checking.give_up(due.payload)
    elif due.kind == connecting.LOOK:
        checking.give_up_bot(due.payload)
