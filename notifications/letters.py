"""Read a mail that somebody sent: bytes in, one letter out. Pure; loads nothing from elsewhere."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html import unescape

LARGEST = 10 * 1024 * 1024
MOST_PARTS, DEEPEST = 50, 10
LONGEST_SUBJECT, LONGEST_TEXT = 200, 10_000
MOST_IDS = 50
# Whoever writes to the mailbox shall not decide how long it takes: what is read of a mail ends
# here, in bytes or characters, and what no mail program writes is not begun with.
LONGEST_HEADER, LONGEST_PART, LONGEST_HTML = 4096, 1_000_000, 300_000
MOST_LEAVES, MOST_DASHES = 500, 10_000
# The parser of a mail goes as deep as its parts: they are counted before it is let at them.
_PART = re.compile(
    rb"(?:^|\r)content-type\s*:\s*(multipart|message)/", re.IGNORECASE | re.MULTILINE
)
# What may part them, each a message to the parser.
_DASHES = re.compile(rb"(?:^|\r)--", re.MULTILINE)
_FOLDED = re.compile(rb"(?:[^\r\n]|\r?\n[ \t]|\r[ \t])*+")
# Encodings of programs and of names, not of letters. Some take the square of the length.
_NOT_OF_MAIL = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
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
        Unreadable: if it is too large, has too many parts or too deep ones, or too long headers, is
            from nobody or from several, or is broken.
    """
    if len(raw) > LARGEST:
        raise Unreadable(f"It is larger than {LARGEST // 1024**2} MiB.")
    _refuse_too_many(raw)
    try:
        return _letter(message_from_bytes(raw), raw, own)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # What the standard library says of mails that break its own rules.
        raise Unreadable(f"It is broken: {type(error).__name__}.") from error


def _refuse_too_many(raw: bytes) -> None:
    parts = list(_PART.finditer(raw))
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"It has more than {MOST_PARTS} parts.")
    if len(_DASHES.findall(raw)) > MOST_DASHES:
        raise Unreadable(f"More than {MOST_DASHES} of its lines begin with two hyphens.")
    for part in parts:
        rest = _FOLDED.match(raw, part.end())
        if rest and len(rest[0]) > LONGEST_HEADER:
            raise Unreadable("Its headers are too long.")


def _letter(mail: Message, raw: bytes, own: str) -> Letter:
    sender = _sender(mail)
    plain, html, left_out = _parts(mail)
    text = "\n\n".join(plain) if plain else _without_tags("<p>".join(html)[:LONGEST_HTML])
    ids = _ID.findall(f"{_of(mail, 'In-Reply-To')} {_of(mail, 'References', 16 * LONGEST_HEADER)}")
    named = _ID.findall(_of(mail, "Message-ID"))
    return Letter(
        ident=hashlib.sha256(named[0].encode()).hexdigest() if named else "",
        digest=hashlib.sha256(raw).hexdigest(),
        sender=sender,
        subject=_line(_decoded(_of(mail, "Subject")))[:LONGEST_SUBJECT],
        text=_said(text)[:LONGEST_TEXT],
        answers=tuple(dict.fromkeys(ids))[:MOST_IDS],
        left_out=left_out,
        automatic=sender == own or _is_automatic(mail),
        results=tuple(str(each) for each in mail.get_all("Authentication-Results", [])),
    )


def _of(mail: Message, name: str, most: int = LONGEST_HEADER) -> str:
    return str(mail.get(name, ""))[:most]


def _sender(mail: Message) -> str:
    named = [str(each) for each in mail.get_all("From", [])]
    if sum(map(len, named)) > LONGEST_HEADER:
        raise Unreadable("It must be from one address.")
    found = getaddresses(named)
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
    for number, part in enumerate(_leaves(mail, DEEPEST), start=1):
        if number > MOST_LEAVES:
            raise Unreadable(f"It has more than {MOST_LEAVES} parts.")
        kind = part.get_content_type()
        kept = _is_short(part) and _is_of_the_letter(part)
        if kept and kind == "text/plain":
            plain.append(_text(part))
        elif kept and kind == "text/html":
            html.append(_text(part))
        else:
            left_out += 1
    return plain, html, left_out


def _is_short(part: Message) -> bool:
    of_it = ("Content-Type", "Content-Disposition")
    return (
        sum(len(str(each)) for name in of_it for each in part.get_all(name, [])) <= LONGEST_HEADER
    )


def _is_of_the_letter(part: Message) -> bool:
    return part.get_content_disposition() != "attachment" and not part.get_filename()


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
    raw = payload[:LONGEST_PART] if isinstance(payload, bytes) else b""
    text = raw.decode(_charset(part), "replace")
    # Halves of letters, as UTF-7 may hold them, are none.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", "").replace("\r\n", "\n")


def _charset(part: Message) -> str:
    try:
        name = codecs.lookup(part.get_content_charset("utf-8")).name
        "".encode(name)
    except LookupError:
        return "utf-8"
    return "utf-8" if name in _NOT_OF_MAIL else name


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except (HeaderParseError, LookupError, ValueError):
        return header


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _said(text: str) -> str:
    """What the sender wrote, without the mail that it answers."""
    kept = []
    for line in text[: 20 * LONGEST_TEXT].splitlines():
        if _QUOTED.match(line):
            break
        if not line.startswith(">"):
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


# A tag. What is not closed in it goes on to the end, so that nothing is read twice.
_TAG = re.compile(
    r"<(/?)([a-z][^\s/>]*+|[!?])"
    r"""(?:[^>=]|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?)*+>?""",
    re.IGNORECASE,
)
_SILENT = frozenset({"head", "template"})
# Of these nothing but their own end is a tag.
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title")}
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"})


def _without_tags(html: str) -> str:
    """The words of a page, and nothing that it would load or run."""
    words: list[str] = []
    at = silent = 0
    while at < len(html):
        begin = html.find("<", at)
        begin = len(html) if begin < 0 else begin
        tag = _TAG.match(html, begin)
        end = begin + 1
        if tag is None:
            words.append("" if silent else html[at:end])
        else:
            words.append("" if silent else html[at:begin])
            end = _end_of(html, tag)
            name = tag[2].lower()
            if name in _SILENT:
                silent = max(0, silent - 1) if tag[1] else silent + 1
            elif not silent:
                words.append("\0" if name in _BREAKS and not tag[1] else " ")
        at = end
    lines = unescape("".join(words)).split("\0")
    return "\n".join(" ".join(line.split()) for line in lines)


def _end_of(html: str, tag: re.Match[str]) -> int:
    """Where a tag ends, and with it what is no text of the page: a comment, a script."""
    if html.startswith("<!--", tag.start()):
        end = html.find("-->", tag.start() + 4)
        return len(html) if end < 0 else end + 3
    if tag[1] or tag[2].lower() not in _RAW:
        return tag.end()
    closed = _RAW[tag[2].lower()].search(html, tag.end())
    return closed.start() if closed else len(html)
