import asyncio
import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest
from django.utils import timezone

from accounts.functions import Function
from programs import collectors, lifecycle, pauses
from programs.gate.figures import Figures
from programs.gate.leasing import Leasing
from programs.models import CollectorKey, Lease, Program
from tests import make
from tests.gate.served import caller, known, until

pytestmark = pytest.mark.process


def test_a_collector_of_a_program_that_collects_gets_a_lease(collector):
    status, said = collector.lease(status="starting")

    assert status == 200
    assert said.pop("signing_key").isalnum()
    assert said.pop("stamp_key").isalnum()
    assert timezone.now() - datetime.fromisoformat(said.pop("server_time")) < timedelta(seconds=5)
    assert said == {
        "state": "collecting",
        "program": collector.collector.program.slug,
        "collector": collector.collector.name,
        "generation": 1,
        "lease_seconds": 10.0,
        "renew_seconds": 3.3,
        "gates": [],
        "subjects_version": 0,
    }


def test_a_first_lease_is_written_before_it_is_answered(collector):
    collector.lease(version="my-collector/3.2")

    lease = Lease.objects.get(collector=collector.collector)
    assert lease.version == "my-collector/3.2"
    assert lease.alive(timezone.now())


def test_a_renewal_is_given_from_memory_and_written_within_a_second(collector, gate):
    _, first = collector.lease()
    granted = Lease.objects.get(collector=collector.collector)
    before = gate.figure('andon_gate_leases_total{how="memory"}')

    _, second = collector.lease(generation=1)

    assert gate.figure('andon_gate_leases_total{how="memory"}') == before + 1
    assert second["signing_key"] == first["signing_key"]
    renewed = Lease.objects.filter(pk=granted.pk, expires_at__gt=granted.expires_at)
    until(renewed.exists, seconds=2.5)


def test_one_that_holds_no_lease_gets_none_from_a_gate_that_has_not_read_of_the_stop_yet(collector):
    collector.lease(status="starting")

    # Nobody tells the gate, so it goes by the copy that it read up to a second ago.
    Program.objects.filter(pk=collector.collector.program_id).update(state="paused", generation=2)

    assert collector.lease(status="starting")[0] == 409


def test_the_pace_is_a_third_of_the_lease(gate):
    program = make.program(lease_seconds=5)
    one = caller(gate, program)
    known(gate)

    assert one.lease()[1]["renew_seconds"] == 1.6


def test_a_collector_that_says_goodbye_gets_nothing_more(collector):
    assert collector.lease(status="stopped") == (204, {})
    assert not Lease.objects.filter(collector=collector.collector).exists()


def test_unknown_members_are_ignored(collector):
    assert collector.lease(colour="blue")[0] == 200


@pytest.mark.parametrize(
    ("member", "value", "allowed"),
    [
        ("status", "sleeping", "one of starting, running, stopped"),
        ("status", None, "one of starting, running, stopped"),
        ("generation", -1, "a whole number from 0 to 2^63 - 1"),
        ("generation", 1.0, "a whole number from 0 to 2^63 - 1"),
        ("generation", True, "a whole number from 0 to 2^63 - 1"),
        ("generation", 2**63, "a whole number from 0 to 2^63 - 1"),
        ("version", "x" * 81, "text of at most 80 printable characters"),
        ("version", "a\x00b", "text of at most 80 printable characters"),
        ("version", "\ud800", "text of at most 80 printable characters"),
        ("program", 7, "text of at most 100 printable characters"),
    ],
)
def test_a_wrong_member_is_refused_with_what_is_allowed(collector, member, value, allowed):
    status, said = collector.lease(**{member: value})

    assert (status, said["field"], said["allowed"]) == (422, member, allowed)
    assert said["detail"] == f"{member} must be {allowed}."


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"[" * 9000, b"1" * 9000, b'{"a": NaN}', b"\xff\xfe{}"]
)
def test_a_body_that_is_no_json_object_is_refused(collector, body):
    status, said = collector.post("/v1/lease", body)

    assert status == 400
    assert said["detail"].startswith("The body must be")


def test_a_body_of_more_than_16_kib_is_refused(collector):
    status, said = collector.lease(version="x" * 17_000)

    assert (status, said["allowed"]) == (413, "16 KiB")


def test_a_body_that_is_not_called_json_is_refused(collector):
    status, said = collector.post("/v1/lease", collector.question(), kind="text/plain")

    assert (status, said["allowed"]) == (415, "application/json")


def test_another_method_is_refused_with_the_one_that_is_allowed(gate):
    assert gate.get("/v1/lease")[0] == 405


