import os
import signal
import time

import pytest

from andon.permit import State
from andon.processes import Watchdog
from andon.run import Plan, Supervisor

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the wrapper needs process groups")


def test_a_watchdog_that_has_died_is_replaced():
    watchdog = Watchdog()
    watchdog.start()
    first = watchdog.pid
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    watchdog.watch(0, until=0)
    watchdog.start()
    assert watchdog.pid != first
    watchdog.close()


class Closed:
    """Stands in for a gate that never allows."""

    state = State(
        "study", None, allowed=False, seconds_left=0, reason="why", acknowledged=None, run=0
    )

    def allowed(self):
        return False


def test_a_wrapper_that_waits_says_why_every_half_minute(caplog):
    caplog.set_level("INFO", "andon.run")
    supervisor = Supervisor(Plan(["true"]))
    supervisor._look(Closed())
    assert not caplog.text
    supervisor._remind_at = time.monotonic()
    supervisor._look(Closed())
    supervisor._look(Closed())
    assert caplog.text.count("the command does not run: why") == 1
    assert 29 < supervisor._remind_at - time.monotonic() <= 30


def test_a_command_that_the_system_does_not_start_is_126(monkeypatch, caplog):
    def refuse(*_, **__):
        raise OSError("no memory")

    monkeypatch.setattr("andon.run.Tree", refuse)
    assert Supervisor(Plan(["true"]))._start(Closed()) == 126
    assert "cannot start true: no memory" in caplog.text


class Open(Closed):
    """Stands in for a gate that allows."""

    def allowed(self):
        return True


def test_nothing_starts_before_the_gate_has_said_that_it_may(monkeypatch):
    # What is started on allowed() alone, the gate may not know of, and would not halt.
    started = []
    monkeypatch.setattr("andon.run.Tree", lambda *_, **__: started.append(1) or Quiet())
    supervisor = Supervisor(Plan(["true"]))
    supervisor._next(Open())
    assert not started
    supervisor.start(Open.state)
    supervisor._next(Open())
    assert started


class Quiet:
    """Stands in for a command."""

    pid = 0
