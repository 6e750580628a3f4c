"""With a scanner, evidence is in quarantine until it has answered; without one it says so."""

import socket
import struct
import sys
import threading
from dataclasses import replace
from io import BytesIO

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Due
from incidents import evidence, scanning
from incidents.intake import Refused
from incidents.models.evidence import storage
from tests import make

# The test file of the European Institute for Computer Antivirus Research, cut in two so that no
# scanner of a developer takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
# Ends as clamscan does.
FAKE = """
import sys
found = b"EICAR-STANDARD" in sys.stdin.buffer.read()
print("stdin: Eicar-Test-Signature FOUND" if found else "stdin: OK")
sys.exit(1 if found else 0)
"""


@pytest.fixture
def scanner(settings):
    """Sets which scanner is asked."""

    def use(said):
        settings.EVIDENCE = replace(django_settings.EVIDENCE, scanner=said)

    return use


@pytest.fixture
def command(scanner, tmp_path):
    script = tmp_path / "scan.py"
    script.write_text(FAKE)
    scanner(f"command:{sys.executable} {script}")


@pytest.fixture
def clamd(scanner, tmp_path):
    """Speaks as clamd does, once; yields what it is to answer and what it was sent."""
    talk = {"answer": b"stream: OK\0", "got": b""}
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "clamd"))
    server.listen()

    def serve():
        line, _ = server.accept()
        with line, line.makefile("rb") as said:
            assert said.read(10) == b"zINSTREAM\0"
            while size := struct.unpack("!I", said.read(4))[0]:
                talk["got"] += said.read(size)
            line.sendall(talk["answer"])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    scanner(f"unix:{tmp_path / 'clamd'}")
    yield talk
    thread.join(5)
    server.close()


def kept(content=b"harmless\n"):
    upload = SimpleUploadedFile("a.log", content, "text/plain")
    return evidence.add(make.incident(), upload, actor=make.actor(make.user()))


def take(row):
    with evidence.give_out(row, actor=make.actor(make.user())) as file:
        return file.read()


@pytest.mark.django_db
def test_without_a_scanner_evidence_says_that_nobody_scanned_it(engine):
    row = kept()
    assert row.get_scan_display() == "Not scanned"
    assert not Due.objects.filter(kind=evidence.SCAN).exists()
    assert take(row) == b"harmless\n"


@pytest.mark.django_db
def test_evidence_is_given_out_to_nobody_before_the_scanner_has_answered(command, engine):
    row = kept()
    with pytest.raises(Refused, match="in quarantine until the malware scanner has answered"):
        take(row)
    assert [line.act for line in row.custody.all()] == ["added"]
    engine.work()
    row.refresh_from_db()
    assert (row.scan, row.scan_said) == ("clean", "stdin: OK")
    assert row.custody.first().actor_name == "malware scanner"
    assert take(row) == b"harmless\n"


@pytest.mark.django_db
def test_what_the_scanner_finds_stays_in_quarantine_and_in_the_story(command, engine):
    row = kept(EICAR)
    engine.work()
    row.refresh_from_db()
    assert (row.scan, row.scan_said) == ("found", "stdin: Eicar-Test-Signature FOUND")
    with pytest.raises(Refused, match="found something in it"):
        take(row)
    assert row.incident.timeline.filter(text__startswith="The malware scanner found").exists()
    assert storage().exists(str(row.file))


@pytest.mark.django_db
def test_whoever_is_quick_does_not_slip_past_the_answer(command, engine, monkeypatch):
    row = kept(EICAR)
    engine.work()
    # As it was read before the scanner answered; the lock reads it anew.
    monkeypatch.setattr(row, "scan", "clean")
    with pytest.raises(Refused, match="found something in it"):
        take(row)


@pytest.mark.django_db
def test_a_scanner_that_is_away_is_asked_again_and_lets_nothing_out(scanner, command, engine):
    real = django_settings.EVIDENCE.scanner
    scanner("unix:/nowhere/clamd")
    row = kept()
    engine.work()
    due = Due.objects.get(kind=evidence.SCAN)
    assert (due.state, due.last_error) == ("scheduled", "NoAnswer")
    with pytest.raises(Refused, match="in quarantine"):
        take(row)
    scanner(real)
    engine.forward(minutes=1)
    row.refresh_from_db()
    assert take(row) == b"harmless\n"


@pytest.mark.django_db
def test_turning_the_scanner_off_lets_nothing_out_of_quarantine(scanner, command, engine):
    row = kept()
    scanner("")
    engine.work()
    with pytest.raises(Refused, match="in quarantine"):
        take(row)


@pytest.mark.django_db
def test_what_was_changed_where_it_lies_is_told_once_and_not_scanned(command, engine):
    row = kept()
    with open(storage().path(str(row.file)), "ab") as stored:
        stored.write(b"x")
    engine.work()
    engine.forward(minutes=1)
    assert [line.act for line in row.custody.all()] == ["damaged", "added"]


def test_clamd_gets_the_file_in_pieces_and_its_yes_counts(clamd):
    large = b"a" * 150_000
    assert scanning.ask(BytesIO(large)) == scanning.Verdict(True, "OK")
    assert clamd["got"] == large


def test_what_clamd_found_is_named(clamd):
    clamd["answer"] = b"stream: Eicar-Test-Signature FOUND\0"
    assert scanning.ask(BytesIO(EICAR)) == scanning.Verdict(False, "Eicar-Test-Signature")


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: O"])
def test_anything_else_that_clamd_says_is_no_answer(clamd, answer):
    clamd["answer"] = answer
    with pytest.raises(scanning.NoAnswer):
        scanning.ask(BytesIO(b"x"))


@pytest.mark.parametrize("code", ["sys.exit(2)", "time.sleep(5)", "os.kill(os.getpid(), 9)"])
def test_a_command_that_ends_otherwise_or_never_is_no_answer(scanner, tmp_path, code, monkeypatch):
    monkeypatch.setattr(scanning, "SECONDS", 1)
    script = tmp_path / "scan.py"
    script.write_text(f"import os, sys, time\n{code}")
    scanner(f"command:{sys.executable} {script}")
    with pytest.raises(scanning.NoAnswer), (tmp_path / "file").open("w+b") as file:
        scanning.ask(file)
