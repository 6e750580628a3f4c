"""What becomes of an answer: silence, a hand-over, a rest, and paging by hand."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due
from incidents import lifecycle, roles, timeline
from incidents.models import Role, Status, TimelineEntry
from notifications import answering, contacts, links, paging, runs, summoning
from notifications.escalation import Target
from notifications.hours import Hours
from notifications.models import Escalation, EscalationPolicy, Method, Page
from severity.ladder import Sev
from tests import make
from tests.incidents.test_thresholds import mild

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(commander, engine):
    """A SEV 2 for which Ada Obi was paged and has answered."""
    made = make.judged(make.incident(Sev.SEV2, program=None), Sev.SEV2)
    engine.work()
    # Nobody does a step of the runbook, and hours pass: who is paged for that is another story.
    Due.objects.waiting().exclude(kind__startswith="notifications").delete()
    return paging.acknowledge(made, actor=make.actor(commander))


def run(incident):
    return incident.escalations.latest("pk")


def paged(incident, purpose="step"):
    pages = Page.objects.filter(escalation__incident=incident, purpose=purpose)
    return [page.person.name for page in pages.order_by("pk")]


def link(page):
    return links.acknowledge_url(page).removeprefix("http://localhost:8000")


def test_who_answered_and_is_silent_is_asked_and_then_all_are_paged_again(
    incident, engine, commander, mailoutbox
):
    engine.forward(minutes=61)
    assert paged(incident, "still") == ["Ada Obi"]
    assert "are you still on it?" in mailoutbox[-1].subject
    assert run(incident).acknowledged_by == commander
    engine.forward(minutes=16)
    assert (run(incident).state, run(incident).acknowledged_by) == ("active", None)
    assert paged(incident) == ["Ada Obi", "Ada Obi"]
    line = incident.timeline.get(text__startswith="Paging begins again")
    assert line.text == "Paging begins again: Ada Obi has gone quiet."
    assert line.audience == TimelineEntry.Audience.LEADERSHIP
    paging.acknowledge(incident, actor=make.actor(commander))
    assert run(incident).acknowledged_by == commander
    assert incident.timeline.filter(text="Ada Obi is on it.").exists()


def test_any_act_in_the_incident_is_a_sign_of_life(incident, engine, commander):
    for _ in range(2):
        timeline.write(incident, "note", "The bucket is closed.", actor=make.actor(commander))
        engine.forward(minutes=61)
        assert paged(incident, "still") == []
    engine.forward(minutes=61)
    timeline.write(incident, "note", "And the other one.", actor=make.actor(commander))
    engine.forward(minutes=16)
    assert (run(incident).state, run(incident).asked_at) == ("acknowledged", None)


def test_what_others_do_is_no_sign_of_who_answered(incident, engine):
    timeline.write(incident, "note", "I only look.", actor=make.actor(make.user()))
    engine.forward(minutes=61)
    assert paged(incident, "still") == ["Ada Obi"]


def test_the_link_of_the_question_says_that_one_is_still_on_it(incident, engine):
    engine.forward(minutes=61)
    (question,) = Page.objects.filter(purpose="still")
    assert "You are on it" in Client().post(link(question)).content.decode()
    assert run(incident).asked_at is None
    engine.forward(minutes=16)
    assert run(incident).state == Escalation.State.ACKNOWLEDGED


def test_nobody_is_asked_once_it_is_contained(incident, engine, commander):
    incident = lifecycle.move(incident, Status.TRIAGING, actor=make.SYSTEM)
    type(incident).objects.filter(pk=incident.pk).update(status=Status.CONTAINED)
    engine.forward(minutes=61)
    assert run(incident).next_due_at is None
    assert paged(incident, "still") == []


def contained(incident, commander):
    """The incident once it is, with somebody who commands it."""
    incident = lifecycle.move(incident, Status.TRIAGING, actor=make.SYSTEM)
    roles.give(incident, Role.COMMANDER, person=commander, actor=make.SYSTEM)
    type(incident).objects.filter(pk=incident.pk).update(status=Status.CONTAINED)
    return incident


def test_who_answered_is_looked_after_again_once_the_fix_did_not_hold(incident, engine, commander):
    answering.snooze(incident, minutes=60, reason="Lunch.", actor=make.actor(commander))
    incident = contained(incident, commander)
    engine.forward(minutes=61)
    assert (run(incident).next_due_at, run(incident).snoozed_until) == (None, None)
    lifecycle.move(incident, Status.ACTIVE, reason="It is open again.", actor=make.SYSTEM)
    engine.work()
    engine.forward(minutes=61)
    assert paged(incident, "still") == ["Ada Obi"]
    engine.forward(minutes=16)
    assert run(incident).state == Escalation.State.ACTIVE


def test_all_are_paged_again_once_the_fix_did_not_hold_if_nobody_had_answered(commander, engine):
    incident = make.incident(Sev.SEV2, program=None)
    engine.work()
    runs.end(run(incident), Escalation.State.EXHAUSTED, actor=make.SYSTEM, drop=False)
    incident = contained(incident, commander)
    lifecycle.move(incident, Status.ACTIVE, reason="It is open again.", actor=make.SYSTEM)
    engine.work()
    assert paged(incident) == ["Ada Obi", "Ada Obi"]


def test_whoever_declares_what_was_triaged_pages_nobody_again(commander, engine):
    incident = make.incident(Sev.SEV2, program=None)
    engine.work()
    runs.end(run(incident), Escalation.State.EXHAUSTED, actor=make.SYSTEM, drop=False)
    incident = lifecycle.move(incident, Status.TRIAGING, actor=make.SYSTEM)
    roles.give(incident, Role.COMMANDER, person=commander, actor=make.SYSTEM)
    lifecycle.move(incident, Status.ACTIVE, actor=make.SYSTEM)
    engine.work()
    assert paged(incident) == ["Ada Obi"]


def test_who_takes_over_is_paged_let_in_and_must_say_yes(incident, engine, commander, mailoutbox):
    other = make.user(Function.LEGAL, first_name="Lin", last_name="Sato")
    answering.hand_over(incident, other, reason="I go home.", actor=make.actor(commander))
    engine.work()
    assert "please take over" in mailoutbox[-1].subject
    assert run(incident).acknowledged_by == commander
    (offer,) = Page.objects.filter(purpose="offer")
    Client().post(link(offer))
    assert (run(incident).acknowledged_by, run(incident).offered_to) == (other, None)
    assert make.sees(other, incident)
    engine.forward(minutes=11)
    assert run(incident).state == Escalation.State.ACKNOWLEDGED


def test_who_does_not_take_over_in_time_leaves_nobody_and_all_are_paged(
    incident, engine, commander
):
    other = make.user(Function.PRIVACY_OFFICER, first_name="Lin", last_name="Sato")
    answering.hand_over(incident, other, reason="I go home.", actor=make.actor(commander))
    engine.forward(minutes=11)
    assert run(incident).state == Escalation.State.ACTIVE
    assert incident.timeline.filter(text__contains="Lin Sato did not take over").exists()


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ({"is_active": False}, "deactivated"),
        ({"email": ""}, "no address"),
    ],
)
def test_nobody_is_handed_anything_whom_no_page_reaches(incident, commander, who, refusal):
    other = make.user(Function.PRIVACY_OFFICER, **who)
    with pytest.raises(answering.Refused, match=refusal):
        answering.hand_over(incident, other, reason="r", actor=make.actor(commander))


def asleep(person):
    """The person, whose only way is quiet at this very moment."""
    now = timezone.now()
    hours = [(now + timedelta(hours=hours)).time() for hours in (-1, 1)]
    terms = contacts.Terms(quiet_from=hours[0], quiet_until=hours[1])
    way = contacts.add(person, Method.EMAIL, person.email, terms=terms, actor=make.SYSTEM)
    contacts.verify(way, actor=make.SYSTEM)
    return person


def test_who_wants_quiet_is_not_paged_by_hand_as_if_it_were_done(incident, commander):
    other, by = asleep(make.user(Function.PRIVACY_OFFICER)), make.actor(commander)
    with pytest.raises(answering.Refused, match=r"person: .* wants quiet until \d\d:\d\d UTC"):
        answering.hand_over(incident, other, reason="r", actor=by)
    with pytest.raises(answering.Refused, match="wants quiet until"):
        summoning.page_person(incident, other, reason="r", actor=by)
    assert run(incident).offered_to is None
    # Who acts is awake.
    answering.hand_over(incident, other, reason="r", actor=make.actor(other))
    assert run(incident).acknowledged_by == other


def test_quiet_hours_do_not_keep_a_sev_1_from_anybody(incident, engine, commander):
    other = asleep(make.user(Function.PRIVACY_OFFICER))
    make.judged(incident, Sev.SEV1)
    engine.work()
    summoning.page_person(incident, other, reason="r", actor=make.actor(commander))
    engine.work()
    assert paged(incident, "by_hand") == [other.name]


def test_who_answered_in_quiet_hours_is_asked_in_them(incident, engine, commander):
    asleep(commander)
    engine.forward(minutes=61)
    assert Page.objects.get(purpose="still").state == Page.State.SENT


def test_only_who_manages_the_incident_lets_somebody_in_by_paging(incident, engine):
    inside, outside = make.user(Function.LEGAL), make.user()
    with pytest.raises(answering.Refused, match="takes no part"):
        summoning.page_person(incident, outside, reason="r", actor=make.actor(inside))
    assert not make.sees(outside, incident)


def test_a_person_is_paged_by_hand_as_often_as_somebody_asks(incident, engine, commander):
    expert = make.user(first_name="Lin", last_name="Sato")
    for _ in range(2):
        summoning.page_person(incident, expert, reason="Knows it.", actor=make.actor(commander))
    engine.work()
    assert paged(incident, "by_hand") == ["Lin Sato"] * 2
    assert make.sees(expert, incident)
    assert run(incident).acknowledged_by == commander


def test_a_rest_ends_with_a_page_and_is_limited_by_level(incident, engine, commander):
    by = make.actor(commander)
    for minutes in (0, -1, 121, 10**12):
        with pytest.raises(answering.Refused, match="1 to 120 minutes"):
            answering.snooze(incident, minutes=minutes, reason="Lunch.", actor=by)
    answering.snooze(incident, minutes=90, reason="Waiting for the vendor.", actor=by)
    engine.forward(minutes=61)
    assert paged(incident, "still") == []
    engine.forward(minutes=30)
    assert run(incident).state == Escalation.State.ACTIVE
    assert paged(incident) == ["Ada Obi", "Ada Obi"]


def test_a_sev_0_cannot_be_put_off(incident, engine, commander):
    make.judged(incident, Sev.SEV0)
    engine.work()
    with pytest.raises(answering.Refused, match="SEV 0 cannot"):
        answering.snooze(incident, minutes=1, reason="r", actor=make.actor(commander))
    assert run(incident).state == Escalation.State.ACTIVE


def test_the_next_step_or_a_certain_one_can_be_taken_at_once(commander, engine):
    officer = make.user(Function.PRIVACY_OFFICER, first_name="Noor", last_name="Haddad")
    executive = make.user(Function.EXECUTIVE, first_name="Eva", last_name="Tanaka")
    incident, by = make.incident(Sev.SEV2, program=None), make.actor(commander)
    engine.work()
    summoning.escalate(incident, reason="It spreads.", actor=by)
    engine.work()
    assert paged(incident) == ["Ada Obi", officer.name]
    summoning.escalate(incident, number=1, reason="Ada is back.", actor=by)
    engine.work()
    assert paged(incident) == ["Ada Obi", officer.name, "Ada Obi"]
    paging.acknowledge(incident, actor=by)
    summoning.escalate(incident, number=3, reason="Too big for me.", actor=by)
    engine.work()
    assert paged(incident)[-1] == executive.name
    assert run(incident).acknowledged_by is None
    with pytest.raises(answering.Refused, match="steps 1 to 3"):
        summoning.escalate(incident, number=4, reason="r", actor=by)


def test_an_act_by_hand_needs_a_reason_and_an_open_incident(incident, commander):
    by = make.actor(commander)
    with pytest.raises(answering.Refused, match="reason"):
        summoning.escalate(incident, reason=" ", actor=by)
    incident = make.incident(Sev.SEV3)
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    for act in (
        lambda: summoning.escalate(incident, reason="r", actor=by),
        lambda: summoning.page_person(incident, commander, reason="r", actor=by),
        lambda: answering.hand_over(incident, make.user(), reason="r", actor=by),
        lambda: answering.snooze(incident, minutes=5, reason="r", actor=by),
    ):
        with pytest.raises(answering.Refused, match="is paged for it"):
            act()


def test_without_any_policy_one_person_can_be_paged_by_hand(commander, engine):
    EscalationPolicy.objects.update(active=False)
    incident = make.incident(Sev.SEV3)
    summoning.page_person(incident, commander, reason="Look.", actor=make.actor(commander))
    assert run(incident).snapshot["steps"][0]["targets"][0]["person"] == commander.pk


def test_what_somebody_escalates_now_does_not_wait_for_office_hours(commander, engine):
    day = (timezone.now() + timedelta(days=3)).weekday()
    hours = Hours("UTC", (day,), time(9), time(10))
    counsel = make.reachable(Function.LEGAL, first_name="Lex", last_name="Moor")
    make.policy(Target("person", person=counsel.pk), levels=(4,), hours=hours)
    incident, by = mild(), make.actor(commander)
    paging.open_for(incident.pk)
    engine.work()
    assert paged(incident) == []
    summoning.escalate(incident, reason="It cannot wait.", actor=by)
    engine.work()
    assert paged(incident) == ["Lex Moor"]
    paging.acknowledge(incident, actor=make.actor(counsel))
    summoning.escalate(incident, number=1, reason="Lex is away.", actor=by)
    engine.work()
    assert paged(incident) == ["Lex Moor"] * 2
