import threading
import time

import pytest

import andon
from andon.permit import Permit
from andon.protocol import News
from andon.stamps import Claim, digest_of, key_for, read_stamp
from andon.wire import Malformed, read_time

ROOT = bytes(range(32))
# Made with openssl from ROOT, for collector laptop-7 in generation 7 and the record "hello".
MADE_KEY = "1ebc4ebba36210c623718a4a9a7a23aafb1b392f0e53c10f9a75a9c255d6fb52"
MADE_DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
MADE_SIGNATURE = "713dbadf5eb48a341b8b5f31b55b8bc72bf3a8575d18e48248af3ffd559636f9"
WHEN = "2026-11-21T03:12:45.204Z"
MADE = f"andon1;study;laptop-7;7;{WHEN};{MADE_DIGEST};{MADE_SIGNATURE}"


def test_a_stamp_is_written_as_the_protocol_says():
    key = key_for(ROOT, collector="laptop-7", generation=7)
    assert key.hex() == MADE_KEY
    assert digest_of("hello") == digest_of(b"hello") == MADE_DIGEST
    assert Claim("study", "laptop-7", 7, WHEN, MADE_DIGEST).stamp(key) == MADE


def test_a_stamp_is_read_back_and_its_signature_holds_for_its_key_alone():
    stamp = read_stamp(MADE)
    assert stamp.claim == ("study", "laptop-7", 7, WHEN, MADE_DIGEST)
    assert stamp.captured == read_time(WHEN)
    assert stamp.is_signed_with(bytes.fromhex(MADE_KEY))
    assert not stamp.is_signed_with(key_for(ROOT, collector="laptop-7", generation=8))


@pytest.mark.parametrize("part", range(1, 6))
def test_a_stamp_with_any_part_changed_is_not_signed(part):
    parts = MADE.split(";")
    parts[part] = ["", "other", "laptop-8", "8", "2026-11-21T03:12:45.205Z", "-"][part]
    assert not read_stamp(";".join(parts)).is_signed_with(bytes.fromhex(MADE_KEY))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "andon1",
        MADE + ";",
        MADE + "\n",
        MADE.replace("andon1", "andon2"),
        MADE.replace(";7;", ";07;"),
        MADE.replace(";7;", ";-7;"),
        MADE.replace(";7;", ";\u0667;"),
        MADE.replace("study", ""),
        MADE.replace("Z", "+02:00"),
        MADE.replace(MADE_SIGNATURE, MADE_SIGNATURE.upper()),
        MADE.replace("study", "x" * 1000),
        None,
        b"andon1",
    ],
)
def test_what_is_no_stamp_is_not_read(text):
    with pytest.raises(Malformed):
        read_stamp(text)


def test_a_running_collector_stamps_its_records(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    before = time.time()
    stamp = read_stamp(gate.stamp(b"a record"))
    assert stamp.claim[:3] == ("study", "laptop-7", 7)
    assert stamp.claim.digest == digest_of(b"a record")
    assert stamp.is_signed_with(server.stamp_key())
    assert before - 2 < stamp.captured < time.time() + 2
    assert read_stamp(gate.stamp()).claim.digest == "-"


def test_nothing_is_stamped_while_no_lease_runs(open_gate, server, clock, called):
    stopped = called()
    gate = open_gate(clock=clock, on_stop=stopped)
    assert gate.wait(10)
    server.on_lease = server.hang
    clock.advance(10)
    stopped.within()
    with pytest.raises(andon.Stopped, match="the lease ran out"):
        gate.stamp("a record")


def test_a_gate_too_old_to_give_a_key_says_so(open_gate, server):
    lease = server.lease()
    del lease["stamp_key"]
    server.on_lease = lambda _: (200, lease)
    gate = open_gate()
    assert gate.wait(10)
    with pytest.raises(andon.NoStampKey, match="needs a newer Andon"):
        gate.stamp()


@pytest.mark.parametrize("key", [None, "", "zz" * 32, 7])
def test_a_lease_with_half_a_stamp_key_is_no_lease(open_gate, server, key):
    server.on_lease = lambda _: (200, server.lease(stamp_key=key))
    gate = open_gate()
    server.until_asked()
    server.until_asked()
    assert "stamp_key must be 64 hex digits" in gate.state.reason


def test_a_stop_is_never_told_earlier_than_what_was_stamped(permit, make_lease, clock):
    permit.grant(make_lease(wall_zero=1.8e9))
    _, stamped = permit.capture()
    # The next answer was slow one way: it guesses the gate's clock a second behind.
    permit.grant(make_lease(wall_zero=1.8e9 - 1))
    permit.hear(News(8, "paused", "the program is paused"))
    assert permit.stop.captured_until == stamped


def test_the_clock_of_one_generation_does_not_bind_the_next(permit, make_lease, clock):
    permit.grant(make_lease(wall_zero=1.8e9 + 3600))
    permit.capture()
    permit.grant(make_lease(8, wall_zero=1.8e9))
    permit.hear(News(9, "paused", "the program is paused"))
    assert permit.stop.captured_until == 0


def test_no_stamp_is_later_than_the_stop_of_its_generation(make_lease):
    permit = Permit("study", time.monotonic)
    stamped, over = [], threading.Event()

    def hammer():
        while not over.is_set():
            try:
                lease, wall = permit.capture()
            except andon.Stopped:
                continue
            stamped.append((lease.generation, wall))

    thread = threading.Thread(target=hammer, daemon=True)
    thread.start()
    stops = {}
    for generation in range(1, 200, 2):
        permit.grant(make_lease(generation, asked_at=time.monotonic(), wall_zero=0.0))
        time.sleep(0.0005)
        permit.hear(News(generation + 1, "paused", "the program is paused"))
        stops[generation] = permit.stop.stopped_at
    over.set()
    thread.join()
    assert stamped
    assert all(wall <= stops[generation] for generation, wall in stamped)
