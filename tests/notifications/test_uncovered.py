"""Times in which nobody is on call, or reached by a policy, are told ahead and once."""

from datetime import time, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due
from notifications import (
    covers,
    holes,
    planning,
    policymail,
    policymaking,
    rotamail,
    uncovered,
)
from notifications.covers import Cover
from notifications.escalation import Step, Target
from notifications.hours import Hours
from notifications.models import PolicyGap, RotaGap, RotaLayer
from notifications.rotation import Hours as LayerHours
from tests import make
from tests.notifications.test_reached import bounces

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ann(db):
    return make.reachable(Function.RESPONDER, first_name="Ann")


@pytest.fixture
def operator(db):
    return make.user(Function.OPERATOR)


@pytest.fixture
def rota(ann):
    """Ann is on call, and from ten days from now on nobody is."""
    rota = make.rota(ann)
    make.layer(rota, ann)
    ends(rota, 10)
    return rota


def ends(rota, days):
    rota.layers.update(until=timezone.now() + days * DAY)


def pages(rota, **fields):
    return make.policy(Target("rota", rota=rota.pk), **fields)


def look(engine, rota):
    holes.look({"rota": rota.pk, "at": (timezone.now() + DAY).isoformat()})
    engine.work()


def mails(*words):
    return [
        (each.to[0], each.subject.partition(": ")[2])
        for each in mail.outbox
        if any(word in each.subject for word in words)
    ]


def let_pass(engine, days):
    """Let days pass: for what waits, for the end of the shifts, and for what was found."""
    RotaLayer.objects.update(until=F("until") - days * DAY)
    for model in (RotaGap, PolicyGap):
        model.objects.update(starts_at=F("starts_at") - days * DAY)
    engine.forward(days=days)


def test_owners_hear_of_a_gap_found_a_week_and_a_day_before_and_operators_at_last(
    rota, ann, operator, engine
):
    look(engine, rota)
    assert mails("nobody is on call") == [(ann.email, "nobody is on call")]
    for days in (1, 2.5, 1):
        let_pass(engine, days)
    assert mails("in 7 days") == [(ann.email, "nobody is on call in 7 days")]
    let_pass(engine, 4.6)
    assert sorted(mails("in 24 hours")) == sorted(
        (person.email, "nobody is on call in 24 hours") for person in (ann, operator)
    )
    assert len(mails("nobody is on call")) == 4


def test_nobody_is_reminded_of_a_gap_that_was_filled(rota, ann, engine):
    look(engine, rota)
    rota.layers.update(until=None)
    engine.forward(days=4)
    engine.forward(days=6)
    assert len(mails("nobody is on call")) == 1
    assert not RotaGap.objects.filter(over_at=None).exists()


def test_what_was_filled_since_the_last_look_is_not_told_either(rota, operator, engine):
    pages(rota)
    look(engine, rota)
    gap, of_policy = RotaGap.objects.get(), PolicyGap.objects.get()
    rota.layers.update(until=None)
    told = len(mail.outbox)
    holes.remind({"gap": gap.pk, "hours": 24})
    uncovered.remind({"gap": of_policy.pk, "hours": 24})
    engine.work()
    assert (len(mail.outbox), PolicyGap.objects.filter(over_at=None).count()) == (told, 0)


def noted(engine, rota, days):
    """Gaps of a rota and its policy that were found long ago begin in so many days."""
    ends(rota, days)
    engine.work()
    look(engine, rota)
    for model in (RotaGap, PolicyGap):
        model.objects.update(found_at=timezone.now() - 20 * DAY)
    mail.outbox.clear()
    return RotaGap.objects.get(), PolicyGap.objects.get()


@pytest.mark.parametrize("days", [7, 1])
def test_what_changed_since_the_last_look_is_told_as_it_is_now(rota, ann, operator, engine, days):
    pages(rota)
    gap, of_policy = noted(engine, rota, days)
    now = timezone.now()
    filled = Cover(ann, now + (days + 3) * DAY, "Away", now + (days + 1) * DAY)
    covers.take(rota, filled, actor=make.actor(ann))
    for work, of in ((holes.remind, gap), (uncovered.remind, of_policy)):
        work({"gap": of.pk, "hours": days * 24})
    engine.work()
    last = {operator.email} if days == 1 else set()
    assert {to for to, _subject in mails("nobody is on call in")} == {ann.email} | last
    assert mails("left untold") == [(operator.email, "people may be left untold")]
    # What begins after that has work of its own.
    assert {each.body.count("UTC)") for each in mail.outbox} == {1}


def test_what_grew_since_the_last_look_is_told_once(rota, ann, operator, engine):
    pages(rota)
    gap, of_policy = noted(engine, rota, 1)
    ends(rota, 0.9)
    for work, of in ((holes.remind, gap), (uncovered.remind, of_policy)):
        work({"gap": of.pk, "hours": 24})
    engine.work()
    assert sorted(mails("nobody is on call")) == sorted(
        (person.email, "nobody is on call") for person in (ann, operator)
    )
    assert len(mails("left untold")) == 1


