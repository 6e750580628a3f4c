"""What is taken as evidence: by its first bytes and its size, whatever it calls itself."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from programs import evidence
from programs.controlset import ControlSet
from programs.evidence import Refused, Shown

pytestmark = pytest.mark.usefixtures("every_control")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def file(content, name="x.pdf"):
    return ContentFile(content, name)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg"),
        (b"PK\x03\x04 docx", "application/zip"),
        ("Größe: 3\n".encode(), "text/plain"),
        # Given out as text and as an attachment, it is text.
        (b"<script>alert(1)</script>", "text/plain"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content, kind):
    found = evidence.examine(file(content))
    assert found.type == kind
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.size == len(content)


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00 program", b"\x7fELF", b"\xff\xfe\x00", b"text\x00", b"cut \xc3"]
)
def test_what_is_none_of_these_is_refused(content):
    with pytest.raises(Refused, match="file: give a PDF"):
        evidence.examine(file(content, "report.pdf"))


def test_a_letter_that_lies_across_two_pieces_is_read_as_one():
    text = file(b"a" * (64 * 1024 - 1) + "ß".encode() + b"b")
    text.DEFAULT_CHUNK_SIZE = 64 * 1024
    assert evidence.examine(text).type == "text/plain"


def test_an_empty_file_is_refused():
    with pytest.raises(Refused, match="file: it is empty"):
        evidence.examine(file(b""))


def test_a_file_may_be_20_mib_and_not_a_byte_more(monkeypatch):
    monkeypatch.setattr(evidence, "LARGEST", 1024**2)
    assert evidence.examine(file(b"%PDF-".ljust(1024**2, b" "))).size == 1024**2
    with pytest.raises(Refused, match="file: at most 1 MiB"):
        evidence.examine(file(b"%PDF-".ljust(1024**2 + 1, b" ")))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("a\nb\u202e.pdf", "ab.pdf"), ("", "evidence")],
)
def test_a_name_is_a_name_and_no_path(given, kept):
    assert evidence.examine(file(b"%PDF-", given)).name == kept


@pytest.mark.parametrize(
    "link", ["http://plain.example", "javascript:alert(1)", "https://a:b@c.example", "https://["]
)
def test_a_link_is_https_and_holds_no_password(link):
    with pytest.raises(Refused, match="link: "):
        evidence.fields(Shown(link=link))
    assert evidence.fields(Shown(link="https://wiki.example/dpia"))["link"]


def test_something_must_be_shown():
    with pytest.raises(Refused, match="file: give a file, a link, or at least a note"):
        evidence.fields(Shown(note="  "))


def test_a_hash_is_64_digits():
    with pytest.raises(Refused, match="sha256"):
        evidence.fields(Shown(sha256="A" * 64))
    assert evidence.fields(Shown(sha256="a" * 64))


def test_evidence_counts_from_the_day_it_is_of():
    drill, now = ControlSet.current().get("G22"), timezone.now()
    assert evidence.good_until(now, drill) == now + timedelta(days=90)
    with pytest.raises(Refused, match="G22 counts for 90 days, and this is older"):
        evidence.good_until(now - timedelta(days=90), drill)


def test_evidence_of_tomorrow_is_refused():
    with pytest.raises(Refused, match="as_of: this lies ahead"):
        evidence.fields(Shown(note="x", as_of=timezone.now() + timedelta(hours=1)))
