"""Where an incident may go from where it stands, and what each step needs."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import lifecycle, roles, steps
from incidents.models import NEXT, OVER, Incident, Role, Status, TimelineEntry
from programs.models import State
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

# How an incident comes to each status that it can reach by moving.
WAYS = {
    Status.REPORTED: (),
    Status.TRIAGING: (Status.TRIAGING,),
    Status.ACTIVE: (Status.TRIAGING, Status.ACTIVE),
}
WAYS[Status.CONTAINED] = (*WAYS[Status.ACTIVE], Status.CONTAINED)
WAYS[Status.RECOVERED] = (*WAYS[Status.CONTAINED], Status.RECOVERED)
WAYS[Status.IN_REVIEW] = (*WAYS[Status.RECOVERED], Status.IN_REVIEW)
WAYS[Status.CLOSED] = (*WAYS[Status.IN_REVIEW], Status.CLOSED)
WAYS[Status.DISMISSED] = (Status.DISMISSED,)


def move(incident, to, **words):
    return lifecycle.move(incident, to, actor=make.actor(make.user()), **words)


def prepared(**fields):
    """An incident that lacks nothing for any step."""
    incident = make.incident(Sev.SEV3, **fields)
    by = make.actor(make.user(Function.COMMANDER))
    roles.give(incident, Role.COMMANDER, person=by.user, actor=by)
    lifecycle.decide_awareness(
        incident, aware_at=timezone.now(), rationale="We saw the logs.", actor=make.officer()
    )
    return make.settled(incident, by.user)


def at(status):
    incident = prepared()
    for each in WAYS[status]:
        incident = move(incident, each, reason="It is so.")
    assert incident.status == status
    return incident


@pytest.mark.parametrize("status", WAYS)
def test_an_incident_goes_where_the_table_says_and_nowhere_else(status):
    incident = at(status)
    for to in Status:
        if to not in NEXT[status]:
            with pytest.raises(lifecycle.Refused, match=f"is {status} and cannot become {to}"):
                move(incident, to, reason="It is so.")
    assert set(incident.next_statuses()) == NEXT[status]


@pytest.mark.parametrize("status", [s for s in WAYS if Status.ACTIVE in NEXT[s]])
def test_going_to_active_needs_a_commander(status):
    incident = at(status) if status != Status.TRIAGING else move(make.incident(), status)
    held = roles.holder(incident, Role.COMMANDER)
    if status == Status.TRIAGING:
        assert held is None
        with pytest.raises(lifecycle.Refused, match="incident commander is missing"):
            move(incident, Status.ACTIVE)
        roles.give(incident, Role.COMMANDER, person=make.user(), actor=make.SYSTEM)
    assert move(incident, Status.ACTIVE, reason="It came back.").status == Status.ACTIVE


@pytest.mark.parametrize(
    "status", [Status.CONTAINED, Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED]
)
def test_going_back_to_active_needs_a_reason_and_opens_the_exposure_again(status):
    incident = at(status)
    declared = incident.declared_at
    with pytest.raises(lifecycle.Refused, match="reason: say why"):
        move(incident, Status.ACTIVE, reason=" ")
    back = move(incident, Status.ACTIVE, reason="It came back.")
    assert back.declared_at == declared
    ended = (back.contained_at, back.recovered_at, back.closed_at, back.occurred_to)
    assert ended == (None,) * 4


def test_dismissing_needs_a_reason():
    incident = make.incident()
    with pytest.raises(lifecycle.Refused, match="reason: say why this is not an incident"):
        move(incident, Status.DISMISSED)
    assert move(incident, Status.DISMISSED, reason="A test file.").is_over


def test_merging_needs_the_incident_that_it_repeats():
    with pytest.raises(lifecycle.Refused, match="duplicate_of: name the incident"):
        move(make.incident(), Status.MERGED, reason="The same.")


def test_containing_waits_for_the_proof_of_the_stop(engine):
    program = make.program()
    collector = make.collector(program)
    make.lease(collector)
    incident = make.active(Sev.SEV2, program=program)
    with pytest.raises(lifecycle.Refused, match=f"The stop of {program.name} is not proven"):
        move(incident, Status.CONTAINED)
    engine.work()
    engine.forward(seconds=program.bound_seconds + 1)
    contained = move(incident, Status.CONTAINED)
    assert contained.contained_at == contained.occurred_to


def test_a_signed_exception_stands_for_the_proof_and_names_its_author():
    program = make.program()
    make.lease(make.collector(program))
    incident = make.active(Sev.SEV2, program=program)
    signs = make.user(first_name="Noor", last_name="Haddad")
    with pytest.raises(lifecycle.Refused, match="not proven"):
        lifecycle.move(incident, Status.CONTAINED, actor=make.actor(signs), exception=" ")
    lifecycle.move(incident, Status.CONTAINED, actor=make.actor(signs), exception="It is off.")
    line = incident.timeline.filter(kind=TimelineEntry.Kind.STATUS).first()
    assert "Signed exception by Noor Haddad: It is off." in line.text
    remark = Entry.objects.get(action="incident.contained").remark
    assert "It is off." in remark.text


def test_containing_is_refused_while_the_program_of_a_severe_incident_runs():
    mild, severe = make.active(Sev.SEV3), make.active(Sev.SEV2)
    make.resumed(severe.program)
    mild.program.refresh_from_db()
    assert mild.program.state == severe.program.state == State.COLLECTING
    assert move(mild, Status.CONTAINED).status == Status.CONTAINED
    with pytest.raises(lifecycle.Refused, match="not proven"):
        move(severe, Status.CONTAINED)


def test_an_exposure_that_ended_before_keeps_its_end():
    incident = make.active()
    ended = timezone.now() - timedelta(hours=2)
    Incident.objects.filter(pk=incident.pk).update(occurred_to=ended)
    assert move(incident, Status.CONTAINED).occurred_to == ended


def test_a_review_needs_a_severity():
    incident = make.undetermined()
    commander = make.actor(make.user(Function.COMMANDER))
    roles.give(incident, Role.COMMANDER, person=commander.user, actor=commander)
    aware_now(incident)
    for to in (Status.TRIAGING, Status.ACTIVE, Status.CONTAINED, Status.RECOVERED):
        incident = move(incident, to, exception="It is off.")
    with pytest.raises(lifecycle.Refused, match="still undetermined"):
        move(incident, Status.IN_REVIEW)
    make.judged(incident, Sev.SEV2)
    assert move(incident, Status.IN_REVIEW).status == Status.IN_REVIEW


def test_a_review_needs_the_moment_of_awareness():
    incident = make.active()
    for to in (Status.CONTAINED, Status.RECOVERED):
        incident = move(incident, to)
    with pytest.raises(lifecycle.Refused, match="from when the organisation was aware"):
        move(incident, Status.IN_REVIEW)
    aware_now(incident)
    assert move(incident, Status.IN_REVIEW).status == Status.IN_REVIEW


def test_closing_needs_every_step_of_the_runbook_done_or_not_needed():
    incident = at(Status.IN_REVIEW)
    step = incident.runbooks.get().steps.first()
    steps.mark(step, "open", actor=make.SYSTEM, note="It was not.")
    with pytest.raises(lifecycle.Refused, match="1 steps of the runbook are open"):
        move(incident, Status.CLOSED, reason="Done.")
    steps.mark(step, "skipped", actor=make.SYSTEM, note="There is no processor.")
    assert move(incident, Status.CLOSED, reason="Done.").closed_at


def test_closing_needs_a_sentence():
    incident = at(Status.IN_REVIEW)
    with pytest.raises(lifecycle.Refused, match="reason: say in a sentence how it ended"):
        move(incident, Status.CLOSED, reason="")
    assert move(incident, Status.CLOSED, reason="The link is gone.").status in OVER


def test_a_move_is_in_the_history_the_record_the_story_and_the_outbox():
    incident, by = make.incident(), make.user()
    lifecycle.move(incident, Status.TRIAGING, actor=make.actor(by))
    assert incident.history.first().history_user == by
    entry = Entry.objects.get(action="incident.triaging")
    assert (entry.stream, entry.actor) == (f"incident:{incident.pk}", by)
    line = incident.timeline.filter(kind=TimelineEntry.Kind.STATUS).get()
    assert line.text == "Reported → Triaging."
    event = OutboxEvent.objects.get(topic="incident.triaging")
    assert event.payload == {"incident": incident.pk, "was": "reported"}


def test_a_refused_move_leaves_no_trace():
    incident = make.incident()
    before = (Entry.objects.count(), OutboxEvent.objects.count(), incident.history.count())
    with pytest.raises(lifecycle.Refused):
        move(incident, Status.CLOSED)
    assert (
        Entry.objects.count(),
        OutboxEvent.objects.count(),
        incident.history.count(),
    ) == before


def test_what_counts_is_where_the_incident_stands_now_not_where_the_caller_saw_it():
    stale = make.incident()
    move(stale, Status.DISMISSED, reason="A test file.")
    assert stale.status == Status.REPORTED
    with pytest.raises(lifecycle.Refused, match="is dismissed"):
        move(stale, Status.TRIAGING)


def test_the_first_who_acknowledges_is_the_one_who_is_named():
    incident = make.incident()
    first = make.user(first_name="Ada", last_name="Obi")
    lifecycle.acknowledge(incident, actor=make.actor(first))
    when = Incident.objects.get(pk=incident.pk).acknowledged_at
    assert lifecycle.acknowledge(incident, actor=make.actor(make.user())).acknowledged_at == when
    line = incident.timeline.get(kind=TimelineEntry.Kind.ESCALATION)
    assert line.text == "Ada Obi acknowledged and is on it."


def aware_now(incident, **words):
    given = {"aware_at": timezone.now(), "rationale": "We saw the logs."} | words
    return lifecycle.decide_awareness(incident, actor=make.officer(), **given)


def test_the_moment_of_awareness_is_kept_with_its_reason():
    moment = timezone.now() - timedelta(hours=3)
    incident = aware_now(make.incident(), aware_at=moment, rationale="The mail of 9:14.")
    incident.refresh_from_db()
    assert (incident.aware_at, incident.aware_rationale) == (moment, "The mail of 9:14.")
    assert Entry.objects.get(action="incident.aware").remark.text == "The mail of 9:14."


def test_the_moment_of_awareness_is_told_in_utc_wherever_it_was_typed():
    tokyo = datetime(2026, 3, 1, 8, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    incident = aware_now(make.incident(), aware_at=tokyo)
    line = incident.timeline.filter(kind=TimelineEntry.Kind.STATUS).first()
    assert line.text.startswith("Aware from 2026-02-28 23:30 UTC.")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rationale": " "}, "rationale: say why"),
        ({"aware_at": timezone.now() + timedelta(days=1)}, "aware_at: lies in the future"),
    ],
)
def test_a_moment_of_awareness_without_reason_or_to_come_is_refused(wrong, words):
    with pytest.raises(lifecycle.Refused, match=words):
        aware_now(make.incident(), **wrong)


def test_the_next_update_is_promised_under_a_name():
    incident, by = make.incident(), make.user()
    soon = timezone.now() + timedelta(hours=1)
    lifecycle.plan_update(incident, next_update_at=soon, actor=make.actor(by))
    assert incident.history.first().history_user == by
    assert Incident.objects.get().next_update_at == soon
