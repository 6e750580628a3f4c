"""Gates side by side: each says where it is, and collectors hear of all that live."""

import signal
from datetime import timedelta

import pytest
from django.db.models import F

from programs.models import GateProcess
from tests.gate.served import caller, known, until

pytestmark = pytest.mark.process
ONE, OTHER = "https://one.example", "https://two.example/gate"


@pytest.fixture
def pair(gates):
    """Two gates with an address each, and a collector of one of them."""
    one, other = (gates(env={"ANDON_GATE_PUBLIC_URL": url}) for url in (ONE, OTHER))
    until(lambda: one.ready() and other.ready())
    one.collector = caller(one)
    known(one)
    until(lambda: named(one) == [ONE, OTHER])
    yield one, other
    for gate in (one, other):
        gate.end()
    GateProcess.objects.all().delete()


def named(gate):
    status, said = gate.collector.lease()
    assert status == 200
    return said["gates"]


def test_a_gate_that_goes_down_is_named_no_more(pair):
    one, other = pair

    other.end()

    assert not GateProcess.objects.filter(url=OTHER).exists()
    until(lambda: named(one) == [ONE], seconds=3)


def test_a_gate_that_died_is_named_no_more_once_its_last_beat_is_old(pair):
    one, other = pair
    other.end(signal.SIGKILL)
    assert named(one) == [ONE, OTHER]

    # Ten seconds pass for the one that cannot beat any more.
    GateProcess.objects.filter(url=OTHER).update(seen_at=F("seen_at") - timedelta(seconds=10))

    until(lambda: named(one) == [ONE], seconds=3)


def test_a_gate_without_an_address_is_not_named(gate, collector):
    assert collector.lease()[1]["gates"] == []
    assert not GateProcess.objects.exists()


def test_it_beats_on_and_tells_how_many_listen(pair):
    one, _other = pair
    one.collector.stream()

    until(GateProcess.objects.filter(url=ONE, streams=1).exists, seconds=8)
