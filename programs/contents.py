"""What can be said of a file without believing anybody: is it text, what is it called. Pure."""

import codecs
from pathlib import PurePosixPath

LONGEST_NAME = 150


class Text:
    """Whether bytes are text: UTF-8 without control characters that no text has."""

    _ODD = frozenset(map(chr, [*range(32), 127])) - frozenset("\t\n\r\f")

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_text = True

    def take(self, chunk: bytes, *, last: bool = False) -> None:
        if not self._is_text:
            return
        try:
            said = self._decoder.decode(chunk, final=last)
        except UnicodeDecodeError:
            self._is_text = False
        else:
            self._is_text = self._ODD.isdisjoint(said)

    def end(self) -> bool:
        self.take(b"", last=True)
        return self._is_text


def plain_name(given: str | None) -> str:
    """Return the last part of a name, fit to be shown: no path, no character that hides another."""
    last = PurePosixPath((given or "").replace("\\", "/")).name
    name = "".join(c for c in last if c.isprintable())[-LONGEST_NAME:].strip()
    return name if name.strip(".") else "evidence"
