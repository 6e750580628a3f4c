"""The Python SDK against a real gate."""

import pytest
from andon import Gate

from programs.models import StopProof
from tests import make
from tests.gate.served import HOST, caller, known, until
from tests.gate.test_pause import pause

pytestmark = pytest.mark.process


def sdk(one):
    url = f"http://{HOST}:{one.gate.port}"
    return Gate(one.collector.program.slug, url=url, token=one.token)


def test_a_collector_that_uses_the_sdk_stops_at_once_and_its_word_is_stored(collector):
    with sdk(collector) as permit:
        assert permit.wait(10)

        pause(collector.collector.program)

        until(lambda: not permit.allowed(), seconds=1.5)
        assert permit.wait_acknowledged(10)
        until(lambda: permit.state.acknowledged == 2)
    proof = StopProof.objects.get(collector=collector.collector)
    assert (proof.state, proof.order.proof) == ("acknowledged", "paused_proven")


def test_a_collector_that_uses_the_sdk_goes_on_when_another_dataset_is_paused(gate):
    program = make.program()
    one, other = (caller(gate, program, dataset=make.dataset(program)) for _ in range(2))
    known(gate)
    with sdk(one) as permit:
        assert permit.wait(10)

        pause(program, dataset=other.collector.dataset)

        until(lambda: other.lease()[0] == 409)
        assert permit.allowed()
        assert (permit.state.generation, permit.state.run) == (1, 1)


def test_a_collector_that_uses_the_sdk_changes_over_to_the_gate_that_stays(gates):
    first = gates()
    until(first.ready)
    one = caller(first)
    known(first)
    with sdk(one) as permit:
        assert permit.wait(10)
        first.end()

        second = gates(port=first.port)
        until(second.ready)
        until(lambda: second.figure("andon_gate_streams") == 1 and permit.allowed())
