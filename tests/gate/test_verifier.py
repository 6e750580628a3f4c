"""Where records come in, stamps are checked by a sheet of the gate, with the SDK's verifier."""

import http.client
import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from andon import Gate, Verifier
from andon.stamps import read_stamp
from django.conf import settings

from programs import keys, signing, stamps
from programs.models import ProgramKey
from tests import make
from tests.gate.served import HOST, caller, ingest, known, place, until
from tests.gate.test_pause import pause

pytestmark = pytest.mark.process
PAGE = Path(__file__).parents[2] / "docs/collectors/ingest.md"


def url(gate):
    return f"http://{HOST}:{gate.port}"


def sheet(one, token, *, named=None, **headers):
    """Return (status, ETag, what was said) of one question for the sheet."""
    path = f"/v1/verifier?program={named or one.collector.program.slug}"
    headers = {"Authorization": f"Bearer {token}"} | headers
    line = http.client.HTTPConnection(HOST, one.gate.port, timeout=10, source_address=place())
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        said = answer.read()
        return answer.status, answer.headers["ETag"], json.loads(said) if said else {}
    finally:
        line.close()


@pytest.fixture
def token(collector):
    return opened(collector)


def opened(one):
    """An ingest key that the gate knows. It is not asked: it counts those that it does not know."""
    text = ingest(one.collector.program)
    # It reads both kinds of keys together: whoever is in its copy came after this one.
    caller(one.gate)
    known(one.gate)
    return text


def group_of(one, token):
    said = sheet(one, token)[2]
    return said["groups"][said["collectors"][one.collector.name]]


@contextmanager
def both(one, token):
    """A collector and a verifier of its program, each with the SDK."""
    slug = one.collector.program.slug
    with Gate(slug, url(one.gate), one.token) as gate, Verifier(slug, url(one.gate), token) as at:
        assert gate.wait(10)
        assert at.wait(10)
        yield gate, at


def test_the_key_of_a_lease_signs_stamps_and_no_acknowledgement(collector):
    lease = collector.lease()[1]
    one = collector.collector
    root = signing.stamp_root(signing.master_from(settings.SECRET_KEY), program_id=one.program_id)
    made = signing.stamp_key(root, collector=one.name, generation=1)
    assert lease["stamp_key"] == made.hex()
    pause(one.program)
    assert collector.acknowledge(lease, generation=2, key=lease["stamp_key"])[0] == 403


def test_the_sheet_lists_the_collectors_and_how_they_stand(collector, token):
    status, _, said = sheet(collector, token)
    assert status == 200
    assert said["program"] == collector.collector.program.slug
    assert said["good_seconds"] == 1.0
    assert said["groups"] == [{"generation": 1, "state": "collecting"}]
    assert said["collectors"] == {collector.collector.name: 0}
    told = datetime.fromisoformat(said["server_time"])
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=5)

    pause(collector.collector.program)
    until(lambda: sheet(collector, token)[2]["groups"][0]["state"] == "paused")
    [group] = sheet(collector, token)[2]["groups"]
    order = collector.collector.program.stop_orders.get()
    assert group["generation"] == 2
    assert group["deadline_at"] == stamps.rfc3339.write(order.deadline_at)


def test_who_has_the_sheet_is_told_only_that(collector, token):
    _, tag, _ = sheet(collector, token)
    assert sheet(collector, token, **{"If-None-Match": tag}) == (304, tag, {})
    pause(collector.collector.program)
    until(lambda: sheet(collector, token, **{"If-None-Match": tag})[0] == 200)


def test_only_an_ingest_key_of_the_program_opens_the_sheet(collector, token):
    refused = [collector.token, token[:-1] + "x", token.replace("andon_i_", "andon_w_"), ""]
    assert {sheet(collector, each)[0] for each in refused} == {401}
    assert "a known ingest key" in sheet(collector, "")[2]["detail"]
    assert sheet(collector, token, named=make.program().slug)[0] == 404
    # And it opens nothing else.
    assert collector.post("/v1/lease", collector.question(), token=token)[0] == 401


def test_a_withdrawn_ingest_key_is_refused_within_a_second(collector, token):
    key = ProgramKey.objects.get(program=collector.collector.program)
    keys.withdraw(key, actor=make.SYSTEM)
    until(lambda: sheet(collector, token)[0] == 401, seconds=3)


def test_a_record_is_taken_while_the_program_collects_and_refused_after_a_pause(collector, token):
    with both(collector, token) as (gate, verifier):
        stamp = gate.stamp(b"a record")
        assert read_stamp(stamp).claim.generation == 1
        assert verifier.check(stamp, b"a record")
        assert verifier.check(stamp, b"another").reason == "digest"

        pause(collector.collector.program)

        until(lambda: not verifier.check(stamp, b"a record"))
        until(lambda: verifier.check(stamp, b"a record").reason == "stopped")


def test_the_example_of_the_documentation_stores_what_was_captured_in_time(
    collector, token, monkeypatch
):
    text = PAGE.read_text()
    [example] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    slug, stored = collector.collector.program.slug, []
    monkeypatch.setenv("ANDON_GATE_URL", url(collector.gate))
    monkeypatch.setenv("ANDON_PROGRAM", slug)
    monkeypatch.setenv("ANDON_INGEST_TOKEN", token)
    with Gate(slug, url(collector.gate), collector.token) as gate:
        assert gate.wait(10)
        stamp = gate.stamp(b"a record")
    sent = [(stamp, b"a record"), (stamp, b"another"), ("", b"a third")]

    names = {"incoming": lambda: sent, "store": stored.append}
    exec(compile(example, PAGE.name, "exec"), names)
    names["verifier"].close()

    assert stored == [b"a record"]


def test_a_stamp_of_the_generation_before_is_refused_when_the_program_goes_on(collector, token):
    program = collector.collector.program
    with both(collector, token) as (gate, verifier):
        old = gate.stamp(b"a record")
        pause(program)
        until(lambda: gate.state.acknowledged == 2)
        make.resumed(program)

        assert gate.wait(10)
        new = gate.stamp(b"a record")
        until(lambda: verifier.check(new, b"a record"))
        assert verifier.check(old, b"a record").reason == "generation"


def test_a_pause_of_another_dataset_leaves_the_stamps_of_the_others_good(gate):
    program = make.program()
    here, there = make.dataset(program), make.dataset(program)
    one, other = (caller(gate, program, dataset=dataset) for dataset in (here, there))
    known(gate)
    token = opened(one)
    with both(one, token) as (collects, verifier):
        stamp = collects.stamp(b"a record")
        pause(program, dataset=there)
        until(lambda: group_of(other, token)["state"] == "paused")
        assert group_of(one, token) == {"generation": 1, "state": "collecting"}
        assert verifier.check(stamp, b"a record")
