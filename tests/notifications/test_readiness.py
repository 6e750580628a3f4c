"""Policies are looked at each day, and operators hear once of what is wrong."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from audit import people
from audit.models import Due
from notifications import planning, policymaking, reach, readiness
from notifications.escalation import Step, Target
from notifications.models import EscalationPolicy
from tests import make

pytestmark = pytest.mark.django_db
COMMANDERS = Target("function", "commander")


@pytest.fixture
def ann(db):
    return make.reachable(Function.COMMANDER, first_name="Ann")


@pytest.fixture
def operator(db):
    return make.user(Function.OPERATOR)


def told(mailoutbox, operator):
    """What the operator was mailed of policies."""
    return [mail.body for mail in mailoutbox if mail.to == [operator.email]]


def finding():
    return EscalationPolicy.objects.get().finding


def look(policy, engine):
    """The look of another day: its key is the date, and that stays while a test runs."""
    readiness.look(policy.pk)
    engine.work()


def test_a_policy_is_looked_at_when_it_is_written_and_each_day_after(ann, engine, operator):
    policy = make.policy(COMMANDERS)
    engine.work()
    first = EscalationPolicy.objects.get().looked_at
    engine.forward(hours=25)
    second = EscalationPolicy.objects.get().looked_at
    assert (finding(), first < second) == ("", True)
    assert policy.history.count() == 1


def test_what_is_found_is_mailed_once_and_again_only_when_it_is_new(
    ann, engine, operator, mailoutbox
):
    policy = make.policy(COMMANDERS, name="Nights")
    engine.work()
    people.deactivate(ann, actor=make.SYSTEM)
    for _day in range(3):
        look(policy, engine)
    [mail] = told(mailoutbox, operator)
    assert "Nobody would be paged for sure. Step 1 reaches nobody: Incident commander." in mail
    assert f"/policies/{policy.pk}/" in mail
    assert finding() in mail

    make.user(Function.COMMANDER)
    look(policy, engine)
    assert "Step 1 has nobody with a verified way: Incident commander." in finding()
    assert len(told(mailoutbox, operator)) == 2
    make.reachable(Function.COMMANDER)
    look(policy, engine)
    assert (finding(), len(told(mailoutbox, operator))) == ("", 2)


def test_a_rota_with_a_hole_is_found_by_its_name(ann, engine, operator, mailoutbox):
    rota = make.rota(ann, name="Data response")
    days = [make.turns.Hours(frozenset({0, 1, 2, 3}), make.time(0), make.time(0))]
    make.layer(rota, ann, hours=days)
    make.policy(Target("rota", rota=rota.pk))
    engine.work()
    assert finding() == "Step 1: nobody is on call at times in Data response."
    ahead, found = sorted(told(mailoutbox, operator), key=lambda body: "Step 1" in body)
    assert "at times in Data response" in found
    assert "no step reaches anybody for sure at these times" in ahead


def test_a_retired_policy_is_not_looked_at_any_more(ann, engine, operator, mailoutbox):
    policy = make.policy(COMMANDERS)
    engine.work()
    policymaking.retire(policy, reason="r", actor=make.SYSTEM)
    people.deactivate(ann, actor=make.SYSTEM)
    engine.forward(hours=25)
    engine.forward(hours=25)
    assert (finding(), told(mailoutbox, operator)) == ("", [])


def test_policies_that_were_there_before_are_looked_at_after_the_next_migrate(ann, engine):
    row = EscalationPolicy.objects.create(name="Old", levels=[2])
    row.steps.create(number=0, after_seconds=0).targets.create(kind="function", name="legal")
    for _again in range(2):
        readiness.install(using="default")
    assert Due.objects.filter(kind=readiness.LOOK).count() == 1
    engine.forward(hours=25)
    assert "Step 1 reaches nobody: Legal counsel." in finding()


def test_who_holds_a_role_is_no_finding_and_long_ones_are_cut(ann, engine):
    minute = timedelta(minutes=1)
    roles = Step(minute * 0, (Target("role", "commander"),))
    policy = make.policy(COMMANDERS, steps=(roles, Step(minute, (COMMANDERS,))))
    assert reach.findings(planning.plan(policy), make.timezone.now()) == []
    empty = tuple(Step(minute, (Target("function", "legal"),)) for _each in range(19))
    draft = planning.draft(policy)
    wide = make.wanted(COMMANDERS, steps=(*draft.steps[1:], *empty))
    policymaking.change(policy, wide, based_on=1, reason="r", actor=make.SYSTEM)
    engine.work()
    assert len(finding()) == readiness.LONGEST
