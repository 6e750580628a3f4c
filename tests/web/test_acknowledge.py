"""The link of a page: one click without signing in, and nothing else."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from audit import people
from notifications import links, policies
from notifications.models import Escalation, Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(engine):
    """A page that was sent to a commander about a SEV 2."""
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.user(Function.COMMANDER, first_name="Ada", last_name="Obi")
    make.incident(Sev.SEV2)
    engine.work()
    return Page.objects.select_related("escalation__incident", "person").get()


def link(page):
    return "/acknowledge/" + links.acknowledge_url(page).partition("/acknowledge/")[2]


def test_the_link_says_for_whom_and_how_bad_and_no_more(page):
    incident = page.escalation.incident
    answer = Client().get(link(page))
    assert answer.status_code == 200
    said = words(answer)
    for fact in (incident.codename, "SEV 2", "Ada Obi", "Acknowledge: I am on it"):
        assert fact in said
    for secret in (incident.title, incident.ref, incident.program.name):
        assert secret not in said


def test_opening_it_answers_nothing(page):
    Client().get(link(page))
    page.escalation.refresh_from_db()
    assert page.escalation.state == Escalation.State.ACTIVE


def test_the_button_stops_the_paging_in_the_persons_name(page):
    answer = Client().post(link(page))
    assert "The paging has stopped." in words(answer)
    page.escalation.refresh_from_db()
    assert page.escalation.acknowledged_by == page.person
    entry = page.escalation.incident.timeline.filter(text__startswith="Ada Obi ack").get()
    assert entry.actor == page.person


def test_twice_is_harmless(page):
    Client().post(link(page))
    before = Escalation.objects.values().get()
    for answer in (Client().post(link(page)), Client().get(link(page))):
        assert answer.status_code == 200
        assert "This page was answered already by Ada Obi." in words(answer)
        assert "I am on it" not in words(answer)
    assert Escalation.objects.values().get() == before


def test_the_link_of_an_old_page_does_not_silence_a_newer_one(page, engine):
    incident = page.escalation.incident
    make.judged(incident, Sev.SEV1)
    engine.work()
    answer = Client().post(link(page))
    assert "newer pages say so" in words(answer)
    newer = incident.escalations.get(level=1)
    assert (newer.state, newer.acknowledged_at) == (Escalation.State.ACTIVE, None)
    assert Client().post(link(newer.pages.get(person=page.person))).status_code == 200
    newer.refresh_from_db()
    assert newer.state == Escalation.State.ACKNOWLEDGED


@pytest.mark.parametrize("token", ["x", "abc:def:ghi", "x" * 500, "%00"])
def test_a_bad_link_is_a_clear_page(token, db):
    for answer in (Client().get(f"/acknowledge/{token}/"), Client().post(f"/acknowledge/{token}/")):
        assert answer.status_code == 404
        assert "This link does not work" in words(answer)


def test_a_week_old_link_does_not_work(page):
    old = link(page)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert Client().post(old).status_code == 404
    page.escalation.refresh_from_db()
    assert page.escalation.state == Escalation.State.ACTIVE


def test_the_link_of_somebody_who_left_does_not_work(page):
    people.deactivate(page.person, actor=Actor.machine("test"))
    assert Client().post(link(page)).status_code == 404


def test_it_needs_the_token_of_the_form(page):
    assert Client(enforce_csrf_checks=True).post(link(page)).status_code == 403
