from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from programs import signing
from programs.models import StopProof
from tests import make
from tests.gate.served import caller, known, until
from tests.gate.test_pause import pause

pytestmark = pytest.mark.process


@pytest.fixture
def stopped(collector):
    """A collector that had a lease of generation 1 and was stopped by generation 2."""
    collector.held = collector.lease()[1]
    pause(collector.collector.program)
    return collector


def proof(one) -> StopProof:
    return StopProof.objects.get(collector=one.collector)


def test_an_acknowledgement_is_stored_before_it_is_answered(stopped):
    answer = stopped.acknowledge(stopped.held, generation=2, buffer="sealed", counter=41)

    assert answer == (200, {"state": "acknowledged", "generation": 2})
    stored = proof(stopped)
    assert (stored.state, stored.buffer, stored.counter) == ("acknowledged", "sealed", 41)
    assert stored.order.proof == "paused_proven"


def test_the_time_is_stored_as_it_was_signed(stopped):
    at = datetime.now(UTC).replace(microsecond=204999) - timedelta(minutes=1)
    stopped.acknowledge(stopped.held, generation=2, stopped_at=at.isoformat())

    assert proof(stopped).stopped_at == at


def test_saying_it_twice_is_harmless(stopped):
    stopped.acknowledge(stopped.held, generation=2, buffer="sealed")

    answer = stopped.acknowledge(stopped.held, generation=2, buffer="purged", counter=2)

    assert answer[0] == 200
    assert proof(stopped).buffer == "sealed"


def test_another_collectors_signature_is_refused(gate, stopped):
    other = caller(gate, stopped.collector.program)
    theirs = "00" * 32

    status, said = stopped.acknowledge(stopped.held, generation=2, key=theirs)

    assert status == 403
    assert "signing_key" in said["detail"]
    assert proof(stopped).state == "unknown"
    assert not StopProof.objects.filter(collector=other.collector).exists()


def test_a_word_of_one_collector_says_nothing_for_another(gate):
    program = make.program()
    one, other = (caller(gate, program) for _ in range(2))
    known(gate)
    held = one.lease()[1]
    other.lease()
    pause(program)

    status, _ = other.post("/v1/ack", one.word(held, generation=2))

    assert status == 403
    assert proof(other).state == "unknown"


@pytest.mark.parametrize(
    "changed",
    [
        {"generation": 3},
        {"buffer": "purged"},
        {"counter": 9},
        {"stopped_at": "2026-11-20T00:00:00Z"},
    ],
)
def test_a_word_that_was_changed_after_it_was_signed_is_refused(stopped, changed):
    word = stopped.word(stopped.held, generation=2) | changed

    assert stopped.post("/v1/ack", word)[0] == 403


def test_a_stop_that_was_never_ordered_is_refused_with_the_one_that_was(stopped):
    until(lambda: stopped.lease()[0] == 409)

    status, said = stopped.acknowledge(stopped.held, generation=7)

    assert (status, said["generation"], said["state"]) == (409, 2, "paused")
    assert said["detail"] == "There is no stop of generation 7 for this collector."


def test_a_collector_that_never_ran_has_nothing_to_acknowledge(gate, stopped):
    idle = caller(gate, stopped.collector.program)
    known(gate)
    master = signing.master_from(settings.SECRET_KEY)
    key = signing.key_for(master, collector_id=idle.collector.pk, generation=1).hex()

    assert idle.acknowledge(stopped.held, generation=2, key=key)[0] == 409


def test_a_time_in_the_future_is_refused(stopped):
    later = (datetime.now(UTC) + timedelta(seconds=40)).isoformat()

    status, said = stopped.acknowledge(stopped.held, generation=2, stopped_at=later)

    assert (status, said["field"]) == (422, "stopped_at")
    assert said["allowed"].startswith("at most 30 s in the future")
    assert proof(stopped).state == "unknown"


@pytest.mark.parametrize("ago", [timedelta(days=31), timedelta(days=365 * 2000)])
def test_a_time_long_ago_is_refused(stopped, ago):
    at = (datetime.now(UTC) - ago).isoformat()

    status, said = stopped.acknowledge(stopped.held, generation=2, stopped_at=at)

    assert (status, said["field"]) == (422, "stopped_at")
    assert said["allowed"].startswith("at most 30 days ago")
    assert proof(stopped).state == "unknown"


def test_a_machine_that_slept_for_a_weekend_may_still_say_when_it_stopped(stopped):
    friday = (datetime.now(UTC) - timedelta(days=3)).isoformat()

    assert stopped.acknowledge(stopped.held, generation=2, stopped_at=friday)[0] == 200


def test_a_clock_that_is_ten_seconds_ahead_is_taken(stopped):
    soon = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()

    assert stopped.acknowledge(stopped.held, generation=2, stopped_at=soon)[0] == 200


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("stopped_at", "2026-11-21 03:12:45Z"),
        ("stopped_at", "2026-11-21T03:12:45"),
        ("stopped_at", "2026-11-21T03:12:45+01:00"),
        ("stopped_at", "2026-02-30T03:12:45Z"),
        ("stopped_at", "0000-01-01T00:00:00Z"),
        ("stopped_at", "2026-11-21T03:12:45.Z"),
        ("stopped_at", "٢026-11-21T03:12:45Z"),
        ("stopped_at", 1795000000),
        ("buffer", "full"),
        ("counter", -1),
        ("counter", "1"),
        ("generation", None),
        ("lease_generation", 2),
        ("signature", "00"),
        ("signature", "é" * 64),
    ],
)
def test_a_wrong_member_is_refused_with_what_is_allowed(stopped, member, value):
    word = stopped.word(stopped.held, generation=2) | {member: value}

    status, said = stopped.post("/v1/ack", word)

    assert (status, said["field"]) == (422, member)
    assert said["allowed"]


def test_another_programs_name_is_not_found(stopped):
    word = stopped.word(stopped.held, generation=2) | {"program": make.program().slug}

    assert stopped.post("/v1/ack", word)[0] == 404
