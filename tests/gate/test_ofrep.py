"""Any OpenFeature SDK may ask the gate: with the SDK itself, and with what strangers send."""

import re
from pathlib import Path

import pytest
import requests
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from programs.models import Lease, StopProof
from tests import make
from tests.gate.served import HOST, caller, known, place, until
from tests.gate.test_lapse import attest
from tests.gate.test_pause import pause

pytestmark = pytest.mark.process
BULK = "/ofrep/v1/evaluate/flags"
PAGE = Path(__file__).parents[2] / "docs/collectors/openfeature.md"


def url(gate):
    return f"http://{HOST}:{gate.port}"


def slug(one):
    return one.collector.program.slug


class FromHere(requests.adapters.HTTPAdapter):
    """Calls from where the test is."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=place(), **kwargs)


def ask(one, key=None, *, body=None, path=None, **headers):
    """Return the answer to one evaluation, as any HTTP client would get it."""
    headers = headers or {"Authorization": f"Bearer {one.token}"}
    body = {"context": {"targetingKey": "laptop"}} if body is None else body
    how = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Content-Type": "application/json"} | headers
    path = path or f"{BULK}/{key or slug(one)}"
    with requests.Session() as session:
        session.mount("http://", FromHere())
        return session.post(url(one.gate) + path, headers=headers, timeout=10, **how)


def paused(one):
    pause(one.collector.program)
    until(lambda: ask(one).json()["value"] is False)


@pytest.fixture
def flags(collector):
    """A client of the OpenFeature SDK, which nobody here wrote."""
    headers = {"Authorization": f"Bearer {collector.token}"}
    provider = OFREPProvider(url(collector.gate), headers_factory=lambda: headers)
    api.set_provider_and_wait(provider)
    yield api.get_client()
    api.clear_providers()
    provider.session.close()


def test_an_openfeature_client_is_told_true_before_a_pause_and_false_after_it(flags, collector):
    before = flags.get_boolean_details(slug(collector), False)
    pause(collector.collector.program)
    until(lambda: not flags.get_boolean_value(slug(collector), True), seconds=5)
    after = flags.get_boolean_details(slug(collector), True)

    assert (before.value, before.variant, before.error_code) == (True, "collecting", None)
    assert before.flag_metadata["generation"] == 1
    assert (after.value, after.reason, after.variant) == (False, Reason.DISABLED, "paused")
    assert after.flag_metadata["held_by"] == "Amber Otter"
    assert after.flag_metadata["generation"] == 2


def test_an_openfeature_client_that_asks_for_another_program_gets_its_default(flags):
    details = flags.get_boolean_details(make.program().slug, False)

    assert (details.value, details.error_code) == (False, ErrorCode.FLAG_NOT_FOUND)


def test_the_collector_of_the_documentation_stops_with_its_next_question(collector, monkeypatch):
    [example] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("ANDON_GATE_URL", url(collector.gate))
    monkeypatch.setenv("ANDON_TOKEN", collector.token)
    monkeypatch.setenv("ANDON_PROGRAM", slug(collector))
    delivered = []

    def source():
        yield from (1, 2)
        paused(collector)
        yield 3

    names = {"source": source, "deliver": delivered.append}
    exec(compile(example, PAGE.name, "exec"), names)
    api.clear_providers()
    names["provider"].session.close()

    assert delivered == [1, 2]


def test_a_true_is_a_lease_that_a_pause_waits_for(collector):
    said = ask(collector).json()

    assert (said["value"], said["metadata"]["lease_seconds"]) == (True, 10.0)
    assert said["metadata"]["collector"] == collector.collector.name
    lease = Lease.objects.get(collector=collector.collector)
    assert lease.version == "OpenFeature (OFREP)"
    paused(collector)
    assert StopProof.objects.get(collector=collector.collector).state == "unknown"


def test_a_second_true_renews_from_memory(collector, gate):
    ask(collector)
    before = gate.figure('andon_gate_leases_total{how="memory"}')
    ask(collector)
    assert gate.figure('andon_gate_leases_total{how="memory"}') == before + 1


def test_a_pause_of_another_dataset_leaves_it_true(gate):
    program = make.program()
    one = caller(gate, program, dataset=make.dataset(program))
    known(gate)
    pause(program, dataset=make.dataset(program))
    assert ask(one).json()["value"] is True


def test_all_flags_of_a_token_are_the_one_of_its_program(collector):
    answer = ask(collector, path=BULK)
    assert [(flag["key"], flag["value"]) for flag in answer.json()["flags"]] == [
        (slug(collector), True)
    ]


def test_what_did_not_change_is_not_sent_again_and_extends_the_lease_all_the_same(collector, gate):
    bearer = {"Authorization": f"Bearer {collector.token}"}
    tag = ask(collector, path=BULK).headers["ETag"]
    before = gate.figure('andon_gate_leases_total{how="memory"}')

    same = ask(collector, path=BULK, **bearer, **{"If-None-Match": f'"other", W/{tag}'})
    paused(collector)
    changed = ask(collector, path=BULK, **bearer, **{"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert gate.figure('andon_gate_leases_total{how="memory"}') > before
    assert changed.status_code == 200
    assert changed.json()["flags"][0]["value"] is False


def test_the_token_may_come_as_an_api_key(collector):
    assert ask(collector, **{"X-API-Key": collector.token}).status_code == 200
    # Who says two different things is believed in neither.
    both = {"X-API-Key": collector.token, "Authorization": "Bearer andon_c_a_b"}
    assert ask(collector, **both).status_code == 401
    assert collector.post("/v1/lease", collector.question(), token="")[0] == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b'{"context": NaN}', "PARSE_ERROR"),
        ({}, "INVALID_CONTEXT"),
        ({"context": []}, "INVALID_CONTEXT"),
        ({"context": {"targetingKey": 7}}, "INVALID_CONTEXT"),
    ],
)
def test_a_bad_body_is_refused_in_the_words_of_the_protocol(collector, body, code):
    one, every = ask(collector, body=body), ask(collector, body=body, path=BULK)

    assert (one.status_code, one.json()["errorCode"]) == (400, code)
    assert one.json()["key"] == slug(collector)
    assert one.json()["errorDetails"]
    assert (every.status_code, every.json()["errorCode"]) == (400, code)
    assert "key" not in every.json()


@pytest.mark.parametrize("key", ["other", "{key}", "a/b", "..%2f", "%00", "x" * 5000])
def test_a_key_that_is_no_program_of_the_token_is_not_found(collector, key):
    answer = ask(collector, key)

    assert (answer.status_code, answer.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")


def test_strangers_are_refused_before_their_body_is_read(collector):
    answer = ask(collector, body=b"{", Authorization="Bearer andon_c_a_b")

    assert (answer.status_code, answer.json()["errorCode"]) == (401, "GENERAL")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert ask(collector, body=b" " * 20_000).status_code == 413
    assert requests.get(url(collector.gate) + BULK, timeout=10).status_code == 405


def test_who_asks_for_a_program_whose_controls_have_lapsed_takes_its_default(flags, collector):
    assert flags.get_boolean_value(slug(collector), False)
    attest(collector.collector.program, passed=False)
    until(lambda: not flags.get_boolean_value(slug(collector), False), seconds=5)
    details = flags.get_boolean_details(slug(collector), False)
    assert details.reason == Reason.ERROR
    answer = ask(collector)
    assert answer.status_code == 503
    assert "have lapsed" in str(answer.json())
