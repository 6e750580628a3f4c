"""Whoever is being paged sees it on every open page, until it is answered, and nobody else does."""

import pytest

from accounts.functions import Function
from incidents import grants
from notifications import answering, paging, ringing
from notifications.models import Page
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(commander, engine):
    made = make.incident(Sev.SEV2, title="Kookaburra")
    engine.work()
    return made


def rings(person):
    return [ring.about for ring in ringing.for_person(person)]


def test_the_paged_person_is_told_the_codename_and_where_to_answer(incident, commander):
    ada = Reader(commander)
    answer = ada.get("/paged/")
    page = answer.content.decode()
    assert f"You are being paged: SEV 2 {incident.codename}." in page
    assert f"/incidents/{incident.ref}/" in page
    assert "Kookaburra" not in page
    assert ada.get("/paged/", **{"If-None-Match": answer["ETag"]}).status_code == 304
    assert 'hx-get="/paged/"' in ada.get("/profile/contacts/").content.decode()


def test_it_ends_with_the_answer_whoever_gave_it(incident, commander):
    paging.acknowledge(incident, actor=make.actor(make.user()))
    assert rings(commander) == []


def test_nobody_else_hears_of_it_nor_who_was_shut_out_since(incident, commander):
    assert rings(make.user(Function.COMMANDER)) == []
    commander.groups.clear()
    grants.end(incident.grants.get(person=commander, ended_at=None), actor=make.SYSTEM)
    assert rings(commander) == []


def test_what_was_held_back_or_never_left_does_not_ring(incident, commander):
    for state in (Page.State.HELD, Page.State.DROPPED):
        Page.objects.filter(person=commander).update(state=state)
        assert rings(commander) == []


def test_who_is_to_take_over_or_went_quiet_is_asked_again(incident, commander, engine):
    other = make.user(Function.COMMANDER)
    paging.acknowledge(incident, actor=make.actor(commander))
    answering.hand_over(incident, other, reason="My shift ends.", actor=make.actor(commander))
    assert rings(other) == [f"SEV 2 {incident.codename}"]
    paging.acknowledge(incident, actor=make.actor(other))
    assert rings(other) == []
    engine.forward(minutes=61)
    assert rings(other) == [f"SEV 2 {incident.codename}"]


def test_an_open_page_costs_one_query_where_nobody_is_paged(django_assert_num_queries):
    person = make.user()
    with django_assert_num_queries(1):
        assert rings(person) == []
