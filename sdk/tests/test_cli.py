import json

import pytest

from andon.cli import main

TOKEN = "andon_c_k7_s3cret"


@pytest.fixture
def ask(server, monkeypatch, capsys):
    monkeypatch.setenv("ANDON_TOKEN", TOKEN)

    def ask(*words, url=server.url):
        code = main(["status", "--program", "study", "--url", url, *words])
        return code, capsys.readouterr().out

    return ask


def test_status_of_a_program_that_collects_is_0(ask):
    assert ask() == (0, "study: the program is collecting (generation 7)\n")


@pytest.mark.parametrize("state", ["paused", "approved", "draft", "retired"])
def test_status_of_a_program_that_does_not_collect_is_3(ask, server, state):
    server.state = state
    code, said = ask()
    assert code == 3
    assert f"the program is {state}" in said


def test_status_names_who_holds_the_pause(ask, server):
    server.pause()
    assert ask()[1] == "study: the program is paused, held by Amber Otter (generation 8)\n"


def test_status_as_json_is_one_object(ask, server):
    server.pause()
    code, said = ask("--json")
    assert code == 3
    assert json.loads(said) == {
        "program": "study",
        "state": "paused",
        "generation": 8,
        "reason": "the program is paused, held by Amber Otter",
    }


def test_status_without_an_answer_is_4(ask, closed_port_url):
    code, said = ask(url=closed_port_url)
    assert code == 4
    assert said.startswith("study: no usable answer: ")
    code, said = ask("--json", url=closed_port_url)
    assert json.loads(said)["state"] == "unknown"


def test_status_of_a_gate_that_refuses_is_4(ask, server):
    server.has_stream = False
    assert ask() == (4, "study: no usable answer: the gate answered 404 instead of a stream\n")


def test_asking_for_the_status_asks_for_no_lease(ask, server):
    ask()
    assert server.asked.empty()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: action"),
        (["run", "--program", "study"], "put -- before the command"),
        (["run", "--program", "study", "--"], "put -- before the command"),
        (["run", "--once", "--restart", "always", "--", "true"], "it takes no --restart"),
        (["run", "--grace", "-1", "--", "true"], "between 0 and 3600"),
        (["run", "--grace", "nan", "--", "true"], "between 0 and 3600"),
        (["run", "--restart", "maybe", "--", "true"], "invalid choice"),
    ],
)
def test_a_wrong_option_is_2_and_says_what_is_right(capsys, words, message):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [["status"], ["run", "--", "true"]])
def test_a_missing_setting_is_2_and_named(capsys, monkeypatch, words):
    for name in ("ANDON_PROGRAM", "ANDON_GATE_URL", "ANDON_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(words) == 2
    assert "ANDON_PROGRAM" in capsys.readouterr().err
