import threading
import time

import pytest

import andon
from andon.measure import cost_of_allowed_for


def until(server, true):
    """Wait for what a list brings: each answer may be the one."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_everyone_takes_part_who_chose_nothing(open_gate):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    assert gate.allowed_for("p-17")


def test_who_opted_out_elsewhere_is_out_here_and_the_others_are_not(open_gate, server):
    server.lease_seconds, server.renew_seconds = 100, 50  # only the stream is as fast
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.until_streaming()
    server.choose("p-17", "opt_out")
    until(server, lambda: gate.allowed_for("p-18") and not gate.allowed_for("p-17"))
    assert gate.allowed()
    server.choose("p-17", "go_on")
    assert gate.wait(10, subject="p-17")


def test_a_renewal_brings_the_news_where_there_is_no_stream(open_gate, server):
    server.has_stream = False
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.choose("p-17", "opt_out", tell=False)
    until(server, lambda: gate.allowed_for("p-18") and not gate.allowed_for("p-17"))


def test_while_a_choice_is_not_known_here_nobodys_data_is_collected(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.on_list = lambda _: (503, {})
    server.choose("p-17", "opt_out", tell=False)
    until(server, lambda: not gate.allowed_for("p-18"))
    assert gate.allowed()
    with pytest.raises(andon.SubjectNotAllowed, match="not known here yet"), gate.guard("p-18"):
        pass
    server.on_list = None
    assert gate.wait(10, subject="p-18")


def test_a_list_that_lags_behind_is_asked_for_again(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    old = server.answer_list("")
    server.on_list = lambda _: old
    server.choose("p-17", "opt_out", tell=False)
    for _ in range(3):
        server.lists.get(timeout=10)
    assert not gate.allowed_for("p-18")
    server.on_list = None
    assert gate.wait(10, subject="p-18")


def test_an_older_gate_that_tells_no_choices_lets_nobody_through(open_gate, server):
    lease = server.lease()
    del lease["subjects_version"]
    server.on_lease = lambda _: (200, lease)
    gate = open_gate()
    assert gate.wait(10)
    assert not gate.allowed_for("p-17")
    with pytest.raises(andon.SubjectNotAllowed, match="may need a newer Andon"):
        gate.stamp("a record", subject="p-17")
    assert gate.stamp("a record")
    assert server.lists.empty()


def test_a_pause_of_the_program_stops_every_participant(open_gate, server, called):
    stopped = called()
    gate = open_gate(on_stop=stopped)
    assert gate.wait(10, subject="p-17")
    server.pause()
    stopped.within()
    assert not gate.allowed_for("p-17")
    with pytest.raises(andon.Stopped, match="paused"), gate.guard("p-17"):
        pass


def test_opting_out_is_stored_and_returned(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    assert gate.opt_out("p-17") == andon.Choice("opt_out", None, 1)
    assert not gate.allowed_for("p-17")
    assert server.chosen.get() == {"program": "study", "subject": "p-17", "choice": "opt_out"}
    assert gate.wait(10, subject="p-18")
    assert gate.go_on("p-17").version == 2
    assert gate.wait(10, subject="p-17")


def test_a_break_ends_by_itself_on_the_lease_clock(open_gate, server, clock):
    server.lease_seconds = 3000
    gate = open_gate(clock=clock)
    assert gate.wait(10, subject="p-17")
    choice = gate.take_break("p-17", 600)
    assert 590 < choice.until.timestamp() - time.time() < 610
    assert gate.wait(10, subject="p-18")
    clock.advance(590)
    assert not gate.allowed_for("p-17")
    clock.advance(20)
    assert gate.wait(10, subject="p-17")


@pytest.mark.parametrize("seconds", [59, 2_592_001, float("nan"), -1])
def test_a_break_has_bounds(open_gate, seconds):
    with pytest.raises(ValueError, match="seconds must be between 60 and 2592000"):
        open_gate(start=False).take_break("p-17", seconds)


def test_a_no_holds_at_once_also_while_the_gate_is_away(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.on_choice = lambda _: (503, {"detail": "Just now it cannot."})
    with pytest.raises(andon.NotStored, match="not stored this choice yet; it is tried again"):
        gate.opt_out("p-17", timeout=0.3)
    assert not gate.allowed_for("p-17")
    assert gate.allowed_for("p-18")
    server.on_choice = None
    until(server, lambda: server.opted_out)
    assert not gate.allowed_for("p-17")


def test_a_choice_that_the_gate_refuses_is_not_repeated_and_still_holds_here(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.on_choice = lambda _: (422, {"detail": "subject: not like this."})
    with pytest.raises(andon.NotStored, match=r"does not store .*subject: not like this\."):
        gate.opt_out("p-17")
    assert not gate.allowed_for("p-17")
    assert server.chosen.qsize() == 1


def test_the_last_word_of_a_participant_is_what_is_stored(open_gate, server):
    gate = open_gate()
    assert gate.wait(10, subject="p-17")
    server.on_choice = lambda _: (503, {})
    for choose in (gate.opt_out, gate.go_on, gate.opt_out):
        with pytest.raises(andon.NotStored):
            choose("p-17", timeout=0.05)
    server.on_choice = None
    until(server, lambda: server.opted_out)
    assert server.subjects_version == 1


def test_a_closed_gate_stores_nothing(open_gate):
    gate = open_gate()
    gate.close()
    with pytest.raises(andon.NotStored, match="was closed"):
        gate.opt_out("p-17")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_knows_nobody_until_it_asks_for_itself(open_gate, server, in_child):
    server.choose("p-17", "opt_out")
    gate = open_gate()
    assert gate.wait(10, subject="p-18")

    def child():
        before = gate.allowed_for("p-18")
        return f"{before} {gate.wait(10, subject='p-18')} {gate.allowed_for('p-17')}"

    assert in_child(child) == "False True False"


def test_no_one_is_let_through_by_a_list_that_is_being_replaced(open_gate, server):
    server.choose("p-0", "opt_out")
    gate = open_gate()
    assert gate.wait(10, subject="p-1")
    over, seen = threading.Event(), []

    def hammer():
        while not over.is_set():
            seen.append(gate.allowed_for("p-0"))

    threads = [threading.Thread(target=hammer, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 6):
        gate.opt_out(f"p-{number}")
    over.set()
    for thread in threads:
        thread.join()
    assert seen
    assert not any(seen)


def test_a_look_for_one_participant_costs_about_a_microsecond():
    assert cost_of_allowed_for(rounds=20, calls=2000).least < 1.0
