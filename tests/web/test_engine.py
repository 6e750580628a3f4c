"""The engine's page: what operators see of it, and what was given up and is tried again."""

import pytest
from django.db.models.functions import Now

from accounts.functions import Function
from audit import reconciling
from audit.engine import Engine
from audit.models import Due, EngineBeat
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return reader(Function.OPERATOR)


def dead(kind="notifications.open_escalation"):
    return Due.objects.create(
        kind=kind,
        key="event:1:x",
        payload={"incident": 0, "again": False},
        due_at=Now(),
        finished_at=Now(),
        state=Due.State.DEAD,
        attempts=12,
        last_error="OSError",
    )


def test_an_operator_sees_who_works_what_waits_and_what_was_given_up(operator):
    one = Engine(workers=False)
    one._beat()
    dead()
    reconciling.look(engine=one.name)
    page = operator.reads("/engine/")
    assert "The engine works, and nothing is late." in page
    assert EngineBeat.objects.get().name in page
    assert "12 attempts, the last ended with OSError" in page
    assert "given up after 12 attempts: OSError still so" in page
    assert "Engine" in operator.reads("/")


def test_without_an_engine_the_page_says_so(operator):
    assert "No engine works." in operator.reads("/engine/")


def test_what_was_given_up_is_tried_again_and_somebody_else_may_not(operator):
    row = dead()
    path = f"/engine/{row.pk}/try-again/"
    assert reader(Function.COMMANDER).post(path).status_code == 403
    assert operator.post(path).status_code == 302
    assert "is tried again now" in operator.reads("/engine/")
    row.refresh_from_db()
    assert (row.state, row.attempts) == (Due.State.SCHEDULED, 0)
    operator.post(path)
    assert "This is not given up any more." in operator.reads("/engine/")


def test_what_must_be_set_off_elsewhere_says_where(operator):
    row = dead("notifications.call_hook")
    operator.post(f"/engine/{row.pk}/try-again/")
    assert "from the page of the stop" in operator.reads("/engine/")
    row.refresh_from_db()
    assert row.state == Due.State.DEAD
    assert operator.post(f"/engine/{2**70}/try-again/").status_code == 404
