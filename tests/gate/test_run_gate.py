import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from programs.gate import server
from tests import make
from tests.gate.served import caller, known, until
from tests.gate.test_pause import pause

pytestmark = pytest.mark.process


def run(*words, **env):
    return subprocess.run(
        [sys.executable, "manage.py", "run_gate", *words],
        cwd=settings.BASE_DIR,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_is_refused_with_a_sentence(gate):
    ended = run("--port", str(gate.port))

    assert ended.returncode == 1
    assert f"Port {gate.port} on 127.0.0.1 is in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_of_another_machine_is_refused_with_a_sentence():
    ended = run("--host", "192.0.2.1")

    assert ended.returncode == 1
    assert "Cannot listen on 192.0.2.1, port 8001:" in ended.stderr


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--port", "0"], "1 to 65535"),
        (["--port", "99999999"], "1 to 65535"),
        (["--workers", "65"], "1 to 64"),
        (["--workers", "two"], "1 to 64"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(words, allowed, monkeypatch):
    monkeypatch.delattr(server, "listen")
    with pytest.raises(CommandError, match=allowed):
        call_command("run_gate", *words)


def test_a_signal_that_comes_while_it_starts_is_not_lost(gates):
    gate = gates()
    until(lambda: "gate_started" in gate.said(), every=0)

    assert gate.end(seconds=5) == 0


@pytest.fixture(scope="module")
def pair(gates):
    """For all tests of several processes; the last one ends it."""
    gate = gates(workers=2)
    until(lambda: gate.said().count("gate_started") == 2 and gate.ready())
    return gate


def children(gate) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(gate.process.pid)], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


def test_several_processes_serve_one_port_and_one_scrape_adds_them_up(pair):
    one = caller(pair)
    known(pair)
    streams = [one.stream() for _ in range(6)]

    assert [stream.event()[1]["state"] for stream in streams] == ["collecting"] * 6
    assert len(children(pair)) == 2
    assert pair.figure("andon_gate_streams") == 6


def test_every_process_knows_of_a_pause(pair):
    program = make.program()
    callers = [caller(pair, program) for _ in range(20)]
    known(pair)
    streams = [each.stream() for each in callers]
    for stream in streams:
        stream.event()
    assert {each.lease()[0] for each in callers} == {200}

    pause(program)

    assert [stream.event()[1]["state"] for stream in streams] == ["paused"] * 20
    until(lambda: {each.lease()[0] for each in callers} == {409})


def test_a_process_that_dies_is_started_again(pair):
    before = children(pair)

    os.kill(before[0], signal.SIGKILL)

    until(lambda: len(set(children(pair)) - set(before)) == 1)
    until(pair.ready)


def test_no_process_outlives_the_one_that_started_it(pair):
    left = children(pair)

    pair.end(signal.SIGKILL)

    until(lambda: not any(map(alive, left)))


def alive(pid) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_figures_are_for_this_machine_unless_a_token_is_set(gate):
    assert "andon_gate_copy_age_seconds" in gate.get("/metrics")[1]
    assert gate.get("/metrics", **{"X-Forwarded-For": "192.0.2.1"})[0] == 403


def test_the_figures_are_for_whoever_has_the_token_where_one_is_set(gates):
    gate = gates(env={"ANDON_METRICS_TOKEN": "a-token-of-some-length"})
    until(gate.ready)

    assert gate.get("/metrics")[0] == 401
    assert gate.get("/metrics", Authorization="Bearer another")[0] == 401
    assert gate.get("/metrics", Authorization="Bearer a-token-of-some-length")[0] == 200
    ended_well(gate, signal.SIGINT)


def ended_well(gate, number):
    assert gate.end(number) == 0
    assert "Traceback" not in gate.said()


def test_a_gate_that_has_read_nothing_yet_lives_and_is_not_ready(gates):
    gate = gates(database="postgres://nobody@127.0.0.1:1/nowhere")

    until(lambda: gate.get("/healthz")[0] == 200)
    assert gate.get("/readyz")[0] == 503
    ended_well(gate, signal.SIGTERM)
