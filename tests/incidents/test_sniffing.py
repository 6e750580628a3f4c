"""What a file of evidence is: by its bytes, and honest about it if it is dangerous."""

import pytest

from incidents.sniffing import OCTETS, Family, Look, Odd

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def look(content, name="x", declared=""):
    found = Look()
    for at in range(0, len(content), 7):
        found.take(content[at : at + 7])
    return found.end(name=name, declared=declared)


@pytest.mark.parametrize(
    ("content", "family", "media_type"),
    [
        (b"%PDF-1.7 ...", Family.DOCUMENT, "application/pdf"),
        (PNG, Family.IMAGE, "image/png"),
        (b"PK\x03\x04 docx", Family.ARCHIVE, "application/zip"),
        (b"\xd4\xc3\xb2\xa1" + bytes(20), Family.CAPTURE, "application/vnd.tcpdump.pcap"),
        (bytes(257) + b"ustar", Family.ARCHIVE, "application/x-tar"),
        ("Größe: 3\n".encode(), Family.TEXT, "text/plain; charset=utf-8"),
        # The priority of a line of syslog is no tag.
        (b"<34>Oct 11 22:14:15 su: failed", Family.TEXT, "text/plain; charset=utf-8"),
        (b"\x00\x01\x02\x03", Family.OTHER, OCTETS),
    ],
)
def test_a_file_is_what_its_bytes_say(content, family, media_type):
    found = look(content)
    assert (found.family, found.type) == (family, media_type)


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"<!DOCTYPE html><p>", "page.html", "text/html"),
        (b'\xef\xbb\xbf <?xml version="1.0"?>', "feed.xml", "text/xml"),
        (b"<svg xmlns='x'/>", "logo.svg", "image/svg+xml"),
        (b"MZ\x90\x00", "tool.exe", "application/x-msdownload"),
        (b"\x7fELF", "lib.so", OCTETS),
        (b"#!/bin/sh\n", "run.sh", ""),
        (b"print('x')\n", "leak.py", "text/x-python"),
        (b"alert(1)", "leak.js", "text/javascript"),
        (b"PK\x03\x04", "macro.docm", ""),
        (b"From: x\n", "saved.mht", "multipart/related"),
    ],
)
def test_what_could_run_is_taken_under_its_own_name_and_given_out_as_bytes(content, name, declared):
    found = look(content, name, declared)
    assert found.family in (Family.MARKUP, Family.PROGRAM)
    assert found.type == OCTETS


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>", "photo.png"),
        (b"<html>", "notes.txt"),
        (b"<svg>", "noending"),
        (b"MZ\x90", "invoice.pdf"),
        (b"\x7fELF", "page.html"),
        (PNG, "photo.png.exe"),
        (PNG, "page.html"),
        (b"#!/bin/sh", "page.svg"),
    ],
)
def test_what_could_run_may_not_call_itself_something_else(content, name):
    with pytest.raises(Odd, match="its name ends in"):
        look(content, name)


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"<html>", "page.html", "image/png"),
        (b"<html>", "page.html", "text/plain"),
        (PNG, "photo.png", "text/html"),
        (PNG, "photo.png", "image/svg+xml; charset=utf-8"),
        (b"MZ", "tool.exe", "application/pdf"),
        (b"plain", "notes.txt", "application/javascript"),
    ],
)
def test_what_could_run_may_not_be_sent_as_something_else(content, name, declared):
    with pytest.raises(Odd, match="it was sent as"):
        look(content, name, declared)


@pytest.mark.parametrize("declared", ["", OCTETS, "image/jpeg", "application/x-whatever"])
def test_what_runs_nowhere_may_be_called_as_it_likes(declared):
    assert look(PNG, "photo.jpg", declared).type == "image/png"


@pytest.mark.parametrize(
    ("content", "other"),
    [
        (b"GIF89a/*<script>alert(1)</script>", "HTML"),
        (b"%PDF-1.4 <HTML>", "HTML"),
        (PNG + b"%PDF-1.4", "PDF"),
        (b"\xff\xd8\xff" + bytes(2000) + b"PK\x05\x06" + bytes(18), "ZIP"),
    ],
)
def test_what_can_be_read_as_two_things_is_refused(content, other):
    with pytest.raises(Odd, match=f"two things at once, one of them {other}"):
        look(content, "picture.gif")


def test_an_archive_is_never_unpacked_whatever_it_would_grow_to():
    # Ten gigabytes of zeros in ten kilobytes end so; for us they are ten kilobytes.
    bomb = b"PK\x03\x04" + bytes(10_000) + b"PK\x05\x06" + bytes(18)
    assert look(bomb, "bomb.zip").family == Family.ARCHIVE


def test_a_large_file_is_not_held_in_memory():
    found = Look()
    for _ in range(200):
        found.take(bytes(64 * 1024))
    held = sum(len(value) for value in vars(found).values() if isinstance(value, bytes))
    assert held < 70_000