@pytest.mark.parametrize("of", [holes, uncovered])
def test_what_begins_within_a_day_is_told_in_one_mail_and_each_gap_once(ann, operator, engine, of):
    rota = make.rota(ann)
    for name, rank, start, end in (("Early", 1, 2, 9), ("Late", 2, 11, 20)):
        hours = (LayerHours(frozenset(range(7)), time(start), time(end)),)
        make.layer(rota, ann, name=name, rank=rank, hours=hours)
    pages(rota)
    engine.work()
    look(engine, rota)
    rows = Due.objects.waiting().filter(kind=of.REMIND, payload__hours=24).order_by("due_at")
    planned, told = rows.count(), len(mail.outbox)
    assert planned > 20
    while row := rows.first():
        Due.objects.filter(pk=row.pk).update(due_at=timezone.now())
        engine.work()
    said = [each for each in mail.outbox[told:] if each.to == [operator.email]]
    assert sum(each.body.count("UTC)") for each in said) == planned
    assert len(said) <= planned // 2 + 1


def test_operators_are_told_in_the_place_of_who_may_not_read_the_policy(rota, operator, engine):
    policy = pages(rota)
    gone = make.reachable(Function.LEGAL)
    gone.groups.clear()
    engine.work()
    mail.outbox.clear()
    policymail.tell([gone], policy, mark="a", said="nobody is reached.")
    engine.work()
    assert mails("left untold") == [(operator.email, "people may be left untold")]


def test_operators_are_told_in_the_place_of_whom_no_mail_reaches(
    rota, ann, operator, engine, monkeypatch
):
    policy = pages(rota)
    engine.work()
    mail.outbox.clear()
    bounces(monkeypatch, ann.email)
    rotamail.tell([ann], rota, key="b", subject="a swap", said="a swap.")
    policymail.tell([ann], policy, mark="b", said="nobody is reached.")
    engine.work()
    assert {each.to[0] for each in mail.outbox} == {operator.email}
    assert len(mail.outbox) == 2
    assert any("This was for Ann" in each.body for each in mail.outbox)
    assert rotamail.keepers(rota) == [operator]


def test_a_policy_that_reaches_nobody_soon_is_told_to_its_owner_and_those_it_falls_back_on(
    rota, ann, operator, engine
):
    boss = make.reachable(Function.EXECUTIVE)
    of = make.program()
    gone = make.reachable(Function.LEGAL)
    both = (Target("person", person=boss.pk), Target("person", person=gone.pk))
    last = make.policy(*both, levels=(5,))
    policy = pages(rota, name="Nights", fallback=last.pk, program=of.pk)
    ends(rota, 3)
    # Who has no function any more may not read of it.
    gone.groups.clear()
    engine.work()
    look(engine, rota)
    told = [each for each in mail.outbox if "no step reaches anybody" in each.body]
    assert {each.to[0] for each in told} == {boss.email, operator.email, of.owner.email}
    assert f"/policies/{policy.pk}/" in told[0].body
    assert "  from " in told[0].body
    for _again in range(2):
        uncovered.look({"policy": policy.pk})
        engine.work()
    assert len([each for each in mail.outbox if "no step reaches" in each.body]) == 3


def test_it_is_told_at_its_time_and_not_if_it_is_filled_by_then(rota, ann, operator, engine):
    pages(rota)
    engine.work()
    assert (mails("left untold"), PolicyGap.objects.count()) == (
        [(operator.email, "people may be left untold")],  # The daily look says which rota.
        1,
    )
    rota.layers.update(until=None)
    engine.forward(days=4)
    assert (len(mails("left untold")), PolicyGap.objects.filter(over_at=None).count()) == (1, 0)
    ends(rota, 10)
    look(engine, rota)
    let_pass(engine, 4)
    assert len([each for each in mail.outbox if "no step reaches" in each.body]) == 1


def test_where_another_step_reaches_somebody_nothing_is_uncovered(rota, ann, engine):
    ben = make.reachable(Function.COMMANDER)
    roles = (Target("rota", rota=rota.pk), Target("person", person=ben.pk))
    steps = tuple(Step(n * timedelta(minutes=1), (each,)) for n, each in enumerate(roles))
    policy = make.policy(steps=steps)
    engine.work()
    assert not PolicyGap.objects.exists()
    draft = make.wanted(steps=steps[:1])
    policymaking.change(policy, draft, based_on=1, reason="r", actor=make.SYSTEM)
    engine.work()
    assert PolicyGap.objects.count() == 1


def test_what_is_filled_in_the_middle_leaves_two_and_a_person_without_a_way_fills_nothing(
    rota, ann, engine
):
    now = timezone.now()
    plan = planning.plan(pages(rota))
    ben = make.reachable(Function.RESPONDER)
    when = Cover(ben, now + 12 * DAY, "Away", now + 11 * DAY)
    covers.take(rota, when, actor=make.actor(ann))
    found = uncovered.times(plan, now, now + 14 * DAY)
    assert [start for start, _end in found][1] == now + 12 * DAY
    assert [end for _start, end in found] == [now + 11 * DAY, None]
    ben.contact_methods.update(verified_at=None)
    assert len(uncovered.times(plan, now, now + 14 * DAY)) == 1


def test_nights_of_working_hours_count_unless_the_policy_itself_waits_for_the_day(ann, engine):
    rota = make.rota(ann, within_hours=True)
    office = LayerHours(frozenset(range(7)), time(9), time(17))
    make.layer(rota, ann, hours=(office,))
    always = planning.plan(pages(rota))
    day = Hours("UTC", tuple(range(7)), time(9), time(17))
    waits = planning.plan(pages(rota, levels=(5,), hours=day))
    now = timezone.now()
    assert len(uncovered.times(always, now, now + 14 * DAY)) in (14, 15)
    assert uncovered.times(waits, now, now + 14 * DAY) == []
