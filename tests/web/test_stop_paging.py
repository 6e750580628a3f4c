"""The paging for a stop on its page: seen and answered by those who see its machines."""

import pytest

from accounts.functions import Function
from notifications.models import Escalation
from programs import pauses
from tests import make
from tests.web.conftest import Reader, reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(engine):
    program = make.program()
    make.lease(make.collector(program))
    made = pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM).order
    engine.work()
    engine.forward(seconds=14)
    return made


def path(order, ending=""):
    return f"/programs/{order.program.slug}/stops/{order.generation}/{ending}"


def test_the_page_of_the_stop_shows_whom_it_paged_and_takes_the_answer(order):
    owner = Reader(order.program.owner)
    page = owner.reads(path(order))
    assert f"owner of {order.program.slug}" in page
    assert "Acknowledge: I am on it" in page
    assert owner.post(path(order, "acknowledge/")).status_code == 302
    assert Escalation.objects.get().acknowledged_by == order.program.owner
    assert "Acknowledge: I am on it" not in owner.reads(path(order))


def test_its_live_part_is_the_same_and_answers_304(order):
    responder = reader(Function.RESPONDER)
    live = responder.get(path(order, "escalation/"))
    assert live["ETag"] in responder.get(path(order)).content.decode().replace("&quot;", '"')
    again = responder.get(path(order, "escalation/"), **{"If-None-Match": live["ETag"]})
    assert again.status_code == 304


def test_nobody_else_sees_or_answers_it(order, reporter):
    assert reporter.get(path(order, "escalation/")).status_code == 403
    assert reporter.post(path(order, "acknowledge/")).status_code == 403
    assert Escalation.objects.get().acknowledged_at is None


def test_a_stop_that_never_was_has_none(order):
    responder = reader(Function.RESPONDER)
    missing = f"/programs/{order.program.slug}/stops/99/"
    assert responder.post(f"{missing}acknowledge/").status_code == 404
    assert responder.get(f"{missing}escalation/").status_code == 404
