import threading

import pytest

import andon
from andon.refused import MOST_WAITING, Refused
from andon.stamps import Claim, key_for
from andon.wire import write_time

ROOT = bytes(range(32, 64))
INGEST = "andon_i_k9_s3cret-of-the-ingest"


def stamp(generation=7, *, number=0, collector="laptop-7"):
    claim = Claim("study", collector, generation, write_time(1.7e9 + number), "-")
    return claim.stamp(key_for(ROOT, collector=collector, generation=generation))


def until_asked_anew(server):
    """Return when the answer to a question that began from now on was taken in."""
    while not server.sheets.empty():
        server.sheets.get()
    # The first may have been answered before; who asks a third time has read the second.
    for _ in range(3):
        server.sheets.get(timeout=10)


def test_records_of_a_running_collector_are_taken_in(open_gate, open_verifier):
    gate, verifier = open_gate(), open_verifier()
    assert gate.wait(10)
    assert verifier.wait(10)
    assert verifier.check(gate.stamp(b"a record"), b"a record")
    assert verifier.check(gate.stamp(b"a record"), b"another").reason == "digest"


def test_it_shows_its_own_token_and_asks_again_with_the_tag(open_verifier, server):
    assert open_verifier().wait(10)
    assert server.sheets.get(timeout=10) == (f"Bearer {INGEST}", "")
    assert server.sheets.get(timeout=10) == (f"Bearer {INGEST}", '"7"')


def test_everything_may_come_from_the_environment(monkeypatch, server):
    monkeypatch.setenv("ANDON_PROGRAM", "study")
    monkeypatch.setenv("ANDON_GATE_URL", server.url)
    monkeypatch.setenv("ANDON_INGEST_TOKEN", INGEST + "\n")
    server.good_seconds = 30.0
    with andon.Verifier() as verifier:
        assert verifier.wait(10)


def test_a_collectors_token_is_none_for_a_verifier():
    with pytest.raises(andon.ConfigError, match=r"ANDON_INGEST_TOKEN\) must be an ingest key"):
        andon.Verifier("study", "https://gate.example", "andon_c_k7_s3cret", start=False)


def test_nothing_is_taken_in_before_the_first_sheet(open_verifier, server):
    server.on_sheet = server.hang
    verdict = open_verifier().check(stamp())
    assert (verdict.accepted, verdict.reason, verdict.again) == (False, "stale_sheet", True)


def test_a_pause_ends_what_was_taken_in(open_verifier, server):
    verifier = open_verifier()
    assert verifier.wait(10)
    assert verifier.check(stamp())
    server.pause()
    until_asked_anew(server)
    assert verifier.check(stamp()).reason == "stopped"


def test_a_sheet_counts_from_before_the_question(open_verifier, server, clock):
    def slow(_):
        clock.advance(0.27)
        return 200, server.sheet(), ""

    server.on_sheet = slow
    verifier = open_verifier()
    assert verifier.wait(10)
    server.on_sheet = server.hang
    assert verifier.check(stamp())
    clock.advance(0.03)
    assert verifier.check(stamp()).reason == "stale_sheet"


def test_a_sheet_that_is_still_the_same_is_good_for_longer(open_verifier, server, clock):
    verifier = open_verifier()
    assert verifier.wait(10)
    clock.advance(0.27)
    until_asked_anew(server)
    clock.advance(0.27)
    assert verifier.check(stamp())


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_verifier_that_is_shut_out_drops_its_sheet_at_once(open_verifier, server, clock, status):
    verifier = open_verifier()
    assert verifier.wait(10)
    server.on_sheet = lambda _: (status, {"detail": "This key was withdrawn."})
    until_asked_anew(server)
    verdict = verifier.check(stamp())
    assert verdict.reason == "stale_sheet"
    assert "This key was withdrawn." in verdict.detail


@pytest.mark.parametrize("answer", [(503, {}), (200, b"<html>"), (304, b""), (500, b"")])
def test_any_other_trouble_lets_the_sheet_run_out(open_verifier, server, clock, answer):
    verifier = open_verifier()
    server.on_sheet = lambda _: (200, server.sheet(), "")
    assert verifier.wait(10)
    server.on_sheet = lambda _: answer
    until_asked_anew(server)
    assert verifier.check(stamp())
    clock.advance(1)
    assert verifier.check(stamp()).reason == "stale_sheet"
    server.on_sheet = None
    assert verifier.wait(10)


def test_a_sheet_of_the_past_does_not_replace_a_newer_one(open_verifier, server, clock):
    server.pause()
    verifier = open_verifier()
    assert verifier.wait(10)
    old = server.sheet(groups=[{"generation": 7, "state": "collecting"}])
    server.on_sheet = lambda _: (200, old, "")
    until_asked_anew(server)
    assert verifier.check(stamp()).reason == "stopped"
    assert "older than the one before" in verifier._shelf.trouble


def test_a_whole_sheet_is_read_now_and_then_so_that_the_clocks_do_not_part(
    open_verifier, server, clock
):
    verifier = open_verifier()
    assert verifier.wait(10)
    until_asked_anew(server)
    clock.advance(601)
    tags = {server.sheets.get(timeout=10)[1] for _ in range(4)}
    assert "" in tags


def test_a_generation_that_is_not_known_yet_makes_it_ask_at_once(open_verifier, server):
    server.on_sheet = lambda _: (200, server.sheet(good_seconds=60.0), "")
    verifier = open_verifier()
    assert verifier.wait(10)
    server.sheets.get(timeout=10)
    server.resume()
    assert verifier.check(stamp(8)).again
    server.sheets.get(timeout=10)
    with verifier._shelf.changed:
        assert verifier._shelf.changed.wait_for(lambda: verifier.check(stamp(8)), 10)
    assert verifier.state.unreported == 0


