"""A rule that names a policy adds its people to those of the level, whichever comes first."""

from datetime import time, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.functions import Function
from audit import reconciling
from audit.models import Due
from incidents.models import RuleFiring
from notifications import paging, summoning
from notifications.escalation import Plan, Step, Target, together
from notifications.hours import Hours
from notifications.models import Escalation, EscalationPolicy, Page
from severity.ladder import Sev
from tests import make
from tests.incidents.test_thresholds import author, rule, second

__all__ = ["author", "rule", "second"]
pytestmark = pytest.mark.django_db
OPEN = "notifications.open_escalation"
MINUTES = timedelta(minutes=1)


@pytest.fixture
def counsel(commander):
    return make.reachable(Function.LEGAL, first_name="Lex", last_name="Moor")


@pytest.fixture
def named(counsel, rule):
    """A policy that a rule names for SEV 2, where the floor pages by that of the level."""
    policy = make.policy(Target("person", person=counsel.pk), levels=())
    rule({"do": "escalate", "name": str(policy.pk)}, levels=[2])
    return policy


def paged(incident):
    found = Page.objects.filter(escalation__incident=incident).order_by("pk")
    return [page.person.name for page in found]


def run(incident):
    return incident.escalations.get(state=Escalation.State.ACTIVE)


def do(event):
    """Open by one event of the two, and then all else."""
    Due.objects.filter(pk=event.pk).delete()
    paging.open_for(
        event.payload["incident"], again=event.payload["again"], by=event.payload["policy"]
    )


@pytest.mark.parametrize("order", ["pk", "-pk"])
def test_both_are_paged_whichever_event_comes_first(order, named, counsel, engine):
    incident = make.incident(Sev.SEV2)
    events = list(Due.objects.filter(kind=OPEN).order_by(order))
    assert len(events) == 2
    for event in events:
        do(event)
    engine.work()
    assert {"Ada Obi", "Lex Moor"} <= set(paged(incident))
    assert run(incident).policy.name == "SEV 2 and 3"


def test_whom_the_floor_paged_already_is_not_left_out_when_a_rule_adds_others(
    named, engine, commander
):
    officer = make.user(Function.PRIVACY_OFFICER, first_name="Noor", last_name="Haddad")
    incident = make.incident(Sev.SEV2, program=None)
    general, house = Due.objects.filter(kind=OPEN).order_by("pk")
    Due.objects.filter(pk=house.pk).delete()
    engine.work()
    assert "Lex Moor" not in paged(incident)
    do(house)
    engine.work()
    assert set(paged(incident)) == {*paged(incident), "Ada Obi", "Lex Moor"}
    assert incident.timeline.filter(text__startswith="Paging begins anew: a rule adds").exists()
    engine.forward(minutes=11)
    assert officer.name in paged(incident)
    # The same again pages nobody again.
    before = len(paged(incident))
    do(house)
    engine.work()
    assert len(paged(incident)) == before


def test_a_page_by_hand_does_not_stand_in_for_the_policy_of_the_level(commander, engine):
    expert = make.user(first_name="Lin", last_name="Sato")
    incident = make.incident(Sev.SEV2)
    event = Due.objects.get(kind=OPEN)
    Due.objects.filter(pk=event.pk).delete()
    summoning.page_person(incident, expert, reason="Knows it.", actor=make.actor(commander))
    engine.work()
    assert paged(incident) == ["Lin Sato"]
    do(event)
    engine.work()
    assert set(paged(incident)) == {"Lin Sato", "Ada Obi"}
    assert run(incident).policy.name == "SEV 2 and 3"


def test_whoever_was_paged_by_hand_answers_by_the_link_of_it(commander, engine):
    incident, expert = make.incident(Sev.SEV2), make.user()
    Due.objects.filter(kind=OPEN).delete()
    summoning.page_person(incident, expert, reason="r", actor=make.actor(commander))
    engine.work()
    assert paging.answer_page(Page.objects.get(person=expert), actor=make.actor(expert))
    assert incident.escalations.get().acknowledged_by == expert


def test_where_there_is_no_policy_nobody_is_paged_by_hand_over_and_over(commander, engine):
    EscalationPolicy.objects.update(active=False)
    incident = make.incident(Sev.SEV2)
    summoning.page_person(incident, commander, reason="r", actor=make.actor(commander))
    engine.work()
    for _each in range(2):
        RuleFiring.objects.update(fired_at=F("fired_at") - timedelta(minutes=3))
        reconciling.look()
        engine.work()
    assert incident.escalations.get().state == Escalation.State.ACTIVE
    assert paged(incident) == ["Ada Obi"]


def test_a_rule_names_a_policy_for_a_level_that_has_none(counsel, named, engine):
    EscalationPolicy.objects.exclude(pk=named.pk).update(active=False)
    incident = make.incident(Sev.SEV2)
    general, house = Due.objects.filter(kind=OPEN).order_by("pk")
    do(general)
    do(house)
    engine.work()
    assert run(incident).policy == named
    do(house)
    engine.work()
    assert paged(incident) == ["Lex Moor"]


def test_what_is_found_to_be_lost_is_paged_for_by_the_policy_that_the_rule_names(
    named, commander, engine
):
    incident = make.incident(Sev.SEV2)
    Due.objects.filter(kind=OPEN).delete()
    summoning.page_person(incident, commander, reason="r", actor=make.actor(commander))
    engine.work()
    RuleFiring.objects.update(fired_at=F("fired_at") - timedelta(minutes=3))
    reconciling.look()
    engine.work()
    assert "Lex Moor" in paged(incident)
    assert run(incident).policy.name == "SEV 2 and 3"


def closed_now():
    """Hours of a day that is neither today nor tomorrow, wherever that is."""
    day = (timezone.now() + timedelta(days=3)).weekday()
    return Hours("UTC", (day,), time(9), time(10))


def test_nothing_graver_than_sev_4_waits_for_office_hours_though_a_rule_names_such_a_policy(
    counsel, rule, engine
):
    policy = make.policy(Target("person", person=counsel.pk), levels=(5,), hours=closed_now())
    EscalationPolicy.objects.exclude(pk=policy.pk).update(active=False)
    rule({"do": "escalate", "name": str(policy.pk)}, levels=[2])
    incident = make.incident(Sev.SEV2)
    Due.objects.filter(kind=OPEN, payload__policy=None).delete()
    engine.work()
    assert "Lex Moor" in paged(incident)


def steps(*after):
    waits = [Step(minutes * MINUTES, (Target("function", who),)) for minutes, who in after]
    return {"steps": tuple(waits), "repeats": 1, "repeat_after": 5 * MINUTES}


def test_two_plans_together_take_each_step_at_its_own_time():
    one = Plan("One", **steps((0, "commander"), (10, "executive")))
    other = Plan("Other", **steps((0, "legal"), (5, "commander"), (5, "legal")))
    both = together(one, other)
    said = [(step.wait // MINUTES, [target.name for target in step.targets]) for step in both.steps]
    assert said == [
        (0, ["commander", "legal"]),
        (5, ["commander"]),
        (5, ["executive", "legal"]),
    ]
    assert (both.name, both.hours) == ("One, Other", None)
    assert both.fallback == one.fallback
