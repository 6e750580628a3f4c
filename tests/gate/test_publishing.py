"""Gates side by side: each says where it is, and collectors hear of all that live."""

import signal
from datetime import timedelta

import pytest
from django.db.models import F

from programs.models import GateProcess
from tests.gate.served import caller, known, until

pytestmark = pytest.mark.process
ONE, OTHER = "https://one.example", "https://two.example/gate"


@pytest.fixture(scope="module")
def one(gates):
    """A gate with an address, and a collector of it."""
    gate = gates(env={"ANDON_GATE_PUBLIC_URL": ONE})
    until(gate.ready)
    gate.collector = caller(gate)
    known(gate)
    return gate


@pytest.fixture
def other(gates, one):
    gate = gates(env={"ANDON_GATE_PUBLIC_URL": OTHER})
    until(lambda: named(one) == [ONE, OTHER])
    yield gate
    gate.end()
    GateProcess.objects.filter(url=OTHER).delete()


def named(gate):
    status, said = gate.collector.lease()
    assert status == 200
    return said["gates"]


# Before any that has one: they share their database.
def test_a_gate_without_an_address_is_not_named(gate, collector):
    assert collector.lease()[1]["gates"] == []
    assert not GateProcess.objects.exists()


def test_a_gate_that_goes_down_is_named_no_more(one, other):
    other.end()

    assert not GateProcess.objects.filter(url=OTHER).exists()
    until(lambda: named(one) == [ONE], seconds=3)


def test_a_gate_that_died_is_named_no_more_once_its_last_beat_is_old(one, other):
    other.end(signal.SIGKILL)
    assert named(one) == [ONE, OTHER]

    # Ten seconds pass for the one that cannot beat any more.
    GateProcess.objects.filter(url=OTHER).update(seen_at=F("seen_at") - timedelta(seconds=10))

    until(lambda: named(one) == [ONE], seconds=3)


def test_it_beats_on_and_tells_how_many_listen(one):
    one.collector.stream()

    until(GateProcess.objects.filter(url=ONE, streams=1).exists, seconds=8)
