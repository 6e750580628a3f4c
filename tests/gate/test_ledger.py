import time
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from programs.gate.ledger import note_or_give_way
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
