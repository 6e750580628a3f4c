"""What a file of evidence is, by its bytes, and whether it may call itself as it does.

Nothing is ever unpacked, so what an archive would grow to harms nobody here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from programs.contents import Text

OCTETS = "application/octet-stream"
_START = 1024
# The end of a ZIP archive is looked for here: 22 bytes and the longest comment.
_END = 22 + 65_535


class Family(StrEnum):
    """Kinds of files as ANDON_EVIDENCE_TYPES names them."""

    TEXT = "text"
    DOCUMENT = "document"
    IMAGE = "image"
    RECORDING = "recording"
    ARCHIVE = "archive"
    CAPTURE = "capture"
    MARKUP = "markup"
    PROGRAM = "program"
    OTHER = "other"

    @property
    def label(self) -> str:
        """What it is in words, as a sentence goes on with it."""
        return _words(self)


# What a browser or a desktop would run. Always given out as mere bytes.
DANGEROUS = frozenset({Family.MARKUP, Family.PROGRAM})


class Odd(Exception):
    """The file is not what it says, or of no kind that is taken; the message says which."""


@dataclass(frozen=True)
class Found:
    """`type` is the media type that it is given out as."""

    family: Family
    type: str


# (offset, bytes, what it is). The first that fits counts.
_MAGIC: tuple[tuple[int, bytes, Family, str], ...] = (
    (0, b"%PDF-", Family.DOCUMENT, "application/pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Family.DOCUMENT, "application/x-ole-storage"),
    (0, b"\x89PNG\r\n\x1a\n", Family.IMAGE, "image/png"),
    (0, b"\xff\xd8\xff", Family.IMAGE, "image/jpeg"),
    (0, b"GIF87a", Family.IMAGE, "image/gif"),
    (0, b"GIF89a", Family.IMAGE, "image/gif"),
    (8, b"WEBP", Family.IMAGE, "image/webp"),
    (0, b"II*\0", Family.IMAGE, "image/tiff"),
    (0, b"MM\0*", Family.IMAGE, "image/tiff"),
    (4, b"ftyphei", Family.IMAGE, "image/heic"),
    (4, b"ftyp", Family.RECORDING, "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", Family.RECORDING, "video/webm"),
    (0, b"OggS", Family.RECORDING, "application/ogg"),
    (0, b"ID3", Family.RECORDING, "audio/mpeg"),
    (8, b"WAVE", Family.RECORDING, "audio/wav"),
    (0, b"PK\x03\x04", Family.ARCHIVE, "application/zip"),
    (0, b"PK\x05\x06", Family.ARCHIVE, "application/zip"),
    (0, b"\x1f\x8b", Family.ARCHIVE, "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", Family.ARCHIVE, "application/x-7z-compressed"),
    (0, b"\xfd7zXZ\0", Family.ARCHIVE, "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", Family.ARCHIVE, "application/zstd"),
    (0, b"BZh", Family.ARCHIVE, "application/x-bzip2"),
    (0, b"Rar!\x1a\x07", Family.ARCHIVE, "application/vnd.rar"),
    (257, b"ustar", Family.ARCHIVE, "application/x-tar"),
    (0, b"\xd4\xc3\xb2\xa1", Family.CAPTURE, "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\xc3\xd4", Family.CAPTURE, "application/vnd.tcpdump.pcap"),
    (0, b"\n\r\r\n", Family.CAPTURE, "application/x-pcapng"),
    (0, b"ElfFile\0", Family.CAPTURE, "application/x-evtx"),
    (0, b"SQLite format 3\0", Family.CAPTURE, "application/vnd.sqlite3"),
    (0, b"PAR1", Family.CAPTURE, "application/vnd.apache.parquet"),
    (0, b"MZ", Family.PROGRAM, OCTETS),
    (0, b"\x7fELF", Family.PROGRAM, OCTETS),
    (0, b"#!", Family.PROGRAM, OCTETS),
    (0, b"\xca\xfe\xba\xbe", Family.PROGRAM, OCTETS),
    (0, b"\xcf\xfa\xed\xfe", Family.PROGRAM, OCTETS),
    (0, b"\xce\xfa\xed\xfe", Family.PROGRAM, OCTETS),
    (0, b"\0asm", Family.PROGRAM, OCTETS),
    (0, b"L\0\0\0\x01\x14\x02\0", Family.PROGRAM, OCTETS),
)
# A text that begins with a tag. A line of syslog begins "<34>" and is none.
_TAG = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[a-z!?]", re.IGNORECASE)
_INSIDE = re.compile(rb"<(?:!doctype html|html|script|svg|body|iframe)", re.IGNORECASE)
_ENDINGS = {
    Family.MARKUP: "html htm xhtml shtml mht mhtml svg svgz xml xsl xslt xsd rss atom kml plist",
    Family.PROGRAM: (
        "exe dll com scr msi msp sys bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta sh bash zsh"
        " py pl rb php jar apk war docm xlsm pptm elf so dylib lnk reg cpl wasm class"
    ),
}
_BY_ENDING = {word: family for family, words in _ENDINGS.items() for word in words.split()}
# Programs that are made of something harmless by its first bytes.
_MADE_OF = {
    **dict.fromkeys(("jar", "apk", "war", "docm", "xlsm", "pptm"), Family.ARCHIVE),
    **dict.fromkeys(("msi", "msp"), Family.DOCUMENT),
}
_MARKUP_TYPES = re.compile(r"text/html|.*[/+]xml(-dtd)?|multipart/related")
_PROGRAM_TYPES = re.compile(
    r".*(javascript|ecmascript|msdownload|executable|x-sh|shellscript|java-archive|msdos|x-python"
    r"|x-php|x-perl|x-ruby|wasm).*"
)
_HARMLESS_TYPES = re.compile(
    r"(image|audio|video|font)/.*|application/(pdf|zip|json)|text/(plain|csv)"
)


class Look:
    """Reads a file piece by piece and remembers its ends, never the whole."""

    def __init__(self) -> None:
        self._start = self._end = b""
        self._text = Text()

    def take(self, chunk: bytes) -> None:
        if len(self._start) < _START:
            self._start += chunk[: _START - len(self._start)]
        self._end = (self._end + chunk[-_END:])[-_END:]
        self._text.take(chunk)

    def end(self, *, name: str, declared: str) -> Found:
        """Say what it is.

        Raises:
            Odd: if it is two things at once, or dangerous and calls itself something else.
        """
        found = self._kind()
        self._refuse_twins(found.family)
        ending = PurePosixPath(name).suffix.removeprefix(".").lower()
        family = _judged(found.family, ending)
        _refuse_declared(family, found.family, declared)
        return Found(family, OCTETS) if family in DANGEROUS else found

    def _kind(self) -> Found:
        for offset, magic, family, media_type in _MAGIC:
            if self._start[offset : offset + len(magic)] == magic:
                return Found(family, media_type)
        if not self._text.end():
            return Found(Family.OTHER, OCTETS)
        if _TAG.match(self._start):
            return Found(Family.MARKUP, OCTETS)
        return Found(Family.TEXT, "text/plain; charset=utf-8")

    def _refuse_twins(self, family: Family) -> None:
        if family in (Family.TEXT, Family.MARKUP, Family.PROGRAM, Family.OTHER):
            return
        other = ""
        if _INSIDE.search(self._start):
            other = "HTML"
        elif b"%PDF-" in self._start[1:]:
            other = "PDF"
        elif family != Family.ARCHIVE and b"PK\x05\x06" in self._end:
            other = "ZIP"
        if other:
            raise Odd(
                _(
                    "it can be read as two things at once, one of them %(other)s. Put it into a ZIP"
                    " archive if it must be kept as it is."
                )
                % {"other": other}
            )


def _judged(found: Family, ending: str) -> Family:
    said = _BY_ENDING.get(ending)
    if said is None and found not in DANGEROUS:
        return found
    if said == Family.MARKUP and found in (Family.TEXT, Family.MARKUP):
        return Family.MARKUP
    if said == Family.PROGRAM and found in (Family.TEXT, *DANGEROUS, _MADE_OF.get(ending)):
        return Family.PROGRAM
    raise Odd(
        _(
            "its name ends in “%(ending)s”, but its content is %(found)s. Name it as what it is, or"
            " put it into a ZIP archive."
        )
        % {"ending": ending, "found": found.label}
    )


def _refuse_declared(family: Family, found: Family, declared: str) -> None:
    declared = declared.partition(";")[0].strip().lower()
    if family not in DANGEROUS:
        is_odd = bool(_MARKUP_TYPES.fullmatch(declared) or _PROGRAM_TYPES.fullmatch(declared))
    elif found == Family.TEXT and declared.startswith("text/"):
        # A script without a tag or "#!" is text, and many a browser says so.
        is_odd = False
    else:
        is_odd = bool(_HARMLESS_TYPES.fullmatch(declared)) and not declared.endswith("+xml")
    if is_odd:
        raise Odd(
            _("it was sent as “%(declared)s”, but its content is %(found)s.")
            % {"declared": declared, "found": family.label}
        )


def _words(family: Family) -> str:
    return {
        Family.TEXT: _("plain text"),
        Family.DOCUMENT: _("a document"),
        Family.IMAGE: _("an image"),
        Family.RECORDING: _("a recording"),
        Family.ARCHIVE: _("an archive"),
        Family.CAPTURE: _("captured data"),
        Family.MARKUP: _("a web page or other markup"),
        Family.PROGRAM: _("a program"),
        Family.OTHER: _("of no known kind"),
    }[family]
