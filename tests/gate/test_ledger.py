import asyncio
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from programs import pauses, stops, violations
from programs.gate.figures import Figures
from programs.gate.holdings import Holdings
from programs.gate.ledger import Ledger, note_or_give_way
from programs.gate.registry import Registry
from programs.leases import Renewal
from programs.models import Lease
from tests import make
from tests.together import at_once

# The database breaks off one of those who wait for each other after this.
DEADLOCK_SECONDS = 1.0


@pytest.fixture
def renewal(committed):
    collector = make.collector(make.program())
    make.lease(collector)
    now = timezone.now()
    return Renewal(collector.pk, 1, at=now, expires_at=now + timedelta(seconds=60))


def test_a_note_is_written(renewal):
    note_or_give_way([renewal])

    assert Lease.objects.get(collector=renewal.collector_id).expires_at == renewal.expires_at


def test_a_note_gives_way_to_a_pause_long_before_a_deadlock_would_be_broken_off(renewal):
    began = time.monotonic()
    with transaction.atomic():
        Lease.objects.select_for_update().get(collector=renewal.collector_id)
        (outcome,) = at_once(lambda: note_or_give_way([renewal]))

    assert isinstance(outcome, OperationalError)
    assert time.monotonic() - began < DEADLOCK_SECONDS


def test_a_program_that_is_kept_locked_holds_up_its_own_words_only(committed, monkeypatch):
    orders = [stopped(), stopped(), stopped()]
    monkeypatch.setattr(violations, "acknowledge", impatient(violations.acknowledge))
    ledger = Ledger(Registry(), Holdings(master=b""), figures=Figures())
    with transaction.atomic():
        stops.lock(orders[1].pk)
        words = [word(order) for order in (*orders, orders[0])]
        outcomes = asyncio.run(ledger._write_words(words))
    asyncio.run(ledger.close())

    assert [outcome.name for outcome in outcomes] == [
        "STORED",
        "NOTHING_WRITTEN",
        "STORED",
        "STORED",
    ]


def stopped():
    program = make.program()
    make.lease(make.collector(program))
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    return program.stop_orders.get()


def word(order):
    collector = order.program.collectors.get()
    return stops.Acknowledgement(
        collector.pk, order.program_id, order.generation, order.ordered_at, "empty", 1
    )


def impatient(acknowledge):
    """As in a gate, which does not wait for a lock for long."""

    def write(words):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return acknowledge(words)

    return write
