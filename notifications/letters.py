"""Read a mail that somebody sent: bytes in, one letter out. Pure; loads nothing from elsewhere."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

LARGEST = 10 * 1024 * 1024
MOST_PARTS, DEEPEST = 50, 10
LONGEST_SUBJECT, LONGEST_TEXT = 200, 10_000
MOST_IDS = 50
# The parser of a mail goes as deep as its parts: they are counted before it is let at them.
_PART = re.compile(rb"^content-type\s*:\s*(multipart|message)/", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<([^<>\s]{1,250})>")
# Where the mail begins that is answered, as mail programs write it.
_QUOTED = re.compile(
    r"^(On .{5,200} wrote:|Am .{5,200} schrieb.{0,200}:|-{2,} ?Original Message ?-{2,}|_{10,})\s*$",
    re.IGNORECASE,
)


class Unreadable(Exception):
    """This is no letter that can be taken; the message says why."""


@dataclass(frozen=True)
class Letter:
    """What a mail says. `results` are its Authentication-Results, from the top down.

    `ident` and `digest` are SHA-256 in hex: of the Message-ID, empty if it has none, and of the
    bytes. `answers` are the ids of the mails that it answers, `left_out` counts attachments.
    `automatic` is true of what a machine wrote: out of office, a list, a bounce, ourselves.
    """

    ident: str
    digest: str
    sender: str
    subject: str
    text: str
    answers: tuple[str, ...]
    left_out: int
    automatic: bool
    results: tuple[str, ...]

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def read(raw: bytes, *, own: str) -> Letter:
    """Read a mail.

    Args:
        own: the address that our own mails come from, in small letters.

    Raises:
        Unreadable: if it is too large, has too many parts or too deep ones, is from nobody or
            from several, or is broken.
    """
    if len(raw) > LARGEST:
        raise Unreadable(f"It is larger than {LARGEST // 1024**2} MiB.")
    if len(_PART.findall(raw)) > MOST_PARTS:
        raise Unreadable(f"It has more than {MOST_PARTS} parts.")
    try:
        return _letter(message_from_bytes(raw), raw, own)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # What the standard library says of mails that break its own rules.
        raise Unreadable(f"It is broken: {type(error).__name__}.") from error


def _letter(mail: Message, raw: bytes, own: str) -> Letter:
    sender = _sender(mail)
    plain, html, left_out = _parts(mail)
    text = "\n\n".join(plain) if plain else "\n\n".join(map(_without_tags, html))
    ids = _ID.findall(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}")
    named = _ID.findall(str(mail.get("Message-ID", "")))
    return Letter(
        ident=hashlib.sha256(named[0].encode()).hexdigest() if named else "",
        digest=hashlib.sha256(raw).hexdigest(),
        sender=sender,
        subject=_line(_decoded(mail.get("Subject", "")))[:LONGEST_SUBJECT],
        text=_said(text)[:LONGEST_TEXT],
        answers=tuple(dict.fromkeys(ids))[:MOST_IDS],
        left_out=left_out,
        automatic=sender == own or _is_automatic(mail),
        results=tuple(str(each) for each in mail.get_all("Authentication-Results", [])),
    )


def _sender(mail: Message) -> str:
    found = getaddresses([str(each) for each in mail.get_all("From", [])])
    addresses = [address for _name, address in found if address]
    if len(addresses) != 1 or len(found) != 1 or addresses[0].count("@") != 1:
        raise Unreadable("It must be from one address.")
    address = addresses[0].lower()
    if not address.isascii() or not address.isprintable() or len(address) > 254:
        raise Unreadable("It must be from one address.")
    return address


def _is_automatic(mail: Message) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    bulk = str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    back = str(mail.get("Return-Path", "?")).strip() == "<>"
    kind = mail.get_content_type() in ("multipart/report", "message/delivery-status")
    named = any(mail.get(name) for name in ("List-Id", "X-Autoreply", "X-Autorespond"))
    return submitted != "no" or bulk or back or kind or named


def _parts(mail: Message) -> tuple[list[str], list[str], int]:
    plain: list[str] = []
    html: list[str] = []
    left_out = 0
    for part in _leaves(mail, DEEPEST):
        kind = part.get_content_type()
        kept = part.get_content_disposition() != "attachment" and not part.get_filename()
        if kept and kind == "text/plain":
            plain.append(_text(part))
        elif kept and kind == "text/html":
            html.append(_text(part))
        else:
            left_out += 1
    return plain, html, left_out


def _leaves(mail: Message, depth: int) -> Iterator[Message]:
    # A mail within a mail is an attachment: what stands in it, somebody else may have written.
    if mail.get_content_maintype() != "multipart":
        yield mail
        return
    if depth == 0:
        raise Unreadable(f"Its parts are nested deeper than {DEEPEST}.")
    parts = mail.get_payload()
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, Message):
            yield from _leaves(part, depth - 1)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    return text.replace("\0", "").replace("\r\n", "\n")


def _decoded(header: object) -> str:
    try:
        return str(make_header(decode_header(str(header))))
    except (HeaderParseError, LookupError, ValueError):
        return str(header)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _said(text: str) -> str:
    """What the sender wrote, without the mail that it answers."""
    kept = []
    for line in text.splitlines():
        if _QUOTED.match(line):
            break
        if not line.startswith(">"):
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


class _Words(HTMLParser):
    """Collects the words of a page, and nothing that it would load or run."""

    _SILENT = frozenset({"script", "style", "head", "title", "template"})
    _BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag in self._SILENT:
            self._silent += 1
        elif tag in self._BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(" ".join(data.split()) + " ")


def _without_tags(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    reader.close()
    return "\n".join(line.strip() for line in "".join(reader.words).splitlines())
