import os
import select
import signal
import socket
import time

import pytest

from tests.launch.launcher import eventually, processes_of, staged

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("launchers")]

STAY = 'touch "$READY"; while :; do sleep 0.05; done'
SAY_GOODBYE = f"trap 'echo \"$NAME\" >> order; exit 0' TERM; {STAY}"
IGNORE = f'trap "" TERM; {STAY}'


def of(name, script=STAY, **more):
    return {"name": name, "script": script, **more}


def pid_of(folder, name):
    return int((folder / f"{name}.pid").read_text())


def test_collectors_stop_first_and_servers_last(folder):
    launcher = staged(
        folder,
        [of("database", SAY_GOODBYE, stage="SERVERS")],
        [of("gate", SAY_GOODBYE)],
        [of("laptop", SAY_GOODBYE, stage="COLLECTORS")],
    )
    launcher.until("all up")

    assert launcher.stop(signal.SIGTERM) == 0
    assert (folder / "order").read_text().split() == ["laptop", "gate", "database"]


def test_a_dead_child_starts_again_after_a_growing_wait(folder):
    dies_twice = f'echo >> lives; touch "$READY"; [ $(wc -l < lives) -gt 2 ] || exit 3; {STAY}'

    launcher = staged(folder, [of("engine", dies_twice)])

    launcher.until(r"engine ended \(exit 3\); next start in 0\.5 s, see .*/log/engine\.log")
    launcher.until(r"engine ended \(exit 3\); next start in 1 s")
    launcher.until(r"(engine started again\n[^$]*){2}")
    assert launcher.stop(signal.SIGINT) == 0


def test_what_a_dead_child_leaves_is_ended_before_it_starts_again(folder):
    leaves = 'touch "$READY"; exec 9>> held; flock -x 9; echo "got it"; sleep 600 & exit 1'

    launcher = staged(folder, [of("worker", leaves)])

    launcher.until(r"(worker started again\n[^$]*){2}")
    assert (folder / "log/worker.log").read_text().count("got it") >= 2


def test_a_child_that_does_not_start_ends_all_and_its_last_words_are_shown(folder):
    launcher = staged(folder, [of("database")], [of("web", "echo no such table; exit 1")])

    assert launcher.end() == 1
    assert "web ended (exit 1) after 0 s." in launcher.said
    assert "  | no such table" in launcher.said
    assert processes_of(folder) == []


def test_a_second_ctrl_c_hurries(folder):
    launcher = staged(folder, [of("stubborn", IGNORE)])
    launcher.until("all up")
    began = time.monotonic()

    while launcher.process.poll() is None:
        launcher.process.send_signal(signal.SIGINT)
        select.select([], [], [], 0.1)

    assert time.monotonic() - began < 4
    assert processes_of(folder) == []


def test_two_copies_of_one_request_do_not_hurry(folder):
    slow = f'trap "sleep 1; touch clean; exit 0" TERM; {STAY}'
    launcher = staged(folder, [of("worker", slow)])
    launcher.until("all up")

    launcher.process.send_signal(signal.SIGTERM)
    launcher.until("stopping")

    assert launcher.stop(signal.SIGTERM) == 0
    assert (folder / "clean").exists()


def test_nothing_outlives_a_killed_launcher(folder):
    grandchild = f"sleep 600 & {IGNORE}"
    launcher = staged(folder, [of("stubborn", IGNORE), of("parent", grandchild), of("polite")])
    launcher.until("all up")

    launcher.process.kill()
    launcher.end()

    eventually(lambda: processes_of(folder) == [])


def test_the_next_start_waits_until_a_killed_launchers_children_are_gone(folder):
    first = staged(folder, [of("stubborn", IGNORE)])
    first.until("all up")
    first.process.kill()
    first.process.wait()

    second = staged(folder, [of("web")])

    second.until("all up")
    assert not any("trap" in words for words in processes_of(folder))


def test_a_second_start_hears_who_runs_already(folder):
    first = staged(folder, [of("web")])
    first.until("all up")

    second = staged(folder, [of("web")])

    assert second.end() == 1
    who = rf"Andon already runs here \(pid {first.process.pid}, http://localhost:1\)"
    second.until(who)


def test_a_child_does_not_start_again_onto_a_port_that_another_took(folder):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    launcher = staged(folder, [of("web", f"echo $$ > web.pid; {STAY}", port=port)])
    launcher.until("all up")

    with socket.create_server(("127.0.0.1", port)):
        os.kill(pid_of(folder, "web"), signal.SIGKILL)
        launcher.until(rf"web cannot use port {port}: another program is using it; next start in")

    launcher.until("web started again")


def test_a_log_that_grew_large_is_put_aside_at_the_start(folder):
    (folder / "log").mkdir()
    with (folder / "log/web.log").open("w") as log:
        log.truncate(10 * 1024 * 1024 + 1)

    launcher = staged(folder, [of("web", f"echo hello; {STAY}")])
    launcher.until("all up")

    assert (folder / "log/web.log").read_text() == "hello\n"
    assert (folder / "log/web.log").stat().st_mode & 0o077 == 0
    assert (folder / "log/web.log.1").stat().st_size > 10 * 1024 * 1024
