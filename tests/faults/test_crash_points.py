"""Kill the process at every single point of the two stories that must never be lost.

After each, whoever was not answered asks again, the engine goes on, and what is
there must be what is there without any crash: nothing lost, nothing twice.
"""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from django.core import mail
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.functions import Function
from audit import bundles, clockwork, outbox, verification
from audit.models import Due, Entry, OutboxEvent
from incidents import assessmentdue, lateness, reporting
from incidents.models import Incident, TimelineEntry
from notifications import answering, channels, paging, policies, readiness, runs, sending
from notifications.models import Escalation, Page
from programs import clearance, pauses, reminders, stops
from programs.models import Lease, Pause, Program, StopOrder, StopProof
from severity.ladder import Sev
from tests import make
from tests.faults.points import Failpoints, play, tell

pytestmark = pytest.mark.django_db


def what_is_there():
    """All that must be the same with and without a crash."""
    return {
        "acts": Counter(Entry.objects.values_list("action", flat=True)),
        "news": Counter(OutboxEvent.objects.values_list("topic", flat=True)),
        "work": Counter(Due.objects.values_list("kind", "state")),
        "told": Counter(TimelineEntry.objects.values_list("kind", flat=True)),
        "incidents": Incident.objects.count(),
        "escalations": Counter(Escalation.objects.values_list("state", "taken")),
        "pages": Counter(Page.objects.values_list("step", "state")),
        "pauses": Pause.objects.in_force().count(),
        "programs": Counter(Program.objects.values_list("state", "generation")),
        "orders": Counter(StopOrder.objects.values_list("proof", flat=True)),
        "proofs": Counter(StopProof.objects.values_list("state", flat=True)),
    }


@pytest.fixture(autouse=True)
def _no_step_of_a_runbook_is_late(monkeypatch):
    """Nobody does one here, and hours pass: who is told of that is another story."""
    monkeypatch.setattr(lateness, "plan", lambda *_args, **_since: None)


@pytest.fixture(autouse=True)
def _no_assessment_is_late(monkeypatch):
    """Nobody assesses anything in full here: tests/incidents/test_assessmentdue.py tells that."""
    monkeypatch.setattr(assessmentdue, "_schedule", lambda *_args, **_how: None)


NEWS = [f"notifications.tell_of_{what}" for what in ("report", "level", "update", "pause")]


@pytest.fixture(autouse=True)
def _nobody_subscribed_to_news(monkeypatch):
    """A subscriber of an event has points of its own; test_digests.py has theirs."""
    for topic, names in outbox._subscriptions.items():
        rest = [name for name in names if name not in NEWS]
        monkeypatch.setitem(outbox._subscriptions, topic, rest)


def at_every_point(story, monkeypatch, *, twice=1):
    """Take the steps once undisturbed, and go on from each of their points with a crash there.

    `twice` is how many calls may be under way at once, and be repeated.
    """
    with taken_back():
        for step in story:
            step()
        whole = what_is_there()
    passed = 0
    for number, step in enumerate(story):
        rest = story[number + 1 :]
        passed += at_every_point_of(step, rest, whole, monkeypatch, twice=twice)
        step()
    return passed


def at_every_point_of(step, rest, whole, monkeypatch, *, twice):
    for number in count(1):
        points = Failpoints(kill_at=number)
        with taken_back(), monkeypatch.context() as patch:
            patch.setattr(channels, "send", points.around(channels.send))
            play(step, points)
            if len(points.passed) < number:
                return number - 1
            for later in rest:
                later()
            assert what_is_there() == whole, tell(points)
            nothing_is_lost_or_twice(points, twice=twice)


@contextmanager
def taken_back():
    """Undo what happens within, letters too."""
    letters, sid = list(mail.outbox), transaction.savepoint()
    yield
    transaction.savepoint_rollback(sid)
    mail.outbox[:] = letters


def nothing_is_lost_or_twice(points, *, twice):
    assert verification.verify().clean, tell(points)
    # That the controls of the program end is years ahead; policies are looked at once a day.
    # A report is assessed in full within hours, and a rule may wait as long.
    ahead = [clearance.LOOK, reminders.REMIND, readiness.LOOK, assessmentdue.REMIND]
    ahead += ["incidents.fire_rule"]
    waiting = Due.objects.waiting().exclude(kind__in=ahead)
    # What was answered is looked after until it is contained, and goes on when nobody is there.
    waiting = waiting.exclude(kind__in=[runs.LOOK, runs.STEP])
    assert not waiting.exists(), tell(points)
    # That it must be assessed in full is mailed beside the pages.
    paged = [letter for letter in mail.outbox if "full assessment" not in letter.subject]
    letters = Counter(letter.extra_headers["Message-ID"] for letter in paged)
    assert len(letters) == Page.objects.filter(state=Page.State.SENT).count()
    # A crash between a call and its record repeats the call, once, under the same key.
    assert sum(letters.values()) - len(letters) <= twice, tell(points)
    assert max(letters.values(), default=0) <= 2, tell(points)


