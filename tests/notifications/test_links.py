"""The link in a page: it acts for one person, on one incident, for a week."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from accounts.models import User
from incidents import grants
from notifications import links
from notifications.models import Page
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
