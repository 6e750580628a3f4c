"""The link in a page: it acts for one person, answers one page, for a week."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from incidents import grants, lifecycle
from incidents.models import Status
from notifications import links, paging, reading, runs
from notifications.models import Escalation, Page
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(commander, engine):
    make.incident(Sev.SEV2)
    engine.work()
    return Page.objects.get()


def token(page):
    return links.acknowledge_url(page).rstrip("/").rsplit("/", 1)[1]


def test_a_link_leads_to_its_page_and_the_person_it_was_made_for(page, commander):
    assert links.page_behind(token(page)) == page
    assert links.page_behind(token(page)).person == commander


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: "nothing",
        lambda good: good[:-1] + ("A" if good[-1] != "A" else "B"),
        lambda good: "x" + good,
        lambda good: good + "x",
        lambda good: good.split(":")[0],
        lambda good: ":".join(["eyJwYWdlIjo5OX0", *good.split(":")[1:]]),
    ],
)
def test_a_link_that_was_changed_leads_nowhere(page, change):
    with pytest.raises(links.BadLink):
        links.page_behind(change(token(page)))


@pytest.mark.parametrize("content", [{}, [], {"page": None}, {"page": "x"}, {"page": 0}, "page"])
def test_what_is_signed_but_names_no_page_leads_nowhere(page, content):
    with pytest.raises(links.BadLink):
        links.page_behind(signing.dumps(content, salt=links._SALT))


def test_what_was_signed_for_another_purpose_leads_nowhere(page):
    with pytest.raises(links.BadLink):
        links.page_behind(signing.dumps({"page": page.pk}, salt="password-reset"))


def test_a_link_is_good_for_a_week(page, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    good = token(page)
    time_machine.shift(links.GOOD_FOR - timedelta(seconds=1))
    assert links.page_behind(good) == page
    time_machine.shift(2)
    with pytest.raises(links.BadLink):
        links.page_behind(good)


def test_the_link_of_a_deactivated_person_leads_nowhere(page, commander):
    User.objects.filter(pk=commander.pk).update(is_active=False)
    with pytest.raises(links.BadLink):
        links.page_behind(token(page))


def test_the_link_of_a_person_who_was_shut_out_leads_nowhere(page, commander):
    incident = page.escalation.incident
    for grant in incident.grants.filter(person=commander):
        grants.end(grant, actor=make.SYSTEM)
    assert links.page_behind(token(page)) == page, "the team of commanders still lets them in"
    commander.groups.clear()
    with pytest.raises(links.BadLink):
        links.page_behind(token(page))


def answer(page):
    return paging.answer_page(page, actor=make.actor(page.person, via="link"))


def test_a_link_ends_the_paging_that_its_page_belongs_to(page, commander):
    assert answer(page)
    page.escalation.refresh_from_db()
    assert page.escalation.state == Escalation.State.ACKNOWLEDGED
    assert page.escalation.acknowledged_by == commander


def test_a_link_does_not_answer_for_a_worse_level_that_is_not_paged_yet(page, engine):
    incident = page.escalation.incident
    make.judged(incident, Sev.SEV1)
    assert not answer(page)
    engine.work()
    worse = incident.escalations.get(level=1)
    assert (worse.state, worse.acknowledged_at) == (Escalation.State.ACTIVE, None)


def test_a_link_says_who_answered_before(page, commander):
    paging.acknowledge(page.escalation.incident, actor=make.actor(commander))
    assert not answer(page)
    assert reading.why_over(page) == "This page was answered already by Ada Obi."


def test_a_link_does_nothing_once_the_incident_is_over(commander, engine):
    incident = make.incident(Sev.SEV3)
    engine.work()
    page = Page.objects.get()
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    assert not answer(page)
    assert "is over" in reading.why_over(page)
    incident.refresh_from_db()
    assert incident.acknowledged_at is None


def test_the_operator_who_is_paged_as_nobody_answered_can_answer(page, engine):
    make.user(Function.OPERATOR)
    for _ in range(20):
        engine.forward(minutes=16)
    last = Page.objects.get(person__groups__name=Function.OPERATOR)
    assert last.escalation.state == Escalation.State.EXHAUSTED
    assert answer(last)
    last.escalation.refresh_from_db()
    assert last.escalation.acknowledged_by == last.person


def test_a_link_of_a_run_that_nobody_answered_does_not_answer_the_next(page, engine):
    for _ in range(20):
        engine.forward(minutes=16)
    incident = page.escalation.incident
    paging.open_for(incident.pk, again=True)
    assert not answer(page)
    assert incident.escalations.latest("pk").acknowledged_at is None


def test_a_link_sent_once_more_does_not_answer_what_is_paged_again_and_a_newer_one_does(
    page, commander, engine
):
    other = make.user(Function.COMMANDER)
    assert answer(page)
    runs.resume(Escalation.objects.get(), actor=make.SYSTEM)
    engine.work()
    assert not answer(page)
    assert "people are paged again since" in reading.why_over(page)
    assert Escalation.objects.get().state == Escalation.State.ACTIVE
    newer = Page.objects.filter(person=commander).latest("pk")
    assert newer != page
    # That of somebody who never answered is as good as it was.
    assert not reading.why_over(Page.objects.filter(person=other).latest("pk"))
    assert answer(newer)


def test_an_answer_on_the_page_of_the_incident_answers_everything_open(page, commander, engine):
    incident = page.escalation.incident
    for _ in range(20):
        engine.forward(minutes=16)
    paging.open_for(incident.pk, again=True)
    paging.acknowledge(incident, actor=make.actor(commander))
    assert not incident.escalations.filter(acknowledged_at=None).exists()
