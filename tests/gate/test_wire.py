"""What strangers and broken programs may send."""

import asyncio
import json
import re
import socket
import time

import pytest
import uvicorn
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programs.gate import call, questions, wire
from programs.gate.answers import Refused
from programs.news import CHANNEL
from tests import make
from tests.gate.served import HOST, caller, known, move, place, until

pytestmark = pytest.mark.process


def say(gate, data, *, more=False):
    """Send bytes, and return the status and the whole answer; 0 if there was none."""
    with socket.create_connection((HOST, gate.port), timeout=10, source_address=place()) as line:
        try:
            line.sendall(data)
            if not more:
                line.shutdown(socket.SHUT_WR)
            answer = b""
            while part := line.recv(65536):
                answer += part
        except ConnectionError:
            pass
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0, answer


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_no_bytes_make_the_gate_fail(gate, data):
    assert say(gate, data)[0] < 500


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.binary(max_size=60),
    name=st.binary(max_size=20),
    value=st.binary(max_size=60),
    body=st.binary(max_size=100),
)
def test_no_path_header_or_body_makes_the_gate_fail(gate, path, name, value, body):
    head = b"POST /v1/%b HTTP/1.1\r\nhost: gate\r\nconnection: close\r\n%b: %b\r\n" % (
        path,
        name,
        value,
    )

    assert say(gate, head + b"content-length: %d\r\n\r\n" % len(body) + body)[0] < 500


MEMBERS = ["program", "generation", "status", "version", "lease_generation", "stopped_at"]
MEMBERS += ["buffer", "counter", "signature"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(["lease", "ack"]), said=st.dictionaries(st.sampled_from(MEMBERS), ANYTHING)
)
def test_no_members_make_the_gate_fail(gate, knocking, path, said):
    status, answer = knocking.post(f"/v1/{path}", json.dumps(said).encode())

    assert status in (400, 404, 422)
    assert answer["detail"]


@pytest.fixture(scope="module")
def knocking(gate):
    one = caller(gate)
    known(gate)
    return one


def test_what_is_no_http_gets_a_problem_and_the_door(gate):
    status, answer = say(gate, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", more=True)

    assert status == 400
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer


def test_headers_without_end_are_cut_off(gate):
    began = time.monotonic()
    status, _ = say(gate, b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 40_000, more=True)

    assert status in (0, 400)
    assert time.monotonic() - began < wire.HEAD_SECONDS / 2


def test_what_comes_behind_the_headers_is_no_part_of_them():
    head, body = b"POST / HTTP/1.1\r\nhost: gate\r\n\r\n", b"x" * 50
    for cut in range(1, len(head) + 1):
        one = object.__new__(wire.Wire)
        parts = (head + body)[:cut], (head + body)[cut:]
        counted = [one._count(part) for part in parts if cut < len(head) or part is parts[0]]
        assert counted[-1] == len(head), cut


def test_a_large_body_may_come_in_one_packet_with_its_headers(gate):
    head = (
        "POST /v1/refused HTTP/1.1\r\nhost: gate\r\ncontent-type: application/json\r\n"
        "authorization: Bearer andon_i_a_b\r\nconnection: close\r\ncontent-length: 120000\r\n\r\n"
    )

    status, answer = say(gate, head.encode() + b"x" * 120_000, more=True)

    assert (status, b"ingest key" in answer) == (401, True)


def test_a_connection_that_does_not_come_to_the_point_is_ended(monkeypatch):
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.1)

    assert asyncio.run(served(b"")) == b""
    assert asyncio.run(served(b"GET / HTTP/1.1\r\nhost:")) == b""
    whole = b"GET / HTTP/1.1\r\nhost: gate\r\nconnection: close\r\n\r\n"
    assert asyncio.run(served(whole)).startswith(b"HTTP/1.1 204 ")


async def served(data, *, app=None):
    """Return what a wire before an application answers to these bytes."""
    config = uvicorn.Config(app or _fine, log_config=None, lifespan="off")
    server = await asyncio.get_running_loop().create_server(
        lambda: wire.Wire(config, uvicorn.server.ServerState(), {}), HOST, 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(data)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer


@pytest.mark.parametrize("body", [b"", b"{"])
def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch, body):
    monkeypatch.setattr(call, "BODY_SECONDS", 0.2)

    async def read(scope, receive, send):
        with pytest.raises(Refused) as refusal:
            await call.Call(scope, receive).json_body()
        said = {"type": "http.response.start", "status": refusal.value.status, "headers": []}
        await send(said | {"headers": refusal.value.headers})
        await send({"type": "http.response.body", "body": b""})

    head = b"POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n"
    assert asyncio.run(served(head + body, app=read)).startswith(b"HTTP/1.1 408 ")


