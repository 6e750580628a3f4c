"""What was attested is told of 30, 14 and 3 days before it ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due, OutboxEvent
from programs import attestation, reminders
from programs.evidence import Shown
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


@pytest.fixture
def program():
    return make.draft(jurisdictions=["FR"])


def approved(program, id_="G01", by=Function.PRIVACY_OFFICER, **shown):
    control = attestation.control_of(id_)
    shown = Shown(**({"note": "x"} | shown))
    row = attestation.attest(program, control, shown, actor=make.actor(program.owner))
    return attestation.approve(row, actor=make.actor(make.user(by)))


def told():
    events = OutboxEvent.objects.filter(topic="program.control_ending").order_by("pk")
    return [(event.payload["control"], event.payload["days"]) for event in events]


def test_its_end_is_told_of_three_times_ahead(program, engine):
    row = approved(program)
    due = Due.objects.filter(kind=reminders.REMIND).order_by("due_at")
    assert [row.good_until - each.due_at for each in due] == [
        timedelta(days=30),
        timedelta(days=14),
        timedelta(days=3),
    ]
    engine.forward(days=340)
    assert told() == [("G01", 30)]
    engine.forward(days=24)
    assert told() == [("G01", 30), ("G01", 14), ("G01", 3)]


def test_what_is_old_already_is_told_of_from_now_on_alone(program):
    approved(program, as_of=timezone.now() - timedelta(days=345))
    assert Due.objects.filter(kind=reminders.REMIND).count() == 2


def test_what_counts_for_a_day_is_told_of_never(program):
    scan = attestation.control_of("G11")
    attestation.attest_by_machine(program, scan, Shown(note="x"), actor=make.SYSTEM)
    assert not Due.objects.filter(kind=reminders.REMIND).exists()


def test_what_was_renewed_or_ended_is_not_told_of(program, engine):
    approved(program)
    renewed = approved(program)
    approved(program, "G06")
    control = attestation.control_of("G06")
    attestation.revoke(program, control, reason="x", actor=make.actor(program.owner))
    engine.forward(days=340)
    ending = OutboxEvent.objects.filter(topic="program.control_ending")
    assert [event.payload["attestation"] for event in ending] == [renewed.pk]


def test_each_is_told_of_once_however_often_the_engine_comes(program, engine):
    row = approved(program)
    reminders.plan(row, attestation.control_of("G01"))
    assert Due.objects.filter(kind=reminders.REMIND).count() == 3
    engine.forward(days=340)
    engine.work()
    reminders.plan(row, attestation.control_of("G01"))
    engine.work()
    assert told() == [("G01", 30)]
