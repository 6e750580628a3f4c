"""Two at the same moment: writers of one stream, claimers of one row, zombies."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.functions import Function
from accounts.models import Scope
from audit import claims, clockwork, credentials, outbox, people, teams, trail, verification
from audit.models import Due, Entry
from tests import make
from tests.together import PATIENCE_SECONDS, ROUNDS, at_once, failures, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("registry"),
]


@transaction.atomic
def record(subject, act):
    trail.record(act, subject, actor=make.SYSTEM)


def test_two_who_write_to_one_stream_leave_one_chain():
    for _ in range(ROUNDS):
        person = make.user()
        outcomes = at_once(*[lambda p=person, n=n: record(p, f"test.{n}") for n in range(4)])
        assert failures(outcomes) == []
        stream = Entry.objects.filter(stream=trail.stream_of(person)).order_by("seq")
        assert [entry.seq for entry in stream] == [1, 2, 3, 4]
        assert verification.verify(stream=trail.stream_of(person)).clean


def _renewals(row):
    """Work that ends when its lease was renewed more often than most work may hold on to it."""
    seen = set()

    def renewed_often():
        seen.add(Due.objects.get(pk=row.pk).lease_until)
        return len(seen) > 4

    def read(_payload):
        until(renewed_often)
        return lambda: None

    return read


def test_work_that_is_known_to_take_long_keeps_its_claim_as_long_as_it_may(due, monkeypatch):
    monkeypatch.setattr(claims, "RENEWED_EACH", timedelta(milliseconds=20))
    monkeypatch.setattr(claims, "LONGEST_WORK", timedelta(milliseconds=40))
    row = due("test.read")
    clockwork.outward("test.read", longest=timedelta(minutes=5))(_renewals(row))
    (claim,) = clockwork.claim()
    assert clockwork.run(claim.pk, claim.token)
    row.refresh_from_db()
    assert row.state == Due.State.DONE


def test_entries_stand_in_the_order_in_which_they_were_committed():
    person, first_has_written = make.user(), threading.Event()

    @transaction.atomic
    def slow():
        trail.record("test.slow", person, actor=make.SYSTEM)
        first_has_written.set()
        # Long enough that the other would overtake, if it could.
        threading.Event().wait(0.2)

    def quick():
        first_has_written.wait(PATIENCE_SECONDS)
        record(person, "test.quick")

    assert failures(at_once(slow, quick)) == []
    acts = Entry.objects.filter(stream=trail.stream_of(person)).order_by("seq")
    assert [act.action for act in acts] == ["test.slow", "test.quick"]
    assert acts[0].at < acts[1].at


def test_two_engines_never_share_a_row(due):
    for _ in range(ROUNDS):
        rows = {due().pk for _ in range(10)}
        taken = [c.pk for claims in at_once(*[clockwork.claim] * 4) for c in claims]
        assert sorted(taken) == sorted(rows)
        Due.objects.all().delete()


def test_two_workers_with_one_message_do_the_work_once(due):
    done = []
    clockwork.within_transaction("test.work")(done.append)
    for number in range(ROUNDS):
        due("test.work", payload={"n": number})
        (claim,) = clockwork.claim()
        at_once(*[lambda c=claim: clockwork.run(c.pk, c.token)] * 3)
    assert done == [{"n": number} for number in range(ROUNDS)]


def test_a_zombie_that_wakes_when_its_work_is_done_by_another_writes_nothing(due):
    asleep, wake = threading.Event(), threading.Event()
    calls, written = [], []

    def send(_payload):
        calls.append(threading.get_ident())
        if len(calls) == 1:
            asleep.set()
            wake.wait(PATIENCE_SECONDS)
        return lambda: written.append(threading.get_ident())

    clockwork.outward("test.send")(send)
    row = due("test.send")
    (stale,) = clockwork.claim()

    def another():
        asleep.wait(PATIENCE_SECONDS)
        Due.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
        (fresh,) = clockwork.claim()
        done = clockwork.run(fresh.pk, fresh.token)
        wake.set()
        return done

    assert at_once(lambda: clockwork.run(stale.pk, stale.token), another) == [False, True]
    assert written == calls[1:]


def test_to_call_off_what_is_being_handled_neither_waits_nor_blocks(due):
    """The handler holds its row and wants the incident; whoever calls off holds the incident."""
    incident = make.user()
    held, wanted = threading.Event(), threading.Event()

    def work(_payload):
        wanted.set()
        held.wait(PATIENCE_SECONDS)
        type(incident).objects.select_for_update().get(pk=incident.pk)

    clockwork.within_transaction("test.work")(work)
    row = due("test.work", key="firing:1:")
    (claim,) = clockwork.claim()

    @transaction.atomic
    def call_off():
        wanted.wait(PATIENCE_SECONDS)
        type(incident).objects.select_for_update().get(pk=incident.pk)
        held.set()
        return clockwork.cancel(prefix="firing:1:")

    assert at_once(lambda: clockwork.run(claim.pk, claim.token), call_off) == [True, 0]
    row.refresh_from_db()
    assert (row.state, row.attempts) == (Due.State.DONE, 1)


def test_the_same_key_at_once_is_scheduled_once():
    clockwork.within_transaction("test.work")(lambda _payload: None)
    for number in range(ROUNDS):
        key = f"key:{number}"
        outcomes = at_once(*[lambda k=key: clockwork.schedule("test.work", key=k, payload={})] * 3)
        assert failures(outcomes) == []
    assert Due.objects.count() == ROUNDS


def test_an_event_of_two_listeners_is_heard_once_each_whoever_comes_first():
    heard = []
    outbox.on("test.news", name="test.one")(lambda event: heard.append((1, event["n"])))
    outbox.on("test.news", name="test.two")(lambda event: heard.append((2, event["n"])))

    def engine():
        while claims := clockwork.claim(limit=1):
            for claim in claims:
                clockwork.run(claim.pk, claim.token)

    for number in range(ROUNDS):
        with transaction.atomic():
            outbox.publish("test.news", n=number)
        at_once(engine, engine)
    assert sorted(heard) == [(who, n) for who in (1, 2) for n in range(ROUNDS)]


def test_of_two_who_set_functions_at_once_the_second_decides():
    for _ in range(ROUNDS):
        person = make.user()
        wishes = [{Function.LEGAL}, {Function.OPERATOR, Function.AUDITOR}]
        outcomes = at_once(
            *[lambda p=person, w=w: people.give(p, w, actor=make.SYSTEM) for w in wishes]
        )
        assert failures(outcomes) == []
        assert set(type(person).objects.get(pk=person.pk).functions) in wishes


def test_of_two_who_are_added_at_once_under_one_name_the_second_is_refused():
    for number in range(ROUNDS):
        calls = [
            lambda name=name, at=at: people.invite(
                name, email=f"{at}@demo.example", actor=make.SYSTEM
            )
            for name, at in ((f"ann{number}", f"x{number}"), (f"ANN{number}", f"y{number}"))
        ]
        (refusal,) = failures(at_once(*calls))
        assert isinstance(refusal, people.Refused)


def test_who_is_put_into_a_team_while_functions_are_set_gets_both():
    team = teams.make("Race", actor=make.SYSTEM)
    try:
        for _ in range(ROUNDS):
            person = make.user()
            outcomes = at_once(
                lambda p=person: people.give(p, [Function.LEGAL], actor=make.SYSTEM),
                lambda p=person: teams.put_in(team, p, actor=make.SYSTEM),
            )
            assert failures(outcomes) == []
            assert {group.name for group in person.groups.all()} == {"legal", "Race"}
    finally:
        # What is committed of groups is left to the tests that follow.
        team.delete()


def test_of_two_operators_who_shut_each_other_out_one_stays():
    for _ in range(ROUNDS):
        both = [make.user(Function.OPERATOR, last_login=timezone.now()) for _ in "ab"]
        shuts = [
            lambda p=person, other=other: people.deactivate(p, actor=make.actor(other))
            for person, other in (both, both[::-1])
        ]
        (refusal,) = failures(at_once(*shuts))
        assert isinstance(refusal, people.Refused)
        left = type(both[0]).objects.filter(groups__name="operator", is_active=True)
        assert left.count() == 1
        left.update(is_active=False)


def test_somebody_who_is_shut_out_while_acting_blocks_nobody():
    for _ in range(ROUNDS):
        person = make.user()
        token, _ = credentials.issue(
            person,
            label="script",
            scopes=[Scope.READ],
            expires_at=timezone.now() + timedelta(days=1),
            actor=make.SYSTEM,
        )
        outcomes = at_once(
            lambda p=person: people.deactivate(p, actor=make.SYSTEM),
            lambda t=token, p=person: credentials.withdraw(t, actor=make.actor(p)),
        )
        assert failures(outcomes) == []
