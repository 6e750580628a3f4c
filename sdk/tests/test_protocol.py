import hashlib
import hmac
import json

import pytest

from andon.protocol import Acknowledgement, Lease, is_stored, read_lease, read_news, read_refusal
from andon.sse import LONGEST_EVENT, events
from andon.wire import Malformed, plain, read_time, write_time

GOOD = {
    "state": "collecting",
    "program": "study",
    "collector": "laptop-7",
    "generation": 7,
    "lease_seconds": 10.0,
    "renew_seconds": 3.3,
    "signing_key": "9f" * 32,
    "server_time": "2026-11-21T03:12:45.120Z",
}


def read(body):
    return read_lease(body, program="study", asked_at=100.0, heard_at=102.0)


def test_a_good_answer_is_a_lease():
    lease = read(json.dumps(GOOD).encode())
    assert lease[:6] == (7, bytes.fromhex("9f" * 32), "laptop-7", 10.0, 3.3, 100.0)


def test_the_wall_clock_of_the_gate_is_read_half_way_between_question_and_answer():
    lease = read(json.dumps(GOOD).encode())
    assert write_time(lease.wall_zero + 101.0) == "2026-11-21T03:12:45.120Z"


def test_a_lease_never_shows_its_key():
    assert "9f9f" not in repr(read(json.dumps(GOOD).encode()))


ABSURD = {
    "state": ["paused", "", None, 1],
    "program": ["other", "", None],
    "collector": ["", None, 7, "two\nlines", "x" * 201],
    "generation": [-1, 2**63, 7.0, "7", True, None, 10**400],
    "lease_seconds": [0, -1, 3600.1, 10**400, "10", True, None, [], {}],
    "renew_seconds": [0, -1, 3601, "3", False, None],
    "signing_key": ["9f", "9f" * 33, "zz" * 32, None, 9, "9f" * 32 + "\n"],
    "server_time": ["yesterday", "2026-13-01T00:00:00Z", "2026-11-21T03:12:45", 0, None, ""],
}


@pytest.mark.parametrize(
    ("member", "value"), [(member, value) for member in ABSURD for value in ABSURD[member]]
)
def test_an_absurd_member_makes_the_answer_worthless(member, value):
    with pytest.raises(Malformed, match=f"{member} must be"):
        read(json.dumps({**GOOD, member: value}).encode())


@pytest.mark.parametrize("member", GOOD)
def test_a_missing_member_makes_the_answer_worthless(member):
    said = {name: value for name, value in GOOD.items() if name != member}
    with pytest.raises(Malformed, match=f"{member} must be"):
        read(json.dumps(said).encode())


GARBAGE = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"collecting"',
    b"{",
    b"\xff\xfe{}",
    b"<html>Sign in to the network</html>",
    b"[" * 50000,
    b'{"a":' * 50000,
    json.dumps(GOOD).encode()[:-1],
    json.dumps(GOOD).encode("utf-16"),
    json.dumps(GOOD).replace("10.0", "NaN").encode(),
    json.dumps(GOOD).replace("10.0", "Infinity").encode(),
    json.dumps(GOOD).replace("10.0", "9" * 5000).encode(),
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_never_a_lease_nor_news_nor_stored(body):
    with pytest.raises(Malformed):
        read(body)
    with pytest.raises(Malformed):
        read_news(body.decode(errors="replace"), program="study")
    assert read_refusal(409, body).generation is None
    assert not is_stored(200, body, generation=8)


def test_a_number_too_large_for_a_float_is_absurd():
    with pytest.raises(Malformed, match="lease_seconds must be"):
        read(json.dumps(GOOD).replace("10.0", "1e999").encode())


def test_renewals_come_at_least_twice_a_lease_and_not_in_a_storm():
    assert read(json.dumps({**GOOD, "renew_seconds": 3600}).encode()).pace == 5.0
    assert read(json.dumps({**GOOD, "renew_seconds": 1e-9}).encode()).pace == 0.05


