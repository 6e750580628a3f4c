import io
import json
import queue
import re
import shlex
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from andon.cli import main

TOKEN = "andon_t_k3_s3cret-of-a-person"
STOP = {"generation": 8, "proof": "pausing", "collectors": 3, "acknowledged": 1, "expired": 1}
PAUSED = {"slug": "study", "state": "paused", "generation": 8, "held_by": ["Amber Otter"]}


class FakeWeb(ThreadingHTTPServer):
    """Answers as Andon's API does: each answer of the list once, the last one for ever."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers, self.heard = [], queue.Queue()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self.shutdown()
        self._thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        web, length = self.server, int(self.headers.get("Content-Length") or 0)
        said = json.loads(self.rfile.read(length)) if length else None
        web.heard.put((self.command, self.path, said, dict(self.headers)))
        status, answer = web.answers.pop(0) if len(web.answers) > 1 else web.answers[0]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture
def web(monkeypatch):
    web = FakeWeb()
    monkeypatch.setenv("ANDON_URL", web.url)
    monkeypatch.setenv("ANDON_API_TOKEN", TOKEN + "\n")
    monkeypatch.delenv("ANDON_TOKEN", raising=False)
    monkeypatch.delenv("ANDON_PROGRAM", raising=False)
    monkeypatch.setattr("andon.web.time.sleep", lambda _: None)
    monkeypatch.setattr("andon.people._LOOK_EVERY", 0.01)
    yield web
    web.close()


@pytest.fixture
def andon(web, capsys):
    """Run the command line; return its exit code and what it wrote."""

    def run(*words, answers):
        web.answers = answers
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_cord_is_pulled_with_the_token_of_a_person(andon, web):
    code, said, _ = andon(
        "pause",
        "--program",
        "study",
        "--reason",
        "Seen.",
        answers=[(200, {**PAUSED, "stop": STOP})],
    )
    assert code == 0
    assert said == (
        "study: paused (generation 8), held by Amber Otter; "
        "1 of 3 collectors have not been seen to stop\n"
    )
    method, path, body, headers = web.heard.get()
    assert (method, path, body) == ("POST", "/api/v1/programs/study/pause", {"reason": "Seen."})
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_pause_may_be_waited_for_until_it_is_proven(andon, web):
    proven = {**PAUSED, "stop": {**STOP, "proof": "paused_proven"}}
    answers = [(200, {**PAUSED, "stop": STOP})] * 3 + [(200, proven)]
    code, said, _ = andon("pause", "--program", "study", "--wait", "60", answers=answers)
    assert code == 0
    assert said.endswith("; every collector has stopped\n")
    assert [web.heard.get()[0] for _ in range(4)] == ["POST", "GET", "GET", "GET"]


def test_a_pause_that_is_not_proven_in_time_is_5(andon):
    code, said, _ = andon(
        "pause", "--program", "study", "--wait", "0.05", answers=[(200, {**PAUSED, "stop": STOP})]
    )
    assert code == 5
    assert "have not been seen to stop" in said


def test_a_report_says_what_is_known_and_nothing_else(andon, web, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("Seen at nine.\n"))
    receipt = {"incident": "INC-17", "codename": "Amber Otter", "severity": 1, "counts_as": 1}
    receipt.update(paused=["study"], receipt="https://andon.example/r/1")
    words = ["--program", "study", "--audience", "everyone_inside", "--pause", "--detail", "-"]
    code, said, _ = andon("report", "Folder is open", *words, answers=[(201, receipt)])
    assert code == 0
    assert said == "INC-17 Amber Otter: SEV 1, paused: study\nhttps://andon.example/r/1\n"
    method, path, body, headers = web.heard.get()
    assert (method, path) == ("POST", "/api/v1/incidents")
    assert body == {
        "title": "Folder is open",
        "program": "study",
        "audience": "everyone_inside",
        "pause": True,
        "detail": "Seen at nine.",
    }
    assert len(headers["Idempotency-Key"]) == 36


def test_the_examples_of_the_readme_answer_as_it_says(andon):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    slug = "keystroke-study"
    paused = {**PAUSED, "slug": slug, "stop": {**STOP, "proof": "paused_proven"}}
    receipt = {"incident": "INC-17", "codename": "Amber Otter", "severity": None, "counts_as": 1}
    address = "https://andon.example/receipts/35c3628a-d201-446c-835a-ddab0156f501/"
    receipt.update(paused=["Keystroke study"], receipt=address)
    found = re.findall(r"^\$ andon ((?:pause|report) .*)\n((?:[^$`].*\n)+)", readme, re.MULTILINE)
    assert [words.split()[0] for words, _ in found] == ["pause", "report"]
    for (words, said), answer in zip(found, (paused, receipt)):
        assert andon(*shlex.split(words), answers=[(200, answer)]) == (0, said, "")


def test_a_report_that_was_not_answered_is_said_again_with_the_same_key(andon, web):
    receipt = {"incident": "INC-17", "severity": None, "counts_as": 2}
    answers = [(503, {"detail": "Not now."}), (502, b"<html>"), (200, receipt)]
    code, said, _ = andon("report", "Folder is open", answers=answers)
    assert (code, said) == (0, "INC-17: counts as SEV 2\n\n")
    keys = {web.heard.get()[3]["Idempotency-Key"] for _ in range(3)}
    assert len(keys) == 1
    andon("report", "Folder is open", "--key", "scan-7", answers=[(200, receipt)])
    assert web.heard.get()[3]["Idempotency-Key"] == "scan-7"


def test_a_refusal_is_3_and_one_sentence(andon):
    problem = {"status": 422, "detail": "program: there is no program 'x'.", "field": "program"}
    code, said, complaint = andon("report", "Open", "--program", "x", answers=[(422, problem)])
    assert (code, said) == (3, "")
    assert complaint == "andon: program: there is no program 'x'.\n"
    code, said, _ = andon("report", "Open", "--program", "x", "--json", answers=[(422, problem)])
    assert code == 3
    assert json.loads(said) == {**problem, "error": "program: there is no program 'x'."}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((503, {"detail": "Not now."}), "Andon answered 503: Not now."),
        ((200, b"<html>"), "Andon answered 200 and nothing of its own: is ANDON_URL right?"),
        ((308, b""), "Andon answered 308 and nothing of its own: is ANDON_URL right?"),
        ((404, b"<html>"), "Andon answered 404 and nothing of its own: is ANDON_URL right?"),
        ((200, []), "Andon answered something that is no program"),
    ],
)
def test_an_answer_that_is_none_is_4_and_one_sentence(andon, answer, sentence):
    code, _, complaint = andon("pause", "--program", "study", answers=[answer])
    assert (code, complaint) == (4, f"andon: {sentence}\n")


def test_no_answer_at_all_is_4(andon, monkeypatch, closed_port_url):
    monkeypatch.setenv("ANDON_URL", closed_port_url)
    code, _, complaint = andon("pause", "--program", "study", answers=[])
    assert code == 4
    assert complaint.startswith("andon: Andon did not answer: ")


def test_the_status_is_asked_of_the_api_by_who_has_no_collectors_token(andon, web):
    going = {"slug": "other", "state": "collecting", "generation": 3, "held_by": [], "stop": None}
    code, said, _ = andon("status", "--program", "other", answers=[(200, going)])
    assert (code, said) == (0, "other: collecting (generation 3)\n")
    code, said, _ = andon("status", answers=[(200, [going, {**PAUSED, "stop": None}])])
    assert (code, said.splitlines()[1]) == (
        0,
        "study: paused (generation 8), held by Amber Otter",
    )
    code, said, _ = andon("status", "--program", "study", "--json", answers=[(200, PAUSED)])
    assert (code, json.loads(said)) == (3, PAUSED)
    paths = [web.heard.get()[1] for _ in range(3)]
    assert paths == ["/api/v1/programs/other", "/api/v1/programs", "/api/v1/programs/study"]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ANDON_API_TOKEN", "", "ANDON_API_TOKEN) must be a person's API token"),
        ("ANDON_API_TOKEN", "andon_c_k_s", "ANDON_API_TOKEN) must be a person's API token"),
        ("ANDON_URL", "", "ANDON_URL) must be the address of Andon's pages"),
    ],
)
def test_a_missing_setting_is_2_and_named(andon, monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    code, _, complaint = andon("pause", "--program", "study", answers=[])
    assert code == 2
    assert message in complaint
    assert andon("pause", answers=[])[0] == 2


def test_nothing_that_is_written_holds_the_token(andon):
    said = andon("pause", "--program", "study", "--json", answers=[(401, {"detail": "Who?"})])
    assert "s3cret" not in str(said)
