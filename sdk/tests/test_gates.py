import ssl

import pytest

import andon
from andon.endpoint import endpoint_at
from andon.gates import gates_from

TOKEN = "andon_c_k7_s3cret"


def at(address):
    return endpoint_at(address, TOKEN)


@pytest.fixture
def pair():
    return gates_from("https://a.example, https://b.example/", TOKEN)


def places(gates):
    """Every gate that it goes to when none answers."""
    seen = []
    for _ in range(20):
        seen.append(gates.current)
        gates.leave(gates.current)
    return {(place.secure, place.host) for place in seen}


def test_several_addresses_stand_with_commas_between_them(pair):
    assert places(pair) == {(True, "a.example"), (True, "b.example")}
    for wrong in ("https://a.example,", ",", "https://a.example https://b.example"):
        with pytest.raises(andon.ConfigError, match="several with commas between"):
            gates_from(wrong, TOKEN)


def test_collectors_with_the_same_settings_do_not_all_ask_the_same_gate():
    first = {gates_from("http://localhost:1,http://localhost:2", TOKEN).current for _ in range(60)}
    assert len(first) == 2


def test_a_gate_that_does_not_answer_is_left_and_rested(pair):
    one = pair.current
    assert pair.leave(one)
    two = pair.current
    assert two != one
    assert pair.leave(one)  # another thread found the same
    assert pair.current == two


def test_the_only_gate_is_not_left():
    gates = gates_from("https://a.example", TOKEN)
    assert not gates.leave(gates.current)
    assert gates.current.host == "a.example"


def test_a_gate_that_was_named_is_gone_to_and_forgotten_when_it_is_no_longer_named(pair):
    pair.learn(("https://c.example", "not an address"), by=pair.current)
    assert (True, "c.example") in places(pair)
    pair.learn((), by=pair.current)
    pair.leave(pair.current)
    assert places(pair) == {(True, "a.example"), (True, "b.example")}


def test_no_token_goes_to_an_address_in_clear_if_it_was_to_travel_encrypted(pair):
    pair.learn(("http://c.example", "http://localhost:8001", "http://a.example"), by=pair.current)
    assert all(secure for secure, _ in places(pair))


def test_a_token_that_was_to_stay_on_this_machine_leaves_it_only_encrypted():
    gates = gates_from("http://localhost:8001", TOKEN)
    gates.learn(("http://c.example", "https://d.example", "http://127.0.0.1:1"), by=gates.current)
    assert places(gates) == {(False, "localhost"), (True, "d.example"), (False, "127.0.0.1")}


def test_an_answer_that_came_in_clear_names_no_one_where_others_are_encrypted():
    gates = gates_from("https://a.example,http://b.example", TOKEN)
    gates.learn(("https://trap.example",), by=at("http://b.example"))
    assert places(gates) == {(True, "a.example"), (False, "b.example")}


def test_a_gate_that_was_named_is_verified_as_those_that_were_configured():
    context = ssl.create_default_context()
    gates = gates_from("https://a.example", TOKEN, context)
    gates.learn(("https://c.example",), by=gates.current)
    gates.leave(gates.current)
    assert gates.current.host == "c.example"
    assert gates.current.tls is context


def test_the_same_address_twice_is_one_gate():
    gates = gates_from("https://a.example,https://a.example:443/", TOKEN)
    gates.learn(("https://a.example",), by=gates.current)
    assert not gates.leave(gates.current)


def test_a_collector_goes_to_the_other_gate_when_one_dies(open_gate, server, other):
    gate = open_gate(url=f"{server.url},{other.url}")
    assert gate.wait(10)
    first, second = (server, other) if not server.asked.empty() else (other, server)
    first.close()
    second.until_asked(status="running")
    second.until_streaming()
    assert gate.allowed()
    second.pause()
    assert second.acks.get(timeout=60)["generation"] == 8


def test_a_collector_goes_to_a_gate_that_the_first_one_named(open_gate, server, other):
    server.gates = [server.url, other.url]
    gate = open_gate()
    assert gate.wait(10)
    server.close()
    other.until_asked(status="running")
    assert other.tokens.get() == "Bearer andon_c_k7_s3cret-of-the-collector"
    assert gate.allowed()


def test_a_collector_leaves_a_gate_that_says_it_is_of_no_use(open_gate, server, other):
    server.gates = [other.url]
    gate = open_gate()
    assert gate.wait(10)
    server.on_lease = lambda _: (503, {})
    other.until_asked(status="running")
    assert gate.allowed()


def test_a_collector_leaves_a_gate_that_drains(open_gate, server, other):
    server.gates = [other.url]
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.until_asked_anew()
    server.tell("drain", "{}")
    other.until_streaming()
    other.until_asked(status="running")


def test_a_refusal_is_a_decision_and_no_reason_to_ask_another_gate(open_gate, server, other):
    server.gates = [other.url]
    gate = open_gate()
    assert gate.wait(10)
    server.on_lease = lambda _: (401, {"detail": "This token was revoked."})
    server.until_asked_anew()
    assert not gate.allowed()
    assert other.asked.empty()


def test_a_verifier_goes_to_a_gate_that_its_sheet_named(open_verifier, server, other):
    server.gates = [other.url]
    verifier = open_verifier()
    assert verifier.wait(10)
    server.close()
    assert other.sheets.get(timeout=60)
    assert verifier.wait(10)