def test_a_refusal_says_who_holds_the_pause():
    body = json.dumps({"state": "paused", "generation": 8, "held_by": "Amber\nOtter"}).encode()
    refusal = read_refusal(409, body)
    assert refusal == (409, "the program is paused, held by Amber Otter", "paused", 8)


def test_a_refusal_without_a_state_says_what_the_gate_says():
    refusal = read_refusal(401, b'{"detail": "This token was revoked."}')
    assert refusal.reason == "the gate refused (401): This token was revoked."


def test_news_of_another_program_is_not_ours():
    with pytest.raises(Malformed, match="program must be"):
        read_news('{"program": "other", "generation": 8, "state": "paused"}', program="study")


def test_news_of_an_unknown_state_is_malformed():
    with pytest.raises(Malformed, match="state must be one of"):
        read_news('{"program": "study", "generation": 8, "state": "odd"}', program="study")


ACKNOWLEDGEMENT = Acknowledgement(
    program="keystroke-study",
    collector="laptop-7",
    generation=8,
    lease_generation=7,
    stopped_at="2026-11-21T03:12:45.204Z",
    buffer="empty",
    counter=41,
)


def test_an_acknowledgement_is_signed_exactly_as_the_protocol_says():
    key = bytes.fromhex("9f" * 32)
    text = b"andon-ack-v1\nkeystroke-study\nlaptop-7\n8\n7\n2026-11-21T03:12:45.204Z\nempty\n41"
    assert ACKNOWLEDGEMENT.signature(key) == hmac.new(key, text, hashlib.sha256).hexdigest()


def test_the_body_of_an_acknowledgement_has_the_members_of_the_protocol():
    body = json.loads(ACKNOWLEDGEMENT.body(b"key"))
    assert body == {
        "program": "keystroke-study",
        "generation": 8,
        "lease_generation": 7,
        "stopped_at": "2026-11-21T03:12:45.204Z",
        "buffer": "empty",
        "counter": 41,
        "signature": ACKNOWLEDGEMENT.signature(b"key"),
    }


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (201, {"state": "acknowledged", "generation": 8}),
        (200, {"state": "acknowledged", "generation": 7}),
        (200, {"state": "received", "generation": 8}),
        (403, {"state": "acknowledged", "generation": 8}),
    ],
)
def test_only_the_exact_words_mean_stored(status, said):
    assert is_stored(200, b'{"state": "acknowledged", "generation": 8}', generation=8)
    assert not is_stored(status, json.dumps(said).encode(), generation=8)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01t00:00:01.5z", 1.5),
        ("1970-01-01T00:00:01.123456+00:00", 1.123456),
    ],
)
def test_times_in_utc_are_read(text, wall):
    assert read_time(text) == pytest.approx(wall)


def test_foreign_text_becomes_one_short_line():
    assert plain("a\r\n\x1b[31mb" + "x" * 1000).startswith("a   [31mb")
    assert len(plain("x" * 1000)) == 200
    assert plain(None) == ""


def test_a_lease_is_one_tuple():
    assert issubclass(Lease, tuple)


def test_events_are_found_however_the_bytes_are_cut():
    said = b": beat\n\nevent: state\r\ndata: {\xc3\xa9\r\ndata: 2}\r\n\r\ndata:x\n\nid: 4\n\n"
    whole = list(events([said]))
    assert whole == [("state", "{é\n2}"), ("message", "x")]
    assert list(events(said[i : i + 1] for i in range(len(said)))) == whole


def test_half_an_event_is_none():
    assert list(events([b"event: state\ndata: {}"])) == []


@pytest.mark.parametrize("chunk", [b"x" * 8192, b"data: x\n" * 1024])
def test_an_endless_event_is_dropped(chunk):
    with pytest.raises(Malformed, match="too long"):
        list(events(chunk for _ in range(2 * LONGEST_EVENT // len(chunk))))
