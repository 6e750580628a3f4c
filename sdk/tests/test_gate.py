import logging
import threading
import time

import pytest

import andon
from andon.choices import Choices
from andon.gates import gates_from
from andon.permit import Permit
from andon.renewal import Renewer
from andon.timing import Timing

TOKEN = "andon_c_k7_s3cret-of-the-collector"


def test_collecting_begins_with_the_first_lease(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    assert gate.allowed()
    first = server.asked.get()
    assert first == {
        "program": "study",
        "generation": None,
        "status": "starting",
        "version": f"andon-sdk/{andon.__version__}",
    }
    assert server.tokens.get() == f"Bearer {TOKEN}"


def test_nothing_is_allowed_before_the_first_lease(open_gate, server):
    server.on_lease = server.hang
    gate = open_gate()
    assert not gate.wait(0.05)
    assert not gate.allowed()


def test_a_lease_is_renewed_with_the_generation_heard(open_gate, server):
    gate = open_gate()
    asked = server.until_asked(generation=7)
    assert asked["status"] == "running"
    before = gate._permit.deadline
    server.until_asked_anew()
    assert gate._permit.deadline > before


def test_a_slow_answer_does_not_stretch_the_lease(open_gate, server, clock):
    def slow(_):
        clock.advance(9)
        return 200, server.lease()

    server.on_lease = slow
    gate = open_gate(clock=clock)
    assert gate.wait(10)
    server.on_lease = server.hang
    assert gate.state.seconds_left == pytest.approx(10 * 0.999 - 9)


def test_an_answer_slower_than_the_lease_allows_nothing(open_gate, server, clock):
    def slower(_):
        clock.advance(12)
        return 200, server.lease()

    server.on_lease = slower
    gate = open_gate(clock=clock)
    server.until_asked()
    server.until_asked()
    assert not gate.allowed()


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_a_refusal_stops_at_once(open_gate, server, called, status):
    stopped = called()
    gate = open_gate(on_stop=stopped)
    assert gate.wait(10)
    server.on_lease = lambda _: (status, {"detail": "No longer."})
    (state,) = stopped.within()
    assert not gate.allowed()
    assert state.reason == f"the gate refused ({status}): No longer."


@pytest.mark.parametrize("status", [204, 301, 400, 422, 429, 500, 503])
def test_any_other_answer_lets_the_lease_run_out(open_gate, server, clock, called, status):
    stopped = called()
    gate = open_gate(on_stop=stopped, clock=clock)
    assert gate.wait(10)
    server.on_lease = lambda _: (status, b"")
    server.until_asked_anew()
    assert gate.allowed()
    clock.advance(10)
    (state,) = stopped.within()
    assert "the lease ran out" in state.reason


def test_a_lost_gate_lets_the_lease_run_out_and_no_longer(open_gate, server, clock, called):
    stopped = called()
    gate = open_gate(on_stop=stopped, clock=clock)
    assert gate.wait(10)
    server.close()
    assert gate.allowed()
    clock.advance(9.98)
    assert gate.allowed()
    clock.advance(0.01)
    assert not gate.allowed()
    stopped.within()


def test_a_gate_that_cannot_answer_now_is_asked_again_soon(open_gate, server):
    answers = iter([(503, {})])
    server.on_lease = lambda _: next(answers, (200, server.lease()))
    server.has_stream = False
    assert open_gate(timing={"pace": 50}).wait(10)


def test_it_never_gives_up(open_gate, server):
    server.on_lease = lambda _: (503, {})
    server.has_stream = False
    gate = open_gate()
    for _ in range(4):
        server.until_asked(status="starting")
    server.on_lease = None
    assert gate.wait(10)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[" * 60000, b"x" * 70000])
def test_a_200_that_makes_no_sense_allows_nothing(open_gate, server, body):
    server.on_lease = lambda _: (200, body)
    gate = open_gate()
    server.until_asked()
    server.until_asked()
    assert not gate.allowed()
    assert "makes no sense" in gate.state.reason


def test_a_pause_reaches_it_by_the_stream_while_renewals_hang(open_gate, server, called):
    stopped = called()
    gate = open_gate(on_stop=stopped)
    assert gate.wait(10)
    server.until_streaming()
    server.on_lease = server.hang
    server.pause()
    (state,) = stopped.within()
    assert not gate.allowed()
    assert state.reason == "the program is paused, held by Amber Otter"
    assert server.acks.get(timeout=10)["generation"] == 8


def test_a_pause_reaches_it_by_renewal_while_the_stream_is_half_open(open_gate, server, called):
    stopped = called()
    gate = open_gate(on_stop=stopped)
    assert gate.wait(10)
    server.until_streaming()
    server.pause(tell=False)
    stopped.within()
    assert not gate.allowed()
    assert server.acks.get(timeout=10)["generation"] == 8


def test_a_silent_stream_is_dropped_and_opened_again(open_gate, server):
    gate = open_gate(timing={"silence": 0.05})
    assert gate.wait(10)
    for _ in range(3):
        server.until_streaming()
    assert gate.allowed()


def test_a_gate_without_a_stream_is_good_enough(open_gate, server):
    server.has_stream = False
    gate = open_gate()
    assert gate.wait(10)
    server.pause(tell=False)
    server.acks.get(timeout=10)
    server.resume(tell=False)
    assert gate.wait(10)
    assert gate.state.generation == 9


def test_a_smaller_generation_on_the_stream_changes_nothing(open_gate, server):
    server.generation = 9
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.tell(*server.news(generation=8, state="paused"))
    server.tell(*server.news(generation=9))
    server.until_asked_anew()
    assert gate.allowed()
    assert server.acks.empty()


def test_a_resume_is_followed_at_once(open_gate, server):
    server.lease_seconds, server.renew_seconds = 100, 50
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.pause()
    server.acks.get(timeout=10)
    server.resume()
    began = time.monotonic()
    assert gate.wait(10)
    assert time.monotonic() - began < 2
    assert gate.state.generation == 9


def test_nonsense_on_the_stream_makes_it_ask_at_once(open_gate, server):
    server.lease_seconds, server.renew_seconds = 100, 50
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.until_asked()
    server.tell("state", "{nonsense")
    server.until_asked(status="running")


class Hurrying:
    """Stands in for a connection: no answer, but news that ask for another question at once."""

    def __init__(self, permit):
        self.permit, self.asked = permit, []

    def post(self, path, body, *, timeout):
        self.asked.append(time.monotonic())
        self.permit.ask_now()
        if len(self.asked) == 8:
            self.permit.close("enough")
        raise ConnectionError("not there")

    def close(self):
        pass


def test_news_without_end_cause_no_storm_of_questions(clock):
    permit = Permit("study", clock)
    line = Hurrying(permit)
    choices = Choices(permit)
    Renewer(permit, choices, line, version="", timing=Timing()).run()
    assert line.asked[-1] - line.asked[0] > 7 * 0.045


def test_a_gate_that_drains_is_left_for_another_connection(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.tell("drain", "{}")
    server.until_streaming()
    assert gate.allowed()


def hammer(gate, over, seen):
    """Ask until it is over; note for each yes how much of the lease was left before asking."""
    while not over.is_set():
        before = gate._clock()
        if gate.allowed():
            lease = gate._permit.lease
            seen.append(lease.asked_at + lease.seconds - before)


def test_allowed_is_never_true_after_the_deadline(open_gate, server):
    server.lease_seconds, server.renew_seconds = 0.2, 0.1
    gate = open_gate()
    over, seen = threading.Event(), []
    hammers = [
        threading.Thread(target=hammer, args=(gate, over, seen), daemon=True) for _ in range(4)
    ]
    for thread in hammers:
        thread.start()
    for refusal in (503, 409, 503, 409):
        server.on_lease = None
        assert gate.wait(10)
        server.on_lease = lambda _, status=refusal: (status, {})
        while gate.allowed():
            over.wait(0.005)
    over.set()
    for thread in hammers:
        thread.join()
    assert seen
    assert min(seen) > 0


def test_the_token_is_in_no_log_and_no_picture(open_gate, server, caplog):
    caplog.set_level(logging.DEBUG)
    server.on_lease = lambda _: (401, {"detail": "Unknown token."})
    gate = open_gate()
    server.until_asked()
    server.until_asked()
    pictures = f"{gate!r} {gate.state} {gates_from(server.url, TOKEN).current!r}"
    gate.close()
    pictures += caplog.text
    assert "s3cret" not in pictures
    assert "Unknown token." in pictures
