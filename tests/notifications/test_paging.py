"""Page people until one answers."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.functions import Function
from audit import clockwork, history
from audit.models import Due
from incidents import judgement, lifecycle
from incidents.models import Status
from notifications import paging
from notifications.models import Escalation, Page, PageAttempt
from notifications.runs import STEP
from notifications.sending import SEND
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def paged(incident):
    return [
        page.person.name
        for page in Page.objects.filter(escalation__incident=incident).order_by("step", "pk")
    ]


def escalation(incident):
    return incident.escalations.latest("pk")


def test_the_first_people_are_paged_in_one_round_of_the_engine(commander, engine, mailoutbox):
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert paged(incident) == ["Ada Obi"]
    assert [mail.to for mail in mailoutbox] == [[commander.email]]
    assert Page.objects.get().state == Page.State.SENT


def test_sev_4_pages_nobody(commander, engine, mailoutbox):
    make.judged(make.incident(Sev.SEV3), Sev.SEV4)
    Due.objects.filter(kind="notifications.open_escalation").delete()
    engine.work()
    assert not mailoutbox


def test_the_steps_follow_at_their_times(commander, engine):
    officer = make.user(Function.PRIVACY_OFFICER, first_name="Noor", last_name="Haddad")
    executive = make.user(Function.EXECUTIVE, first_name="Eva", last_name="Tanaka")
    incident = make.incident(Sev.SEV2, program=None)
    make.judged(incident, Sev.SEV2)
    engine.work()
    engine.forward(minutes=9)
    assert paged(incident) == ["Ada Obi"]
    engine.forward(minutes=2)
    assert paged(incident) == ["Ada Obi", officer.name]
    engine.forward(minutes=14)
    assert len(paged(incident)) == 2
    engine.forward(minutes=2)
    assert paged(incident) == ["Ada Obi", officer.name, executive.name]


def test_who_is_paged_is_let_in(commander, policy, engine):
    executive = make.user(Function.EXECUTIVE)
    incident = make.incident(Sev.SEV3)
    assert not make.sees(executive, incident)
    engine.work()
    engine.forward(minutes=11)
    engine.forward(minutes=16)
    assert executive.name in paged(incident)
    assert make.sees(executive, incident)
    assert incident.grants.get(person=executive).reason.startswith("Paged, step")


def test_an_acknowledgement_stops_the_steps_that_follow(commander, engine):
    make.user(Function.PRIVACY_OFFICER)
    incident = make.incident(Sev.SEV2)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    engine.forward(minutes=50)
    ended = escalation(incident)
    assert (ended.state, ended.acknowledged_by) == (Escalation.State.ACKNOWLEDGED, commander)
    assert paged(incident) == ["Ada Obi"]


def test_an_acknowledgement_drops_pages_that_have_not_left(commander, engine, mailoutbox):
    incident = make.incident(Sev.SEV2)
    paging.open_for(incident.pk)
    paging.take_step(escalation(incident).pk, 0)
    paging.acknowledge(incident, actor=make.actor(commander))
    row = Due.objects.get(kind="notifications.send_page")
    assert row.state == Due.State.CANCELLED
    engine.work()
    assert Page.objects.get().state == Page.State.DROPPED
    assert not mailoutbox


def test_acknowledging_again_changes_nothing(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    first = paging.acknowledge(incident, actor=make.actor(commander)).acknowledged_at
    again = paging.acknowledge(incident, actor=make.actor(make.user()))
    assert again.acknowledged_at == first
    assert escalation(incident).acknowledged_by == commander


def test_who_acknowledged_before_the_engine_came_is_not_paged(commander, engine, mailoutbox):
    incident = make.incident(Sev.SEV2)
    paging.acknowledge(incident, actor=make.actor(commander))
    engine.work()
    assert not mailoutbox
    assert not incident.escalations.exists()


def test_an_incident_that_gets_worse_pages_again_even_if_somebody_answered(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    make.judged(incident, Sev.SEV1)
    engine.work()
    assert escalation(incident).level == 1
    assert escalation(incident).state == Escalation.State.ACTIVE
    assert paged(incident).count("Ada Obi") == 2


def test_an_incident_that_gets_worse_while_paging_starts_higher(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    first = escalation(incident)
    make.judged(incident, Sev.SEV0)
    engine.work()
    first.refresh_from_db()
    assert first.state == Escalation.State.STOPPED
    assert escalation(incident).level == 0


@pytest.mark.parametrize("level", [Sev.SEV1, Sev.SEV3])
def test_the_same_level_or_a_milder_one_pages_nobody_again(commander, engine, level):
    incident = make.undetermined()
    engine.work()
    make.judged(incident, level)
    engine.work()
    assert incident.escalations.count() == 1
    assert paged(incident).count("Ada Obi") == 1


def test_what_nobody_determined_in_15_minutes_pages_again(commander, engine):
    incident = make.incident(Sev.SEV2, program=None)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    engine.forward(minutes=16)
    assert incident.escalations.count() == 2
    assert paged(incident).count("Ada Obi") == 2


def test_a_step_that_was_taken_is_not_taken_again(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    running = escalation(incident)
    paging.take_step(running.pk, 0)
    paging.take_step(running.pk, 7)
    assert escalation(incident).taken == 1
    assert len(paged(incident)) == 1


def test_a_step_without_people_goes_on_to_the_next_at_once(policy, engine):
    officer = make.user(Function.PRIVACY_OFFICER)
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert officer.name in paged(incident)


def test_a_pass_whose_last_step_reaches_nobody_still_waits_before_it_begins_again(
    commander, engine
):
    # No executive: the plan's last step is empty.
    incident = make.incident(Sev.SEV2)
    engine.work()
    engine.forward(minutes=11)
    engine.forward(minutes=16)
    assert paged(incident).count("Ada Obi") == 1
    engine.forward(minutes=6)
    assert paged(incident).count("Ada Obi") == 2
    assert escalation(incident).state == Escalation.State.ACTIVE


def test_an_incident_that_is_over_is_not_escalated(commander, engine, mailoutbox):
    incident = make.incident(Sev.SEV3)
    dismiss(incident)
    engine.work()
    assert not incident.escalations.exists()
    assert not mailoutbox


def test_the_end_of_an_incident_ends_its_paging(commander, engine):
    make.user(Function.PRIVACY_OFFICER)
    incident = make.incident(Sev.SEV3)
    engine.work()
    dismiss(incident)
    engine.work()
    assert escalation(incident).state == Escalation.State.STOPPED
    engine.forward(hours=5)
    assert len(paged(incident)) == 1


def test_a_step_that_comes_due_as_the_incident_ends_pages_nobody(commander, engine):
    incident = make.incident(Sev.SEV3)
    engine.work()
    dismiss(incident)
    paging.take_step(escalation(incident).pk, 1)
    assert escalation(incident).state == Escalation.State.STOPPED
    assert len(paged(incident)) == 1


def dismiss(incident):
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")


def test_a_deactivated_person_is_not_paged(policy, engine):
    make.user(Function.COMMANDER, is_active=False)
    stays = make.user(Function.COMMANDER)
    incident = make.incident(Sev.SEV2)
    engine.work()
    assert paged(incident)[0] == stays.name


def test_an_escalation_keeps_the_policy_that_it_began_with(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    running = escalation(incident)
    policy = running.policy
    policy.steps.all().delete()
    policy.name = "Another"
    history.save(policy, "name", actor=make.SYSTEM)
    officer = make.user(Function.PRIVACY_OFFICER)
    engine.forward(minutes=11)
    assert officer.name in paged(incident)
    assert running.snapshot["name"] == "SEV 2 and 3"


def test_an_incident_has_one_active_escalation_even_for_whoever_writes_past_the_domain(
    commander, engine
):
    incident = make.incident(Sev.SEV2)
    engine.work()
    running = escalation(incident)
    with pytest.raises(IntegrityError, match="one_active_escalation"), transaction.atomic():
        Escalation.objects.create(
            incident=incident, snapshot={}, level=2, next_due_at=running.opened_at
        )
    with pytest.raises(IntegrityError, match="due_time"), transaction.atomic():
        Escalation.objects.filter(pk=running.pk).update(next_due_at=None)


def test_a_confirmed_lower_level_does_not_stop_the_paging(commander, engine):
    incident = make.incident(Sev.SEV1)
    engine.work()
    proposal = make.judged(incident, Sev.SEV4).proposals.get()
    judgement.confirm(proposal, actor=make.actor(make.user()))
    engine.work()
    assert escalation(incident).state == Escalation.State.ACTIVE


def test_each_step_is_on_the_story(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    line = incident.timeline.get(text__startswith="Paged")
    assert line.text == "Paged, step 1: Ada Obi (email)."


def test_the_next_step_is_never_without_a_due_time(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    running = escalation(incident)
    due = Due.objects.waiting().get(key=f"escalation:{running.pk}:1")
    assert abs(due.due_at - running.next_due_at) < timedelta(seconds=1)


def test_what_is_graver_is_due_before_what_is_milder_at_each_place_on_its_way(commander, engine):
    levels = [Sev.SEV3, Sev.SEV1, Sev.SEV2]
    for level in levels:
        paging.open_for(make.incident(level).pk)
    steps = Due.objects.waiting().filter(kind=STEP).order_by("pk")
    assert [row.priority for row in steps] == levels
    Due.objects.waiting().exclude(kind=STEP).delete()
    for claim in clockwork.claim():
        clockwork.run(claim.pk, claim.token)
    sending = Due.objects.waiting().filter(kind=SEND)
    waits = {row.payload["page"]: row.priority for row in sending}
    pages = Page.objects.select_related("escalation")
    assert waits == {page.pk: page.escalation.level for page in pages}
    engine.work()
    tried = PageAttempt.objects.order_by("pk").values_list("page__escalation__level", flat=True)
    assert list(tried)[:3] == sorted(levels)
