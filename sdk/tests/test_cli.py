import io
import json
import time
from pathlib import Path

import pytest

from andon.cli import main
from andon.stamps import Claim, digest_of, key_for
from andon.wire import write_time

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


def test_status_asks_another_gate_when_one_does_not_answer(ask, server, closed_port_url):
    for _ in range(4):
        assert ask(url=f"{closed_port_url},{server.url}")[0] == 0


def stamp(generation=7, record=None):
    claim = Claim("study", "laptop-7", generation, write_time(time.time()), digest_of(record))
    return claim.stamp(key_for(bytes(range(32, 64)), collector="laptop-7", generation=generation))


@pytest.fixture
def verify(server, monkeypatch, capsys):
    monkeypatch.setenv("ANDON_INGEST_TOKEN", "andon_i_k9_s3cret")
    server.good_seconds = 30.0

    def verify(*words, lines="", url=server.url):
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        code = main(["verify", "--program", "study", "--url", url, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return verify


def test_the_examples_of_the_readme_answer_as_it_says(ask, verify, server, tmp_path, monkeypatch):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (tmp_path / "record.bin").write_bytes(b"a record")
    monkeypatch.chdir(tmp_path)
    code, said, _ = verify("--record", "record.bin", stamp(record=b"a record"))
    assert f'$ andon verify --record record.bin "$STAMP"\n{said}' in readme
    code, said, _ = verify(lines=f"{stamp()}\n{stamp(6)}\n")
    assert f"$ andon verify < stamps\n{said}" in readme
    server.pause()
    said = ask()[1].replace("study", "keystroke-study")
    assert f"$ andon status --program keystroke-study\n{said}" in readme


def test_a_good_stamp_is_0_and_a_bad_one_3(verify, server):
    assert verify(stamp()) == (0, "accepted\n", "")
    code, said, _ = verify(lines=f"{stamp()}\n\n{stamp(6)}\n")
    assert code == 3
    assert said == "accepted\nrefused (generation): generation 6 is over, 7 has begun\n"
    assert server.refused.empty()


def test_a_stamp_is_compared_with_its_record(verify, tmp_path):
    file = tmp_path / "record"
    file.write_bytes(b"a record")
    text = stamp(record=b"a record")
    assert verify(text, "--record", str(file))[0] == 0
    file.write_bytes(b"another")
    code, said, _ = verify(text, "--record", str(file), "--json")
    assert code == 3
    assert json.loads(said) == {
        "accepted": False,
        "reason": "digest",
        "detail": "the stamp is of another record",
        "again": False,
        "stamp": text,
    }


def test_without_a_sheet_no_stamp_is_judged_and_that_is_4(verify, closed_port_url):
    code, said, complaint = verify(stamp(), url=closed_port_url)
    assert code == 4
    assert said.startswith("refused (stale_sheet): no good sheet: the gate did not answer")
    assert complaint.startswith("andon: no good sheet: the gate did not answer")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "there is no stamp"),
        (("a", "b", "--record", "file"), "--record takes the record of one stamp"),
        (("a", "--record", "no/such/file"), "--record: No such file or directory: no/such/file"),
    ],
)
def test_a_wrong_use_of_verify_is_2(verify, words, message):
    code, _, complaint = verify(*words)
    assert code == 2
    assert message in complaint


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
    for name in ("ANDON_PROGRAM", "ANDON_GATE_URL", "ANDON_TOKEN", "ANDON_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(words) == 2
    assert "ANDON_PROGRAM" in capsys.readouterr().err
