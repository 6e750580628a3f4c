"""The page of a program's drills."""

import pytest
from django.urls import reverse

from accounts.functions import Function
from incidents import drills
from incidents.models import Drill, DrillScope
from programs import pauses
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    made = make.program()
    make.collector(made, is_drill=True)
    return made


def url(program):
    return reverse("incidents:drills", args=[program.slug])


def planned(program):
    return drills.plan(program, DrillScope.COLLECTORS, actor=make.actor(program.owner))


def test_the_owner_plans_a_drill_and_calls_it_off(client, program):
    client.force_login(program.owner)
    said = {"scope": "collectors", "when": "", "window_minutes": 30}
    page = client.post(url(program), said, follow=True)
    assert "The drill is planned." in page.content.decode()
    drill = Drill.objects.get()
    client.post(reverse("incidents:cancel-drill", args=[program.slug, drill.pk]))
    drill.refresh_from_db()
    assert drill.state == Drill.State.CANCELLED


def test_what_cannot_be_planned_is_said_on_the_page(client, program):
    client.force_login(program.owner)
    planned(program)
    said = {"scope": "collectors", "when": "", "window_minutes": 30}
    page = client.post(url(program), said)
    assert page.status_code == 409
    assert "ahead or under way already" in page.content.decode()
    assert client.post(url(program), said | {"window_minutes": 0}).status_code == 422


def test_a_responder_reads_and_plans_nothing(client, program):
    drill = planned(program)
    client.force_login(make.user(Function.RESPONDER))
    page = client.get(url(program))
    assert page.status_code == 200
    assert "Plan a drill" not in page.content.decode()
    assert client.post(url(program), {"scope": "whole"}).status_code in (403, 404)
    refused = client.post(reverse("incidents:cancel-drill", args=[program.slug, drill.pk]))
    assert refused.status_code in (403, 404)


def test_a_drill_of_another_program_is_not_found(client, program):
    drill = planned(program)
    other = make.program(owner=program.owner)
    client.force_login(program.owner)
    gone = client.post(reverse("incidents:cancel-drill", args=[other.slug, drill.pk]))
    assert gone.status_code == 404


@pytest.mark.parametrize("is_drill", [True, False])
def test_every_page_of_a_stop_says_whether_it_was_a_drill(client, program, is_drill):
    make.lease(program.collectors.get())
    order = pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, is_drill=is_drill
    ).order
    client.force_login(program.owner)
    pages = [
        reverse("programs:stop", args=[program.slug, order.generation]),
        reverse("programs:proof", args=[program.slug, order.generation]),
        reverse("incidents:for-participants", args=[program.slug]),
    ]
    for page in pages:
        assert ("tag--drill" in client.get(page).content.decode()) is is_drill, page
