"""Where all pages of a step came back nobody was reached by it, and nobody waits for them."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from notifications import anew, paging
from notifications.escalation import Step, Target
from notifications.models import Escalation, Page
from severity.ladder import Sev
from tests import make
from tests.notifications.test_reached import bounces

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=10)


@pytest.fixture
def gone(db, monkeypatch):
    """A person whose one way is verified, and at which nobody is any more."""
    person = make.reachable(Function.RESPONDER)
    bounces(monkeypatch, person.email)
    return person


def step_of(*people, after=0):
    targets = tuple(Target("person", person=each.pk) for each in people)
    return Step(timedelta(minutes=after), targets)


def test_where_everybody_of_a_step_bounces_the_next_one_is_taken_at_once(gone, engine):
    second = make.reachable(Function.RESPONDER)
    make.policy(steps=(step_of(gone), step_of(second, after=15)))
    make.incident(Sev.SEV2)
    engine.work()
    assert Page.objects.get(person=second).state == Page.State.SENT
    run = Escalation.objects.get()
    assert (run.state, run.taken, run.reached) == (Escalation.State.ACTIVE, 2, True)
    told = "Nobody of step 1 could be paged: the next one is taken at once."
    assert run.incident.timeline.filter(text=told).count() == 1


def test_who_left_meanwhile_is_paged_by_no_other_way_and_holds_nobody_up(gone, engine):
    second = make.reachable(Function.RESPONDER)
    make.policy(steps=(step_of(gone), step_of(second, after=15)))
    incident = make.incident(Sev.SEV2)
    paging.open_for(incident.pk)
    paging.take_step(Escalation.objects.get().pk, 0)
    gone.email = "new@demo.example"
    gone.is_active = False
    gone.save()
    engine.work()
    assert [page.state for page in Page.objects.filter(person=gone)] == [Page.State.FAILED]
    assert Page.objects.get(person=second).state == Page.State.SENT


def test_where_one_of_a_step_is_reached_the_next_one_waits(gone, engine):
    other, second = (make.reachable(Function.RESPONDER) for _ in range(2))
    make.policy(steps=(step_of(gone, other), step_of(second, after=15)))
    make.incident(Sev.SEV2)
    engine.work()
    assert not Page.objects.filter(person=second).exists()
    assert Escalation.objects.get().taken == 1


def test_where_all_of_a_policy_bounce_the_fallback_is_paged_at_once(gone, engine):
    operator = make.reachable(Function.OPERATOR)
    make.policy(Target("person", person=gone.pk), repeats=3)
    make.incident(Sev.SEV2)
    engine.work()
    assert Page.objects.get(person=operator).state == Page.State.SENT
    assert Escalation.objects.get().state == Escalation.State.NOBODY_NOTIFIED


def test_the_next_pass_waits_where_somebody_was_reached_in_this_one(gone, engine):
    first = make.reachable(Function.RESPONDER)
    make.policy(steps=(step_of(first), step_of(gone, after=1)), repeats=1, repeat_after=MINUTES)
    make.incident(Sev.SEV2)
    engine.work()
    engine.forward(minutes=1)
    assert Page.objects.get(person=gone).state == Page.State.FAILED
    assert Escalation.objects.get().taken == 2
    engine.forward(minutes=10)
    assert Escalation.objects.get().taken > 2


def test_what_comes_back_later_than_the_next_step_hurries_nothing(gone, engine):
    second, third = (make.reachable(Function.RESPONDER) for _ in range(2))
    make.policy(steps=(step_of(gone), step_of(second, after=15), step_of(third, after=15)))
    make.incident(Sev.SEV2)
    engine.work()
    Page.objects.filter(person=second).update(state=Page.State.FAILED)
    anew.page_elsewhere(Page.objects.get(person=gone).pk)
    engine.work()
    assert Escalation.objects.get().taken == 2
