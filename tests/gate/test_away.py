"""The database goes away, or a gate does."""

import json
import signal
import socket
import tempfile
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from programs.models import Lease, StopProof
from tests import make
from tests.gate.served import HOST, caller, database_url, known, until
from tests.gate.tap import Tap
from tests.gate.test_pause import pause
from tests.together import at_once

pytestmark = pytest.mark.process

STALE_SECONDS = 3.0


@pytest.fixture(scope="module")
def tap(committed):
    server = connection.settings_dict
    if not server["HOST"].startswith("/"):
        pytest.skip("the tap is for a server on this machine")
    with tempfile.TemporaryDirectory(prefix="andon-tap-") as folder:
        one = Tap(Path(folder), server=server["HOST"], port=int(server["PORT"] or 5432))
        one.folder = folder
        yield one
        one.close()


@pytest.fixture(scope="module")
def behind_the_tap(gates, tap):
    """For the whole module; its last test ends it."""
    return gates(database=database_url(host=tap.folder))


@pytest.fixture
def tapped(behind_the_tap, tap):
    until(behind_the_tap.ready)
    yield behind_the_tap
    tap.open()


@pytest.fixture
def collector(tapped):
    """A collector that the tapped gate knows."""
    one = caller(tapped)
    known(tapped)
    return one


@pytest.mark.parametrize("way", ["shut", "silence"])
def test_without_its_database_a_gate_extends_nothing_after_three_seconds(tap, collector, way):
    _, held = collector.lease()

    getattr(tap, way)()
    began = time.monotonic()
    answers = [(time.monotonic() - began, collector.lease(generation=1)[0])]
    while answers[-1][1] == 200:
        answers.append((time.monotonic() - began, collector.lease(generation=1)[0]))
        time.sleep(0.05)

    assert answers[-1][1] == 503
    assert len(answers) > 1
    assert 1.5 < answers[-1][0] < STALE_SECONDS + 0.5
    assert collector.acknowledge(held, generation=2)[0] == 503
    assert collector.gate.get("/readyz")[0] == 503
    assert collector.gate.get("/healthz")[0] == 200


@pytest.mark.parametrize("way", ["shut", "silence"])
def test_a_database_that_comes_back_is_used_again_at_once(tap, collector, way):
    collector.lease()
    getattr(tap, way)()
    until(lambda: collector.lease()[0] == 503)

    tap.open()

    until(lambda: collector.lease()[0] == 200, seconds=6)
    granted = Lease.objects.get(collector=collector.collector)
    until(Lease.objects.filter(pk=granted.pk, renewed_at__gt=granted.renewed_at).exists, seconds=3)


def test_a_question_that_takes_its_time_is_judged_by_the_copy_of_its_end(tap, collector):
    collector.lease()
    body = json.dumps(collector.question(generation=1)).encode()
    head = (
        "POST /v1/lease HTTP/1.1\r\nhost: gate\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {collector.token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((HOST, collector.gate.port), timeout=10) as line:
        line.sendall(head.encode() + body[:9])
        tap.shut()
        until(lambda: collector.lease()[0] == 503)
        line.sendall(body[9:])

        assert line.recv(65536).startswith(b"HTTP/1.1 503 ")


def test_without_its_database_no_first_lease_is_granted(tap, collector):
    tap.shut()

    assert collector.lease()[0] == 503
    assert not Lease.objects.filter(collector=collector.collector).exists()


def test_renewals_that_cannot_be_written_are_not_given_for_long(collector):
    collector.lease()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE programs_lease IN EXCLUSIVE MODE")
        assert collector.lease(generation=1)[0] == 200
        began = time.monotonic()
        until(lambda: collector.lease(generation=1)[0] == 503, seconds=10)

    # A third of the lease and two seconds; a pause could take an older row for run out.
    assert 4 < time.monotonic() - began < 9
    until(lambda: collector.lease(generation=1)[0] == 200)


def test_one_program_that_somebody_keeps_locked_does_not_hold_up_the_others(tapped, collector):
    locked, free = collector.collector.program, make.program()
    refused, granted = ([caller(tapped, program) for _ in range(4)] for program in (locked, free))
    known(tapped)
    with transaction.atomic():
        type(locked).objects.select_for_update().get(pk=locked.pk)

        answers = at_once(*(one.lease for one in refused + granted))

    assert [status for status, _ in answers] == [503] * 4 + [200] * 4
    assert collector.lease()[0] == 200


def test_a_gate_that_was_frozen_extends_nothing_before_it_has_read_again(collector):
    collector.lease()
    collector.gate.process.send_signal(signal.SIGSTOP)
    pause(collector.collector.program)
    time.sleep(STALE_SECONDS + 0.3)
    collector.gate.process.send_signal(signal.SIGCONT)

    statuses = {collector.lease(generation=1)[0] for _ in range(20)}

    assert statuses <= {503, 409}


def test_a_restarted_gate_knows_the_leases_and_writes_none_of_them_again(gates):
    first = gates()
    until(first.ready)
    one = caller(first, make.program(lease_seconds=60))
    known(first)
    key = one.lease()[1]["signing_key"]
    first.end(signal.SIGKILL)

    second = gates(port=first.port)
    until(second.ready)
    status, said = one.lease(generation=1)

    assert (status, said["signing_key"]) == (200, key)
    assert second.figure('andon_gate_leases_total{how="memory"}') == 1


def test_what_was_renewed_is_written_before_a_gate_ends(gates):
    gate = gates()
    until(gate.ready)
    one = caller(gate)
    known(gate)
    one.lease()
    one.lease(generation=1)
    granted = Lease.objects.get(collector=one.collector)

    assert gate.end() == 0

    assert Lease.objects.get(pk=granted.pk).renewed_at > granted.granted_at


def test_a_gate_that_leaves_says_so_on_each_stream_and_ends_within_seconds(gates):
    gate = gates()
    until(gate.ready)
    one = caller(gate)
    known(gate)
    streams = [one.stream() for _ in range(3)]
    for stream in streams:
        stream.event()
    began = time.monotonic()

    gate.process.send_signal(signal.SIGTERM)

    assert [stream.event() for stream in streams] == [("drain", {})] * 3
    assert gate.end() == 0
    assert time.monotonic() - began < 6


def test_an_acknowledgement_reaches_another_gate_when_the_first_is_gone(gate, gates):
    first = gates()
    until(first.ready)
    one = caller(first)
    known(first)
    held = one.lease()[1]
    first.end(signal.SIGKILL)
    pause(one.collector.program)

    one.gate = gate
    until(lambda: one.acknowledge(held, generation=2)[0] == 200)

    assert StopProof.objects.get(collector=one.collector).state == "acknowledged"


def test_a_gate_whose_database_fell_silent_can_still_be_ended(tap, collector):
    collector.lease()
    tap.silence()
    until(lambda: collector.lease()[0] == 503)

    assert collector.gate.end() == 0
