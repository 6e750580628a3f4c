"""Who is silent after a stop pages the program's owner, once, and then those after."""

import json

import pytest
from django.test import Client

from accounts.functions import Function
from audit.models import Entry
from notifications import contacts, links, paging, policies, reading
from notifications.models import Escalation, Page
from programs import confirmations, pauses, silence, stops
from programs.models import StopProof
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make.user(Function.PROGRAM_OWNER, first_name="Otto", last_name="Brandt")


@pytest.fixture
def program(owner):
    return make.program(slug="gaze", name="Gaze study", owner=owner)


def stop(program, *names):
    for name in names:
        make.lease(make.collector(program, name=name))
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="Secret.", actor=make.SYSTEM
    ).order


def acknowledge(order, *names):
    stops.acknowledge(
        [
            stops.Acknowledgement(
                proof.collector_id, order.program_id, order.generation, order.ordered_at, "", 1
            )
            for proof in order.proofs.filter(collector__name__in=names)
        ]
    )


def pass_the_bound(engine):
    engine.work()
    engine.forward(seconds=14)


def paged():
    return [page.person.name for page in Page.objects.select_related("person").order_by("pk")]


def test_a_collector_that_does_not_answer_pages_the_owner_and_is_named(program, engine, mailoutbox):
    order = stop(program, "laptop-1", "laptop-2")
    acknowledge(order, "laptop-1")
    engine.work()
    assert not mailoutbox
    engine.forward(seconds=14)
    (mail,) = mailoutbox
    assert mail.to == [program.owner.email]
    assert mail.subject == (
        "[Andon] The stop of gaze has not been answered by all: please acknowledge"
    )
    assert "Did not answer and ran out with its lease: laptop-2." in mail.body
    assert "laptop-1" not in mail.body
    assert "Secret." not in mail.body
    assert f"/programs/gaze/stops/{order.generation}/" in mail.body
    assert Entry.objects.filter(action="escalation.opened", stream=f"program:{program.pk}").exists()


def test_when_all_answer_nobody_is_paged(program, engine):
    order = stop(program, "laptop-1")
    acknowledge(order, "laptop-1")
    pass_the_bound(engine)
    assert paged() == []


def test_a_collector_that_was_gone_before_the_stop_is_not_waited_for(program, engine):
    order = stop(program, "laptop-1")
    StopProof.objects.update(state=StopProof.State.EXPIRED, settled_at=order.ordered_at)
    pass_the_bound(engine)
    assert silence.about(order).nobody
    assert paged() == []


def test_a_system_that_has_not_confirmed_in_its_time_pages_the_owner(program, engine, mailoutbox):
    make.hook_inside(program, name="Feature store", confirm_seconds=60)
    stop(program)
    engine.work()
    engine.forward(seconds=59)
    assert paged() == []
    engine.forward(seconds=2)
    assert paged() == ["Otto Brandt"]
    assert "Has not confirmed in its time: Feature store (freeze)." in mailoutbox[0].body


def test_a_system_that_confirmed_in_its_time_pages_nobody(program, engine):
    make.hook(program, confirm_seconds=60)
    order = stop(program)
    confirmations.confirm(order.calls.get(), confirmations.Word("frozen"), actor=make.SYSTEM)
    engine.work()
    engine.forward(minutes=5)
    assert paged() == []


def test_a_call_that_could_not_be_delivered_pages_before_its_time(program, engine):
    make.hook_inside(program, confirm_seconds=86_400)
    stop(program)
    engine.work()
    for _ in range(12):
        engine.forward(minutes=11)
    assert "Otto Brandt" in paged()


def test_much_silence_is_one_page(program, engine):
    for name in "abc":
        make.hook_inside(program, name=name, confirm_seconds=60)
    stop(program, *(f"laptop-{number}" for number in range(8)))
    pass_the_bound(engine)
    engine.forward(seconds=61)
    assert paged() == ["Otto Brandt"]
    assert Escalation.objects.count() == 1
    said = silence.about(program.stop_orders.get()).sentences()
    assert "laptop-4 and 3 more" in said[0]


def test_a_violation_is_paged_even_if_the_silence_was_answered(program, engine, mailoutbox):
    order = stop(program, "laptop-1", "laptop-2")
    order.proofs.filter(collector__name="laptop-1").update(state=StopProof.State.VIOLATION)
    pass_the_bound(engine)
    causes = set(Escalation.objects.values_list("cause", flat=True))
    assert causes == {Escalation.Cause.SILENCE, Escalation.Cause.VIOLATION}
    assert "is violated" in mailoutbox[-1].subject
    assert "Violates the stop: laptop-1." in mailoutbox[-1].body


def test_who_follows_when_the_owner_does_not_answer(program, engine, commander):
    stop(program, "laptop-1")
    pass_the_bound(engine)
    engine.forward(minutes=9, seconds=55)
    assert paged() == ["Otto Brandt"]
    engine.forward(seconds=10)
    assert paged() == ["Otto Brandt", "Ada Obi"]