@pytest.mark.parametrize("slug", ["no-such-program", "another", "", "\u2028"])
def test_a_program_that_is_not_the_tokens_is_not_found(collector, slug):
    other = make.program()

    status, said = collector.lease(program=other.slug if slug == "another" else slug)

    assert status in (404, 422)
    if status == 404:
        assert said["detail"] == "This token's program has no such name."


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "andon_c_x_y", "andon_t_0011223344556677_secret", "andon_c_é_ü"],
)
def test_a_token_that_nobody_knows_is_refused(collector, token):
    status, said = collector.post(
        "/v1/lease", collector.question(), token=token.encode().decode("latin-1")
    )

    assert status == 401
    assert said["detail"].startswith("Send authorization: Bearer")


def test_the_right_key_with_the_wrong_secret_is_refused(collector):
    wrong = collector.token[:-4] + "AAAA"

    assert collector.post("/v1/lease", collector.question(), token=wrong)[0] == 401


def test_a_withdrawn_key_is_refused_within_a_second_and_a_half(collector):
    assert collector.lease()[0] == 200

    collectors.withdraw_key(collector.collector.keys.get(), actor=make.SYSTEM)

    until(lambda: collector.lease()[0] == 401, seconds=1.5)
    assert collector.post("/v1/ack", {})[0] == 401
    assert collector.stream().status == 401


def test_the_key_of_a_retired_collector_is_refused_within_a_second_and_a_half(collector):
    stream = collector.stream()
    stream.event()

    collectors.retire(collector.collector, actor=make.SYSTEM)

    until(lambda: collector.lease()[0] == 401, seconds=1.5)
    assert stream.event() is None


def test_an_expired_key_is_refused(gate):
    one = caller(gate)
    soon = timezone.now() + timedelta(seconds=2)
    CollectorKey.objects.filter(collector=one.collector).update(expires_at=soon)
    known(gate)
    assert one.lease()[0] == 200

    until(lambda: one.lease()[0] == 401, seconds=3)
    assert timezone.now() >= soon


@pytest.mark.parametrize(
    ("program", "state"),
    [(make.draft, "draft"), (lambda: _approved(), "approved")],
)
def test_a_program_that_does_not_collect_yet_grants_nothing(gate, program, state):
    one = caller(gate, program())
    known(gate)

    status, said = one.lease()

    assert (status, said["state"], said["generation"]) == (409, state, 1)
    assert "does not collect yet" in said["detail"]


def _approved():
    privacy_officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    return lifecycle.approve(make.draft(), actor=privacy_officer)


def test_a_program_that_has_ended_grants_nothing(collector):
    collector.lease()
    pauses.retire(collector.collector.program, reason="Done.", actor=make.SYSTEM)

    status, said = until(lambda: (a := collector.lease())[0] == 409 and a)
    assert (said["state"], said["generation"]) == ("retired", 2)


def test_a_collector_that_heard_of_a_later_generation_makes_the_gate_read_again(collector):
    program = collector.collector.program
    collector.lease()
    # Without a word: this gate can only know by reading.
    type(program).objects.filter(pk=program.pk).update(generation=2, whole_generation=2)

    _, said = collector.lease(generation=2)

    assert said["generation"] == 2


def test_too_many_bad_tokens_from_one_address_are_slowed_down_and_good_ones_are_not(gates):
    gate = gates()
    until(gate.ready)
    one = caller(gate)
    known(gate)

    said = {one.post("/v1/lease", one.question(), token="andon_c_x_y")[0] for _ in range(40)}

    assert said == {401, 429}
    assert one.lease()[0] == 200


def test_no_token_is_ever_logged(collector, gate):
    collector.lease()
    collector.post("/v1/lease", b"\x00")
    collector.post("/v1/lease", collector.question(), token="andon_c_aaaa_bbbbbbbbbbbb")

    assert collector.token.rpartition("_")[2] not in gate.said()
    assert "bbbbbbbbbbbb" not in gate.said()


class CountedFeed:
    def __init__(self):
        self.read = 0

    async def refresh(self):
        self.read += 1


def leasing_of_program_at_its_first(feed):
    """Leasing that answers everything, of a program of which one generation is known."""
    door = SimpleNamespace(
        admit=lambda _call: SimpleNamespace(collector_id=1),
        program_of=lambda _key, *, named: SimpleNamespace(slug=named, generation=1),
    )
    one = Leasing(
        door=door,
        registry=None,
        holdings=None,
        ledger=None,
        feed=feed,
        sheets=None,
        figures=Figures(),
    )
    one._lease = AsyncMock(return_value="answered")
    one._say = lambda _key, given: given
    return one


def test_a_collector_that_makes_generations_up_does_not_keep_the_gate_reading():
    feed = CountedFeed()
    leasing = leasing_of_program_at_its_first(feed)
    body = {"program": "p", "generation": 2**63 - 1, "status": "running", "version": "1"}
    call = SimpleNamespace(json_body=AsyncMock(return_value=json.dumps(body).encode()))
    for _ in range(50):
        assert asyncio.run(leasing.answer(call)) == "answered"
    assert feed.read < 10