async def _fine(_scope, _receive, send):
    # Longer than the patience with headers: an answer may take its time.
    await asyncio.sleep(0.3)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_body_that_claims_to_be_huge_is_refused_before_it_comes(gate, knocking):
    head = (
        f"POST /v1/lease HTTP/1.1\r\nhost: gate\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {knocking.token}\r\ncontent-length: 99999999\r\n\r\n"
    )

    status, answer = say(gate, head.encode() + b"x" * 20_000, more=True)

    assert status == 413
    assert b"connection: close" in answer


CHUNKED = (
    b"POST /v1/lease HTTP/1.1\r\nhost: gate\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n"
)


@pytest.mark.parametrize("first", [CHUNKED, CHUNKED + b"a: "])
@pytest.mark.parametrize("more", [b"a: b\r\n" * 10_000, b"x" * 60_000])
def test_a_request_without_end_is_cut_off(gate, first, more):
    with pytest.raises(ConnectionError):
        pour(gate, first, more)


def pour(gate, first, more):
    """Send six megabytes, if they are taken, and read nothing."""
    with socket.create_connection((HOST, gate.port), timeout=10, source_address=place()) as line:
        line.sendall(first)
        for _ in range(100):
            line.sendall(more)


def test_a_body_that_nobody_reads_is_cut_off(gate):
    head = b"POST /v1/lease HTTP/1.1\r\nhost: gate\r\ncontent-length: 99999999\r\n\r\n"
    with pytest.raises(ConnectionError):
        pour(gate, head, b"x" * 60_000)


def test_a_request_may_be_as_large_as_its_largest_parts():
    assert wire.LARGEST_REQUEST >= wire.LARGEST_HEAD + questions.LARGEST_REFUSED


def test_many_headers_are_refused(gate):
    lines = b"a: b\r\n" * (wire.MOST_HEADERS + 1)
    status, answer = say(gate, b"GET /healthz HTTP/1.1\r\n" + lines + b"\r\n", more=True)

    assert (status, b"100 headers" in answer) == (400, True)


def test_a_few_requests_may_come_at_once_and_more_end_the_connection(gate):
    one = b"GET /healthz HTTP/1.1\r\nhost: gate\r\n\r\n"
    few = one * 3 + one.replace(b"host: gate", b"connection: close")

    assert say(gate, few, more=True)[1].count(b"HTTP/1.1 200") == 4
    assert say(gate, one * 5000, more=True)[1].count(b"HTTP/1.1 200") <= wire.MOST_WAITING


def test_a_trailer_is_no_header():
    def app(seen):
        async def answer(scope, receive, send):
            while (await receive()).get("more_body"):
                pass
            seen.extend(name for name, _ in scope["headers"])
            await _fine(scope, receive, send)

        return answer

    seen = []
    sent = CHUNKED.replace(b"host: gate", b"connection: close") + b"authorization: me\r\n\r\n"
    assert asyncio.run(served(sent, app=app(seen))).startswith(b"HTTP/1.1 204")
    assert seen == [b"connection", b"content-type", b"transfer-encoding"]


def test_two_authorizations_are_none(gate, knocking):
    twice = f"authorization: Bearer {knocking.token}\r\n" * 2
    head = f"POST /v1/lease HTTP/1.1\r\nhost: gate\r\nconnection: close\r\n{twice}\r\n"

    assert say(gate, head.encode())[0] == 401


@pytest.mark.parametrize("path", ["/", "/v1/leases", "/V1/lease", "/%2e%2e/metrics", "/v1/lease/"])
def test_there_is_nothing_elsewhere(gate, path):
    assert gate.get(path)[0] == 404


@pytest.mark.parametrize(
    ("query", "status"), [("", 422), ("?program=a&program=b", 422), ("?program=a", 404)]
)
def test_a_stream_needs_the_name_of_its_program(gate, knocking, query, status):
    answer = gate.get(f"/v1/stream{query}", Authorization=f"Bearer {knocking.token}")

    assert answer[0] == status


def test_a_stream_without_a_token_is_refused(gate):
    assert gate.get("/v1/stream?program=a")[0] == 401


def test_what_others_sent_without_a_token_is_not_counted_here(gate):
    refused = {gate.get("/v1/stream?program=a")[0] for _ in range(40)}
    move()

    assert refused == {401, 429}
    assert gate.get("/v1/stream?program=a")[0] == 401


def test_a_reader_that_does_not_read_is_dropped_and_the_others_are_told(gate):
    program = make.program(slug="k" * 60)
    slow, quick = caller(gate, program), caller(gate, program)
    known(gate)
    slow.stream(unread=1024)
    reader = quick.stream()
    dropped = 'andon_gate_streams_dropped_total{why="slow"}'
    before = gate.figure(dropped)

    def change():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE programs_program SET generation = generation + 1,"
                " whole_generation = generation + 1 WHERE id = %s"
                " RETURNING generation, pg_notify(%s, '')",
                [program.pk, CHANNEL],
            )
            generation = cursor.fetchone()[0]
        while reader.event()[1]["generation"] < generation:
            pass
        return gate.figure(dropped) == before + 1

    until(change, seconds=60, every=0)
    assert gate.figure("andon_gate_streams") == 1
