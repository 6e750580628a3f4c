"""Read files of historic incidents row by row, however large; a torn row stops no other. Pure.

A file is never read whole. Bytes that are no UTF-8, quotes that nobody closed, and records that
end in the middle are faults of their rows.
"""

import codecs
import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

# A row or record that is longer is torn: no field of an incident is that long.
LONGEST_ROW = 200_000
SHOWN = 4_000
MOST_COLUMNS = 200
_CHUNK = 64 * 1024
_DELIMITERS = (",", ";", "\t")
_BOMS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", b"PK\x03\x04": "a ZIP"}
_SURROGATE = re.compile("[\udc80-\udcff]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# Text that nobody closed goes to the end: were it none, each quote in it would be tried anew.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL)


class BadFile(ValueError):
    """The file as a whole cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Read:
    """One row. `number` is its line for CSV, its place from 1 for records.

    `said` are cells or a record; None, with a `fault`, where it could not be read.
    """

    number: int
    said: Any
    fault: tuple[str, str] | None = None
    text: str = ""


class _Borrowed(io.RawIOBase):
    """A file that is somebody else's to close: a wrapper closes what it reads when it goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        found = self._file.read(len(into))
        into[: len(found)] = found
        return len(found)


def _text(file: IO[bytes], *, newline: str | None = None) -> IO[str]:
    buffered = io.BufferedReader(_Borrowed(file))
    return io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline=newline)


class Table:
    """A CSV file: its columns, and its rows, to be read once."""

    def __init__(self, file: IO[bytes]) -> None:
        _refuse_strange(file)
        self._lines = _Lines(_text(file, newline=""))
        head = next(self._lines, "")
        self._delimiter = max(_DELIMITERS, key=head.count)
        self._lines.again([head])
        first = next(self._records(), None)
        if first and first.fault:
            raise BadFile(f"The first line {first.fault[1]}")
        if first is None or not any(cell.strip() for cell in first.said):
            raise BadFile("The first line must name the columns, such as source_id,title.")
        self.columns: list[str] = [cell.strip() for cell in first.said]
        if len(self.columns) > MOST_COLUMNS:
            raise BadFile(f"{len(self.columns)} columns; at most {MOST_COLUMNS} are read.")

    def rows(self) -> Iterator[Read]:
        wanted = len(self.columns)
        for row in self._records():
            if row.fault or len(row.said) == wanted:
                yield row
            elif row.said:
                said = f"{len(row.said)} cells where {wanted} columns are named; is it torn?"
                yield Read(row.number, None, ("", said), row.text)

    def _records(self) -> Iterator[Read]:
        while True:
            self._lines.mark()
            number = self._lines.number + 1
            try:
                # A reader for each row: after a fault the next line begins a row of its own.
                cells = next(csv.reader(self._lines, delimiter=self._delimiter, strict=True))
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                used = self._lines.used
                yield Read(number, None, ("", _torn(error)), used[0][:SHOWN])
                self._lines.again(used[1:])
            else:
                yield _clean(Read(number, cells, None, "".join(self._lines.used)[:SHOWN]))


class _TooLong(Exception):
    pass


class _Lines:
    """The lines of a file, those of the present row kept, so that a torn one gives them back."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self._back = text, deque[str]()
        self.number, self.used = 0, list[str]()
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.number += 1
        self.used.append(line)
        self._size += len(line)
        if self._size > LONGEST_ROW:
            raise _TooLong
        return line

    def mark(self) -> None:
        self.used, self._size = [], 0

    def again(self, lines: list[str]) -> None:
        """Give lines back, to be read once more."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def _torn(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return f"is longer than {LONGEST_ROW:,} characters; a quote that nobody closed?"
    return f"is torn: {error}."


def _clean(row: Read) -> Read:
    """Name the first cell that cannot be stored."""
    for place, cell in enumerate(row.said):
        found = _SURROGATE.search(cell)
        if found:
            byte = ord(found[0]) - 0xDC00
            said = f"is no UTF-8: byte 0x{byte:02X}. Save the file as UTF-8."
            return Read(row.number, None, (f"column {place + 1}", said), _shown(row.text))
        if "\0" in cell:
            said = "may hold any character but NUL."
            return Read(row.number, None, (f"column {place + 1}", said), _shown(row.text))
    return row


def _shown(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text).replace("\0", "\ufffd")[:SHOWN]


def _refuse_strange(file: IO[bytes]) -> None:
    first = file.read(4)
    file.seek(0)
    if not first:
        raise BadFile("The file is empty.")
    for mark, what in _BOMS.items():
        if first.startswith(mark):
            raise BadFile(f"The file is {what}; save it as text in UTF-8.")


def records(file: IO[bytes]) -> Iterator[Read]:
    """Yield the records of VERIS JSON: one object, a list of them, or one after the other.

    Raises:
        BadFile: before the first, if it is neither.
    """
    _refuse_strange(file)
    return _objects(_text(file))


def _objects(text: IO[str]) -> Iterator[Read]:
    decoder = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
    buffer, number, ended = "", 0, False
    while True:
        buffer = buffer.lstrip(" \t\r\n,[]")
        if not buffer and ended:
            return
        read, size = _one(decoder, buffer, number + 1, ended)
        if read:
            number, buffer = number + 1, buffer[size:]
            yield read
        else:
            more = text.read(_CHUNK)
            buffer, ended = buffer + more, not more


def _one(
    decoder: json.JSONDecoder, buffer: str, number: int, ended: bool
) -> tuple[Read | None, int]:
    """Return the first record of a buffer and its length; None if more must be read."""
    try:
        said, size = decoder.raw_decode(buffer)
    except ValueError as error:
        if not ended and len(buffer) <= LONGEST_ROW:
            return None, 0
        size = _extent(buffer)
        wrong = str(error).partition(":")[0] if size else "it ends in the middle"
        shown = _shown(buffer[: size or SHOWN])
        return Read(number, None, ("", f"is no JSON: {wrong}."), shown), size or len(buffer)
    except RecursionError:
        return Read(number, None, ("", "is nested too deep."), ""), _extent(buffer) or len(buffer)
    raw = buffer[:size]
    wrong = _not_storable(raw, said)
    return Read(number, None if wrong else said, ("", wrong) if wrong else None, _shown(raw)), size


def _not_storable(raw: str, said: Any) -> str:
    """Say why PostgreSQL would not keep a record; empty if it would."""
    if _SURROGATE.search(raw):
        return "is no UTF-8. Save the file as UTF-8."
    if "\\u0000" in raw or "\0" in raw:
        return "may hold any character but NUL."
    if len(raw) > LONGEST_ROW:
        return f"is longer than {LONGEST_ROW:,} characters."
    if _HALF.search(raw):
        try:
            json.dumps(said, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return "holds half of a character, such as \\ud83d alone."
    return ""


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is no number that anybody counts to")
    return number


def _extent(buffer: str) -> int:
    """How long the object is with which a buffer begins, by its braces; 0 if it has no end."""
    line = buffer.find("\n")
    if line > 0 and buffer[line + 1 : line + 2] == "{":
        # A record a line: the next one is whole, whatever this one holds.
        return line
    depth = 0
    for token in _TOKEN.finditer(buffer):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if token[0] == "}" and depth <= 0:
            return token.end()
    return 0