def test_a_programs_own_policy_follows_instead_of_the_general_one(program, commander):
    order = stop(program)
    own = policies.for_stop(order)
    own.program = program
    own.name = "Gaze"
    own.save()
    plan = policies.plan_for_stop(order, policies.for_stop(order))
    assert plan.name == "owner of gaze, Gaze"
    assert plan.steps[0].targets[0].person == program.owner_id


def test_an_owner_whom_nothing_reaches_holds_nobody_up(program, engine, commander):
    program.owner.email = ""
    program.owner.save()
    stop(program, "laptop-1")
    pass_the_bound(engine)
    assert paged() == ["Ada Obi"]


def test_acknowledging_ends_it(program, engine, owner):
    order = stop(program, "laptop-1")
    pass_the_bound(engine)
    assert reading.stop_waits_for_an_answer(order)
    paging.acknowledge_stop(order, actor=make.actor(owner))
    paging.acknowledge_stop(order, actor=make.actor(owner))
    engine.forward(hours=2)
    assert paged() == ["Otto Brandt"]
    escalation = Escalation.objects.get()
    assert (escalation.state, escalation.acknowledged_by) == ("acknowledged", owner)
    assert not reading.stop_waits_for_an_answer(order)


def test_a_late_word_ends_the_paging_by_itself(program, engine, commander):
    order = stop(program, "laptop-1")
    pass_the_bound(engine)
    acknowledge(order, "laptop-1")
    engine.forward(minutes=11)
    assert paged() == ["Otto Brandt"]
    assert Escalation.objects.get().state == Escalation.State.STOPPED


def test_what_is_silent_after_the_paging_ended_by_itself_is_paged_for(program, engine):
    make.hook_inside(program, name="Feature store", confirm_seconds=3600)
    order = stop(program, "laptop-1")
    pass_the_bound(engine)
    acknowledge(order, "laptop-1")
    engine.forward(minutes=11)
    assert Escalation.objects.get().state == Escalation.State.STOPPED
    engine.forward(minutes=50)
    assert paged() == ["Otto Brandt", "Otto Brandt"]
    assert Escalation.objects.get().state == Escalation.State.ACTIVE


def test_a_program_that_goes_on_pages_nobody_any_more(program, engine, commander):
    stop(program, "laptop-1")
    pass_the_bound(engine)
    make.resumed(program)
    engine.forward(minutes=11)
    assert paged() == ["Otto Brandt"]


def test_the_incident_that_stopped_it_tells_whom_it_paged(program, engine):
    make.lease(make.collector(program))
    incident = make.incident(Sev.SEV2, program=program)
    pass_the_bound(engine)
    said = incident.timeline.filter(text__contains="Otto Brandt").get().text
    assert said == "Gaze study, stop 2: Paged, step 1: Otto Brandt (email)."


def link(page):
    return links.acknowledge_url(page).removeprefix("http://localhost:8000")


def test_the_link_in_the_page_answers_it_without_signing_in(program, engine):
    stop(program, "laptop-1")
    pass_the_bound(engine)
    page = Page.objects.get()
    shown = Client().get(link(page)).content.decode()
    assert "You are paged for the stop of Gaze study" in shown
    assert "laptop-1" in shown
    assert Escalation.objects.get().acknowledged_at is None
    assert "You are on it" in Client().post(link(page)).content.decode()
    assert Escalation.objects.get().acknowledged_by == program.owner
    assert "answered already by Otto Brandt" in Client().get(link(page)).content.decode()


def test_the_link_of_somebody_who_owns_it_no_more_does_not_work(program, engine):
    stop(program, "laptop-1")
    pass_the_bound(engine)
    program.owner = make.user(Function.PROGRAM_OWNER)
    program.save()
    assert Client().post(link(Page.objects.get())).status_code == 404
    assert Escalation.objects.get().acknowledged_at is None


def test_a_webhook_names_what_is_silent_for_machines(program, engine, owner, internal, receiver):
    contacts.set_webhook(owner, internal, actor=make.SYSTEM)
    order = stop(program, "laptop-1")
    pass_the_bound(engine)
    said = json.loads(receiver.got[0][2])
    assert said["type"] == "page"
    data = said["data"]
    assert (data["program"], data["generation"]) == ("gaze", order.generation)
    assert (data["silent_collectors"], data["violating"]) == (["laptop-1"], [])


def test_only_who_sees_its_machines_is_told_of_the_open_page(program, engine, owner):
    stop(program, "laptop-1")
    pass_the_bound(engine)
    assert reading.tally(owner).count == 1
    assert reading.tally(make.user(Function.OPERATOR)).count == 1
    assert reading.tally(make.user()).count == 0
