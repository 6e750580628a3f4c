import contextlib
import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from andon.processes import Watchdog, _descendants
from andon.wire import read_time

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name != "posix", reason="the wrapper needs process groups"),
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux adopts and kills orphans")

TOKEN = "andon_c_k7_s3cret"
SDK = Path(__file__).parent.parent
PATIENCE = 60.0


class Wrapper:
    """`andon run` as a process of its own, with what it says line by line."""

    def __init__(self, url, *words):
        environment = {**os.environ, "ANDON_GATE_URL": url, "ANDON_TOKEN": TOKEN}
        environment.update(ANDON_PROGRAM="study", PYTHONPATH=str(SDK))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "andon", "run", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said, self.heard = queue.Queue(), []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.put(line)

    def until_said(self, words):
        while True:
            line = self.said.get(timeout=PATIENCE)
            self.heard.append(line)
            if words in line:
                return line

    def code(self):
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE)
        self.process.stderr.close()


@pytest.fixture
def wrap(server):
    made = []

    def start(*words, url=server.url):
        made.append(Wrapper(url, *words))
        return made[-1]

    yield start
    for wrapper in made:
        wrapper.close()


def python(text):
    return [sys.executable, "-c", text]


def shell(text):
    return ["sh", "-c", text]


def until(true):
    """Wait for what announces itself to nobody: a file, the end of a process not our own."""
    deadline = time.monotonic() + PATIENCE
    while not (value := true()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value


def pids(path, count):
    def read():
        words = path.read_text().split() if path.exists() else []
        return [int(word) for word in words] if len(words) >= count else None

    return until(read)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return not Path("/proc").exists()


STUBBORN = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
time.sleep(60)
"""


def test_a_command_runs_when_it_is_allowed_and_its_exit_code_is_passed_on(wrap):
    assert wrap("--", *shell("exit 7")).code() == 7


def test_a_command_that_a_signal_ends_gives_128_and_the_signal(wrap):
    assert wrap("--", *shell("kill -9 $$")).code() == 128 + 9


def test_a_command_never_starts_when_it_is_refused(wrap, server, tmp_path):
    server.state = "paused"
    wrapper = wrap("--", "touch", str(tmp_path / "started"))
    server.until_asked(status="starting")
    wrapper.until_said("not collecting: the program is paused, held by Amber Otter")
    assert not (tmp_path / "started").exists()
    assert wrapper.process.poll() is None


def test_a_command_never_starts_without_a_gate(wrap, closed_port_url, tmp_path):
    wrapper = wrap("--", "touch", str(tmp_path / "started"), url=closed_port_url)
    wrapper.until_said("not collecting: no lease yet; the gate did not answer")
    wrapper.process.send_signal(signal.SIGTERM)
    assert wrapper.code() == 128 + signal.SIGTERM
    assert not (tmp_path / "started").exists()


def test_a_stop_is_acknowledged_only_when_the_whole_group_is_gone(wrap, server, tmp_path):
    alive = []
    file = tmp_path / "pids"
    stubborn = shlex.join(python(STUBBORN) + [str(file)])
    wrapper = wrap("--grace", "0.3", "--", *shell(f"trap '' TERM; {stubborn} & {stubborn}"))
    children = pids(file, 2)

    def on_ack(ack):
        alive.append([pid for pid in children if is_alive(pid)])
        return 200, {"state": "acknowledged", "generation": ack["generation"]}

    server.on_ack = on_ack
    paused_at = time.time()
    server.pause()
    ack = server.acks.get(timeout=PATIENCE)
    assert alive == [[]]
    assert read_time(ack["stopped_at"]) - paused_at > 0.2
    wrapper.until_said("still there after 0.3 s, killing")


@linux
def test_a_process_that_left_the_group_is_stopped_too(wrap, server, tmp_path):
    file = tmp_path / "pids"
    stubborn = shlex.join(python(STUBBORN) + [str(file)])
    leave = f"import os; os.fork() and os._exit(0); os.setsid(); os.system({stubborn!r})"
    wrap("--grace", "0.2", "--", *shell(f"{shlex.join(python(leave))}; sleep 600"))
    (stray,) = pids(file, 1)
    server.pause()
    server.acks.get(timeout=PATIENCE)
    assert not is_alive(stray)


def test_a_command_that_stops_politely_is_not_waited_for(wrap, server, tmp_path):
    file = tmp_path / "pids"
    wrap("--grace", "600", "--", *shell(f"echo $$ > {file}; exec sleep 600"))
    (child,) = pids(file, 1)
    server.pause()
    server.acks.get(timeout=PATIENCE)
    assert not is_alive(child)


def test_a_command_starts_again_when_its_program_goes_on(wrap, server, tmp_path):
    file = tmp_path / "generations"
    wrap("--", *shell(f"echo $ANDON_RUN_GENERATION >> {file}; exec sleep 600"))
    assert pids(file, 1) == [7]
    server.pause()
    server.acks.get(timeout=PATIENCE)
    server.resume()
    assert pids(file, 2) == [7, 9]


def test_a_lost_gate_stops_the_command_when_the_lease_ends(wrap, server, tmp_path):
    file = tmp_path / "pids"
    wrapper = wrap("--grace", "0.2", "--", *python(STUBBORN), str(file))
    (child,) = pids(file, 1)
    server.lease_seconds = 0.5
    server.until_asked_anew()
    server.on_lease = server.hang
    until(lambda: not is_alive(child))
    wrapper.until_said("the lease ran out")
    assert server.acks.empty()
    server.on_lease = None


def test_once_means_no_second_start(wrap, server, tmp_path):
    file = tmp_path / "pids"
    wrapper = wrap("--once", "--", *shell(f"echo $$ > {file}; exec sleep 600"))
    pids(file, 1)
    server.pause()
    assert wrapper.code() == 3
    assert server.acks.get(timeout=PATIENCE)["generation"] == 8


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1]
)
def test_signals_are_passed_on(wrap, tmp_path, number):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("ignored where this suite runs, and so by the wrapper too")
    file = tmp_path / "ready"
    command = shell(f"trap 'exit {40 + number}' {int(number)}; echo 1 > {file}; "
                    "while :; do sleep 0.05; done")  # fmt: skip
    wrapper = wrap("--", *command)
    pids(file, 1)
    wrapper.process.send_signal(number)
    assert wrapper.code() == 40 + number


def test_a_signal_before_the_start_ends_the_wrapper(wrap, server):
    server.state = "paused"
    wrapper = wrap("--", "true")
    wrapper.until_said("not collecting")
    wrapper.process.send_signal(signal.SIGTERM)
    assert wrapper.code() == 128 + signal.SIGTERM


def test_a_signal_for_the_command_does_not_end_a_wrapper_that_waits(wrap, server):
    server.state = "paused"
    wrapper = wrap("--", *shell("exit 7"))
    wrapper.until_said("not collecting: the program is paused")
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
        wrapper.process.send_signal(number)
    server.resume()
    assert wrapper.code() == 7


def test_a_terminated_wrapper_does_not_start_its_command_again(wrap, tmp_path):
    file = tmp_path / "pids"
    wrapper = wrap("--restart", "always", "--", *shell(f"echo $$ >> {file}; exec sleep 600"))
    pids(file, 1)
    wrapper.process.send_signal(signal.SIGTERM)
    assert wrapper.code() == 128 + signal.SIGTERM
    assert len(pids(file, 1)) == 1


@linux
def test_a_killed_wrapper_leaves_nothing_running(wrap, tmp_path):
    file = tmp_path / "pids"
    stubborn = shlex.join(python(STUBBORN) + [str(file)])
    wrapper = wrap("--", *shell(f"trap '' TERM; {stubborn} & {stubborn}"))
    children = pids(file, 2)
    wrapper.process.kill()
    until(lambda: not any(is_alive(pid) for pid in children))


@linux
def test_without_a_watchdog_the_kernel_still_kills_the_command(wrap, tmp_path):
    file = tmp_path / "pids"
    wrapper = wrap("--", *python(STUBBORN), str(file))
    (child,) = pids(file, 1)
    below = {process.pid for process in _descendants(wrapper.process.pid)}
    (watchdog,) = below - {child}
    os.kill(watchdog, signal.SIGKILL)
    until(lambda: not is_alive(watchdog))
    wrapper.process.kill()
    until(lambda: not is_alive(child))


def test_a_wrapper_that_is_ended_during_a_stop_still_acknowledges_it(wrap, server, tmp_path):
    file = tmp_path / "pids"
    wrapper = wrap("--grace", "0.5", "--", *python(STUBBORN), str(file))
    (child,) = pids(file, 1)
    server.pause()
    wrapper.until_said("stopping")
    wrapper.process.send_signal(signal.SIGTERM)
    assert wrapper.code() == 128 + signal.SIGTERM
    assert not is_alive(child)
    assert server.acks.get_nowait()["generation"] == 8


@linux
def test_a_frozen_wrapper_does_not_let_its_command_outlive_the_lease(wrap, server, tmp_path):
    server.lease_seconds = 2.0
    file = tmp_path / "pids"
    wrapper = wrap("--grace", "0.1", "--", *python(STUBBORN), str(file))
    (child,) = pids(file, 1)
    wrapper.process.send_signal(signal.SIGSTOP)
    until(lambda: not is_alive(child))
    server.lease_seconds = 10.0
    wrapper.process.send_signal(signal.SIGCONT)
    assert len(pids(file, 2)) == 2
    wrapper.process.kill()


def ignores(pid, number):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("SigIgn:")[2].split()[0], 16) >> (number - 1) & 1


@linux
def test_the_watchdog_outlives_the_signals_that_end_a_wrapper():
    watchdog = Watchdog()
    watchdog.start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        until(lambda number=number: ignores(watchdog.pid, number))
    watchdog.close()


def test_what_a_command_leaves_behind_is_ended_before_it_starts_again(wrap, tmp_path):
    file, alive = tmp_path / "pids", tmp_path / "alive"
    stubborn = shlex.join(python(STUBBORN) + [str(file)])
    again = f"kill -0 $(cat {file}) && touch {alive}; exit 0"
    first = f"{stubborn} & while ! test -s {file}; do sleep 0.02; done; exit 5"
    command = shell(f"if test -s {file}; then {again}; else {first}; fi")
    assert wrap("--grace", "0.2", "--restart", "on-failure", "--", *command).code() == 0
    assert file.exists()
    assert not alive.exists()


def test_a_failed_command_is_started_again_until_it_succeeds(wrap, tmp_path):
    file = tmp_path / "tries"
    command = shell(f"echo 1 >> {file}; test $(wc -l < {file}) -ge 2 || exit 9")
    wrapper = wrap("--restart", "on-failure", "--", *command)
    assert wrapper.code() == 0
    assert len(pids(file, 2)) == 2


def test_a_command_that_always_restarts_restarts_after_success(wrap, tmp_path):
    file = tmp_path / "runs"
    wrap("--restart", "always", "--", *shell(f"echo 1 >> {file}"))
    pids(file, 2)


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [("no-such-command-here", 127, "command not found"), ("/", 126, "cannot run /")],
)
def test_a_command_that_cannot_run_ends_as_in_a_shell(wrap, command, code, words):
    wrapper = wrap("--", command)
    wrapper.until_said(words)
    assert wrapper.code() == code


def test_the_command_does_not_get_the_token(wrap, tmp_path):
    file = tmp_path / "environment"
    assert wrap("--", *shell(f"env > {file}")).code() == 0
    assert "s3cret" not in file.read_text()
    assert "ANDON_RUN_GENERATION=7" in file.read_text()


def test_the_command_dies_of_a_broken_pipe_as_without_a_wrapper(wrap, tmp_path):
    file = tmp_path / "code"
    wrap("--", "bash", "-c", f"(yes; echo $? > {file}) | head -1").code()
    assert pids(file, 1) == [128 + signal.SIGPIPE]


def test_nothing_the_wrapper_says_holds_the_token(wrap, server):
    server.on_lease = lambda _: (401, {"detail": "This token was revoked."})
    wrapper = wrap("--", "true")
    wrapper.until_said("This token was revoked.")
    assert "s3cret" not in "".join(wrapper.heard)


def test_the_example_collects_only_while_it_may(server, tmp_path, wrap):
    file = tmp_path / "records"
    example = str(SDK / "examples" / "file_collector.py")
    wrap("--", sys.executable, example, str(file), "0.01")
    until(lambda: file.exists() and "generation=7" in file.read_text())
    server.pause()
    server.acks.get(timeout=PATIENCE)
    size = file.stat().st_size
    server.until_asked_anew()
    assert file.stat().st_size == size
