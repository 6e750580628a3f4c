"""Another system confirms at the address that it was sent, without signing in."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from programs import confirmations, pauses
from programs.models import HookConfirmation, StopOrder
from tests import make
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    program = make.program(slug="gaze")
    make.hook(program)
    return pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM).order


@pytest.fixture
def path(order):
    return urlsplit(confirmations.url_for(order.calls.get())).path


def post(path, **word):
    return Client(raise_request_exception=False).post(path, word, content_type="application/json")


def test_a_confirmation_is_stored_and_answered_with_what_it_was_for(order, path):
    answer = post(path, state="frozen", detail="12 tables", count=12)
    said = HookConfirmation.objects.get()
    assert (said.state, said.detail, said.count, said.by) == ("frozen", "12 tables", 12, None)
    told = answer.json()
    assert told.pop("confirmed_at")
    assert told == {
        "program": "gaze",
        "generation": order.generation,
        "event": "freeze",
        "state": "frozen",
    }
    order.refresh_from_db()
    assert order.proof == StopOrder.Proof.PROVEN


def test_a_word_too_many_keeps_no_stop_unproven(order, path):
    assert post(path, state="frozen", event="freeze", id="msg-1").status_code == 200
    order.refresh_from_db()
    assert order.proof == StopOrder.Proof.PROVEN


def test_it_is_safe_to_say_it_again_and_another_word_is_refused(path):
    first = post(path, state="frozen", count=12)
    assert post(path, state="frozen", count=12).json() == first.json()
    said = problem(post(path, state="frozen", count=13), 409)
    assert "was confirmed as frozen" in said["detail"]
    assert HookConfirmation.objects.count() == 1


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ({"state": "stopped"}, "state"),
        ({"state": "gone"}, "state"),
        ({}, "state"),
        ({"state": "frozen", "detail": "x" * 501}, "detail"),
        ({"state": "frozen", "detail": "\0"}, "detail"),
        ({"state": "frozen", "count": -1}, "count"),
        ({"state": "frozen", "count": 2**31}, "count"),
    ],
)
def test_a_word_that_does_not_answer_is_refused_at_its_field(path, word, field):
    assert problem(post(path, **word), 422)["field"] == field
    assert not HookConfirmation.objects.exists()


def test_an_address_that_was_changed_leads_nowhere(path):
    wrong = problem(post(path[:-1] + ("a" if path[-1] != "a" else "b"), state="frozen"), 404)
    assert wrong == problem(post("/api/v1/confirmations/x", state="frozen"), 404)
    assert not HookConfirmation.objects.exists()
