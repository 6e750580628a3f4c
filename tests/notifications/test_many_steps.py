"""Many steps due at once are taken together: each as if it were alone, at less cost."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.functions import Function
from audit import bundles, claims, clockwork, verification
from audit.models import Due, Entry
from incidents import lifecycle
from incidents.models import Status, TimelineEntry
from notifications import paging, policies, rooms, sending
from notifications.escalation import Plan, Step, Target
from notifications.models import ContactMethod, Escalation, Method, Page
from notifications.rooms import Terms
from notifications.runs import STEP
from severity.ladder import Sev
from tests import make
from tests.together import before_it_commits

pytestmark = pytest.mark.django_db
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def commander(db):
    policies.ensure_general_policies(actor=make.SYSTEM)
    return make.reachable(Function.COMMANDER, first_name="Ada", last_name="Obi")


def runs(count, level=Sev.SEV2):
    """Incidents whose first step is due, and nothing else."""
    made = [make.incident(level, program=None) for _ in range(count)]
    for incident in made:
        paging.open_for(incident.pk)
    Due.objects.waiting().exclude(kind=STEP).delete()
    return [incident.escalations.get() for incident in made]


def taken():
    return [(claim.pk, claim.token) for claim in clockwork.claim() if claim.kind == STEP]


def together(claimed=None):
    bundles.run(STEP, claimed or taken())


def one_by_one(claimed=None):
    for pk, token in claimed or taken():
        clockwork.run(pk, token)


def asked(call):
    """What is asked of the database, without the savepoints that are transactions here."""
    with CaptureQueriesContext(connection) as queries:
        call()
    return [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]


def left_by(way):
    """What `way` leaves of three steps, but for keys and times; then it is taken back."""
    sid = transaction.savepoint()
    before = Entry.objects.count(), TimelineEntry.objects.count()
    escalations = runs(3)
    way()
    found = [
        (
            run.state,
            run.taken,
            run.generation,
            run.reached,
            list(run.history.order_by("pk").values_list("taken", "history_change_reason")),
            list(run.pages.values_list("state", "method", "step", "purpose", "person")),
            list(
                run.incident.timeline.filter(kind="escalation").values_list(
                    "kind", "text", "audience"
                )
            ),
            list(
                run.incident.grants.exclude(person=None).values_list(
                    "person", "level", "reason", "granted_by"
                )
            ),
            sorted(
                Entry.objects.filter(stream=f"incident:{run.incident_id}").values_list("action")
            ),
            sorted(Due.objects.filter(key__startswith=f"page:{run.pk}:").values_list("priority")),
            list(Due.objects.filter(key=f"escalation:{run.pk}:1").values_list("state", "kind")),
        )
        for run in Escalation.objects.filter(pk__in=[each.pk for each in escalations])
    ]
    assert verification.verify().clean
    assert before < (Entry.objects.count(), TimelineEntry.objects.count())
    transaction.savepoint_rollback(sid)
    return found


def test_steps_taken_together_leave_what_steps_one_by_one_leave(commander):
    rooms.make(
        "Ours", "pagerduty", "r" * 32, terms=Terms(), actor=make.actor(make.user(Function.OPERATOR))
    )
    alone, many = left_by(one_by_one), left_by(together)
    assert [len(run[5]) for run in many] == [2, 2, 2]
    assert str(many) == str(alone)


def test_each_page_is_sent_by_itself(commander, engine, mailoutbox):
    runs(3)
    together()
    assert engine.work() == 3
    assert len(mailoutbox) == 3
    assert set(Page.objects.values_list("state", flat=True)) == {Page.State.SENT}


def test_a_person_is_let_in_to_each_incident_once(commander):
    escalations = runs(3)
    together()
    for run in escalations:
        assert run.incident.grants.filter(person=commander).count() == 1
        assert make.sees(commander, run.incident)


def test_what_is_over_is_stopped_beside_the_others(commander):
    over, going = runs(2)
    lifecycle.move(over.incident, to=Status.DISMISSED, actor=make.actor(commander), reason="No.")
    together()
    assert not over.pages.exists()
    assert going.pages.count() == 1


def test_a_step_that_reaches_nobody_says_so_and_falls_back(commander):
    """Nobody of its policy is there any more: operators are told, in the same bundle."""
    operator = make.reachable(Function.OPERATOR)
    plan = Plan("gone", (Step(timedelta(0), (Target("person", person=0),)),), 0, PAUSE)
    one, other = runs(2)
    Escalation.objects.filter(pk=one.pk).update(snapshot=plan.plain())
    together()
    one.refresh_from_db()
    assert one.state == Escalation.State.NOBODY_NOTIFIED
    assert one.pages.get().person == operator
    assert other.pages.get().person == commander


PAUSE = timedelta(minutes=5)


def test_what_was_planned_before_the_run_went_on_pages_nobody(commander):
    (run,) = runs(1)
    stale = [(run.pk, 0), (run.pk, 0)]
    # Each run once in one transaction: the second is left, and finds that it was taken.
    assert paging.take_steps(stale) == [True, False]
    assert paging.take_steps(stale[1:]) == [True]
    assert run.pages.count() == 1


def test_a_run_that_is_not_there_is_left(commander):
    assert paging.take_steps([(0, 0)]) == [False]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_incident_that_somebody_holds(commander):
    held, free = runs(2)
    claimed = taken()

    def hold():
        paging.concerns.lock_incident(held.incident_id)

    def take():
        due = [row.payload for row in claims.begin_all(claimed)]
        with transaction.atomic():
            return [
                (payload["escalation"], was)
                for payload, was in zip(
                    due,
                    paging.take_steps([(p["escalation"], p["generation"]) for p in due]),
                    strict=True,
                )
            ]

    _, found = before_it_commits(hold, take)
    assert dict(found) == {held.pk: False, free.pk: True}


def test_one_step_asks_no_more_than_this(commander):
    runs(1)
    claimed = taken()
    assert len(asked(lambda: one_by_one(claimed))) <= ONE_STEP


def test_ten_steps_ask_no_more_than_one(commander):
    runs(10)
    claimed = taken()
    assert len(asked(lambda: together(claimed))) <= ONE_STEP


@pytest.mark.parametrize("level", [Sev.SEV1, Sev.SEV2])
def test_one_page_asks_no_more_than_this(commander, internal, level):
    hook = ContactMethod(person=commander, method=Method.WEBHOOK, verified_at=timezone.now())
    hook.address, hook.secret = internal, SECRET
    commander.contact_methods.update(active=False)
    hook.save()
    runs(1, level)
    one_by_one()
    (claim,) = [each for each in clockwork.claim() if each.kind == sending.SEND]
    assert len(asked(lambda: clockwork.run(claim.pk, claim.token))) <= ONE_PAGE + (
        2 if level > Sev.SEV1 else 0
    )
    assert Page.objects.get().state == Page.State.SENT


# Exact: whoever adds a question to what thousands ask in one minute sees it here.
ONE_STEP, ONE_PAGE = 21, 7