def test_what_comes_too_late_is_reported_once(open_verifier, server):
    server.generation = 9
    verifier = open_verifier()
    assert verifier.wait(10)
    late = [stamp(7, number=number) for number in range(3)]
    for text in [*late, *late]:
        assert verifier.check(text).reason == "generation"
    told = []
    while len(told) < 3:
        told += server.refused.get(timeout=10)
    refused = verifier._refused
    with refused.changed:
        assert refused.changed.wait_for(lambda: not refused.waiting, 60)
    verifier.check(late[0])
    verifier.close()
    assert sorted(told) == sorted(late)
    assert server.refused.empty()


@pytest.mark.parametrize("text", ["nonsense", stamp(7, collector="laptop-8"), stamp(9)])
def test_only_what_is_truly_of_the_past_is_reported(open_verifier, server, text):
    server.generation = 8
    verifier = open_verifier()
    assert verifier.wait(10)
    assert not verifier.check(text)
    verifier.close()
    assert server.refused.empty()


def test_a_report_is_repeated_until_the_gate_has_stored_it(open_verifier, server):
    answers = iter([(503, {}), (500, b""), (401, {})])
    server.on_refused = lambda _: next(answers, (200, {"counted": 1}))
    server.generation = 9
    verifier = open_verifier()
    assert verifier.wait(10)
    verifier.check(stamp())
    assert [server.refused.get(timeout=10) for _ in range(4)] == [[stamp()]] * 4
    verifier.close()
    assert verifier.state.unreported == 0


def test_one_stamp_that_the_gate_chokes_on_does_not_hold_up_the_others(open_verifier, server):
    bad = stamp(number=2)
    server.on_refused = lambda said: (422 if bad in said["stamps"] else 200, {})
    server.generation = 9
    verifier = open_verifier(timing={"gather": 0.3})
    assert verifier.wait(10)
    for number in range(5):
        verifier.check(stamp(number=number))
    told = set()
    while len(told) < 4:
        said = server.refused.get(timeout=10)
        told |= set() if bad in said else set(said)
    verifier.close()
    assert told == {stamp(number=number) for number in (0, 1, 3, 4)}
    assert (verifier.state.unreported, verifier.state.lost) == (0, 1)


def test_closing_reports_what_is_left_if_the_gate_listens(open_verifier, server):
    server.generation = 9
    verifier = open_verifier(timing={"gather": 30.0})
    assert verifier.wait(10)
    verifier.check(stamp())
    verifier.close()
    assert server.refused.get_nowait() == [stamp()]
    assert verifier.check(stamp()).reason == "stale_sheet"
    with pytest.raises(andon.ConfigError, match="stays closed"):
        verifier.start()


def test_closing_does_not_sit_out_the_wait_before_the_next_report(open_verifier, server):
    answers = iter([(503, {})])
    server.on_refused = lambda _: next(answers, (200, {}))
    server.generation = 9
    verifier = open_verifier(timing={"report": 30.0})
    assert verifier.wait(10)
    verifier.check(stamp())
    server.refused.get(timeout=60)
    verifier.close()
    assert server.refused.get_nowait() == [stamp()]
    assert verifier.state.unreported == 0


def test_closing_does_not_wait_for_a_gate_that_hangs(open_verifier, server, caplog):
    caplog.set_level("WARNING", "andon")
    server.generation, server.on_refused = 9, server.hang
    verifier = open_verifier()
    assert verifier.wait(10)
    assert verifier.check(stamp()).reason == "generation"
    threads = verifier._threads
    verifier.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert "closed with 1 refused stamps unreported" in caplog.text


def test_the_memory_for_refused_stamps_is_bounded():
    refused = Refused()
    for number in range(MOST_WAITING + 5):
        refused.add(str(number))
    assert (refused.waiting, refused.lost) == (MOST_WAITING, 5)
    refused.settle([str(number) for number in range(MOST_WAITING)])
    refused.settle(["one more"])
    assert len(refused._told) == MOST_WAITING


def test_a_report_is_no_larger_than_the_gate_takes():
    refused = Refused()
    for number in range(600):
        refused.add(f"{number:03}" + "x" * 300)
    assert len(refused.batch(500)) == 120_000 // 307
    refused.settle(refused.batch(500))
    assert len(refused.batch(500)) == 600 - 120_000 // 307


def test_many_threads_may_ask_at_once(open_verifier, server):
    server.generation = 9
    verifier = open_verifier()
    assert verifier.wait(10)

    def ask(start):
        for number in range(start, start + 50):
            assert not verifier.check(stamp(number=number))

    threads = [threading.Thread(target=ask, args=(start,)) for start in (0, 25, 50, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = []
    while len(told) < 125:
        told += server.refused.get(timeout=10)
    assert len(set(told)) == len(told) == 125


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_without_a_sheet_and_gets_its_own(open_verifier, in_child):
    verifier = open_verifier()
    assert verifier.wait(10)

    def child():
        before = verifier.check(stamp())
        return f"{before.reason} {verifier.wait(10) and bool(verifier.check(stamp()))}"

    assert in_child(child) == "stale_sheet True"
    assert verifier.check(stamp())


def test_the_state_is_a_picture_for_logs(open_verifier):
    verifier = open_verifier()
    assert verifier.wait(10)
    state = verifier.state
    assert (state.program, state.good, state.unreported, state.lost) == ("study", True, 0, 0)
    assert "the sheet is good" in repr(verifier)
    assert "s3cret" not in f"{verifier!r} {state}"