def renew_leases():
    """However long the points before took: each lease was renewed just now."""
    Lease.objects.update(renewed_at=Now(), expires_at=Now() + timedelta(seconds=10))


def answer_for_the_silent(program):
    """The owner answers the page about who did not acknowledge the stop."""
    order = StopOrder.objects.get(program=program)
    assert order.escalations.count() == 1
    paging.acknowledge_stop(order, actor=make.actor(program.owner))


def test_a_report_is_escalated_answered_and_proven_wherever_we_are_killed(engine, monkeypatch):
    # That nobody looks after the incident for hours is another story.
    monkeypatch.setattr(runs, "look_later", lambda *_args, **_after: None)
    policies.ensure_general_policies(actor=make.SYSTEM)
    commander = make.user(Function.COMMANDER)
    reporter, program = make.user(), make.program()
    make.lease(make.collector(program))
    report = make.report(Sev.SEV2, program=program)

    def file():
        renew_leases()
        reporting.file_report(report, reporter=reporter, actor=make.actor(reporter), key="form-1")

    def answer():
        paging.acknowledge(Incident.objects.get(), actor=make.actor(commander))

    story = [file, engine.work, answer, lambda: engine.forward(seconds=14)]
    # The collector says nothing, so the owner is paged for it, and answers.
    story += [lambda: answer_for_the_silent(program), lambda: engine.forward(hours=9)]
    assert at_every_point(story, monkeypatch) > 80


@pytest.mark.parametrize("handed_over", [True, False])
def test_an_answer_is_taken_back_wherever_we_are_killed(engine, monkeypatch, handed_over):
    """Nobody takes it over, or says that they are still on it: all are paged again."""
    policies.ensure_general_policies(actor=make.SYSTEM)
    commander, legal = make.user(Function.COMMANDER), make.user(Function.LEGAL)
    incident = make.incident(Sev.SEV3)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    Due.objects.waiting().exclude(kind=runs.LOOK).delete()

    def hand_over():
        if incident.escalations.get().offered_to is None:
            answering.hand_over(incident, legal, reason="Night.", actor=make.actor(commander))

    def look(generation):
        planned = Due.objects.filter(kind=runs.LOOK, payload__generation=generation)
        planned.filter(state=Due.State.SCHEDULED).update(due_at=Now())
        engine.work()

    story = [hand_over if handed_over else lambda: look(2), lambda: look(3)]
    assert at_every_point(story, monkeypatch) > 20
    assert incident.escalations.get().state == Escalation.State.ACTIVE


def test_steps_are_taken_together_wherever_we_are_killed(engine, monkeypatch):
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.user(Function.COMMANDER), make.user(Function.PRIVACY_OFFICER)
    incidents = [make.incident(Sev.SEV2, program=None) for _ in range(3)]
    engine.work()
    Due.objects.waiting().filter(kind=runs.STEP).update(due_at=Now())

    def take_them():
        claimed = [(each.pk, each.token) for each in clockwork.claim()]
        bundles.run(runs.STEP, claimed)

    assert at_every_point([take_them, engine.work], monkeypatch) > 20
    for incident in incidents:
        assert incident.escalations.get().taken == 2
        assert incident.escalations.get().pages.filter(state=Page.State.SENT).count() == 2


def test_pages_are_sent_together_wherever_we_are_killed(engine, monkeypatch):
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.user(Function.COMMANDER), make.user(Function.PRIVACY_OFFICER)
    incidents = [make.incident(Sev.SEV2, program=None) for _ in range(2)]
    engine.work()
    Due.objects.waiting().filter(kind=runs.STEP).update(due_at=Now())
    bundles.run(runs.STEP, [(each.pk, each.token) for each in clockwork.claim()])

    def send_them():
        claimed = [each for each in clockwork.claim() if each.kind == sending.SEND]
        bundles.run(sending.SEND, [(each.pk, each.token) for each in claimed])

    assert at_every_point([send_them, engine.work], monkeypatch, twice=2) > 8
    for incident in incidents:
        assert incident.escalations.get().pages.filter(state=Page.State.SENT).count() == 2


def test_a_pause_is_acknowledged_and_proven_wherever_we_are_killed(engine, monkeypatch):
    program = make.program()
    for _ in range(2):
        make.lease(make.collector(program))

    @transaction.atomic
    def pause():
        renew_leases()
        pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)

    def acknowledge():
        proof = StopProof.objects.order_by("pk").first()
        word = stops.Acknowledgement(
            proof.collector_id, program.pk, proof.order.generation, timezone.now(), "empty", 1
        )
        assert stops.acknowledge([word]) == [stops.Answer.STORED]

    story = [pause, engine.work, acknowledge, lambda: engine.forward(seconds=14)]
    story += [lambda: answer_for_the_silent(program), engine.work]
    assert at_every_point(story, monkeypatch) > 30
