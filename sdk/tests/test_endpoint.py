import logging

import pytest

import andon
from andon.gates import gates_from

TOKEN = "andon_c_k7_s3cret"


def test_everything_may_come_from_the_environment(monkeypatch, server):
    monkeypatch.setenv("ANDON_PROGRAM", "study")
    monkeypatch.setenv("ANDON_GATE_URL", server.url + "/")
    monkeypatch.setenv("ANDON_TOKEN", TOKEN + "\n")
    with andon.Gate() as gate:
        assert gate.wait(10)
    assert server.tokens.get() == f"Bearer {TOKEN}"


def test_a_gate_may_live_below_a_path(open_gate, server):
    assert open_gate(url=server.url + "/gate/").wait(10)
    assert server.paths.get(timeout=10).startswith("/gate/v1/")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://gate.example", "gate.example", 443),
        ("http://localhost", "localhost", 80),
        ("http://[::1]:8001/x/", "::1", 8001),
    ],
)
def test_an_address_is_taken_apart(url, host, port):
    endpoint = gates_from(url, TOKEN).current
    assert (endpoint.host, endpoint.port) == (host, port)
    assert (endpoint.tls is not None) == url.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gate.example",
        "ftp://gate.example",
        "http://",
        "https://me:pass@gate.example",
        "http://gate.example:port",
        "http://gate.example:99999",
        "https://gate.example/?a=1",
        "https://gate.example/#top",
    ],
)
def test_an_address_that_cannot_work_is_refused_by_name(url):
    with pytest.raises(andon.ConfigError, match=r"url \(or ANDON_GATE_URL\) must"):
        gates_from(url, TOKEN)


@pytest.mark.parametrize(
    "token", ["andon_c", "s3cret", "andon_c_a b", "andon_c_a\r\nX: 1", "andon_u_k_s", "é"]
)
def test_a_token_that_cannot_work_is_refused_and_not_repeated(token):
    with pytest.raises(andon.ConfigError, match=r"token \(or ANDON_TOKEN\) must") as refusal:
        gates_from("https://gate.example", token)
    assert token == "andon_c" or token not in str(refusal.value)


@pytest.mark.parametrize("program", ["", "two words", "a\nb", "x" * 101, "../study", "stüdy"])
def test_a_program_that_is_no_slug_is_refused(program):
    with pytest.raises(andon.ConfigError, match=r"program \(or ANDON_PROGRAM\) must"):
        andon.Gate(program, "https://gate.example", TOKEN, start=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"version": "x" * 81}, "version must"), ({"buffer": "full"}, "buffer must")],
)
def test_an_option_that_cannot_work_is_refused(options, message):
    with pytest.raises(andon.ConfigError, match=message):
        andon.Gate("study", "https://gate.example", TOKEN, start=False, **options)


def test_a_token_in_clear_over_a_network_is_warned_of(caplog):
    caplog.set_level(logging.WARNING)
    gates_from("http://127.0.0.1:8001", TOKEN)
    assert not caplog.text
    gates_from("http://gate.example", TOKEN)
    assert "travels to gate.example in clear" in caplog.text
    assert "s3cret" not in caplog.text
