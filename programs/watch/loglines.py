"""The rows of a log, line by line: JSON lines, or CSV with a header. Pure.

Memory stays the same however long a log or one of its lines is. A line that is no row is told to
the caller by its number, and costs no other.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

LONGEST_LINE = 1024 * 1024
TORN, OTHER_ENCODING = "torn", "another encoding"
# What only a human reader calls text: bytes of other encodings are read as Latin-1, and counted.
_BOMS = (b"\xff\xfe", b"\xfe\xff")
# Hears what is wrong with a line, and its number.
Spoil = Callable[[str, int], None]
Row = tuple[int, dict[str, Any]]


class Unreadable(Exception):
    """This is no log that can be read; the message names the field or line and what is allowed."""


class Lines(Protocol):
    """What is read of a file: no more than so many bytes of a line at once."""

    def readline(self, size: int, /) -> bytes: ...


def pieces(file: Lines) -> Iterator[bytes]:
    """Yield a file line by line; of a line that is longer than LONGEST_LINE, piece by piece."""
    while piece := file.readline(LONGEST_LINE + 1):
        yield piece


def rows(lines: Iterable[bytes], spoil: Spoil, *, columns: Sequence[str]) -> Iterator[Row]:
    """Yield each row with the number of its line.

    Args:
        lines: lines, or what `pieces` makes of them.
        columns: those that CSV must have.

    Raises:
        Unreadable: if it is no log of lines, or has no such columns.
    """
    numbered = _decoded(lines, spoil)
    first = next(numbered, None)
    if first is None:
        return
    if first[1].lstrip()[:1] == "{":
        yield from _of_json(first, numbered, spoil)
    else:
        yield from _of_csv(first, numbered, spoil, columns=columns)


def _decoded(lines: Iterable[bytes], spoil: Spoil) -> Iterator[tuple[int, str]]:
    number, goes_on = 0, False
    for line in lines:
        is_more, goes_on = goes_on, not line.endswith(b"\n") and len(line) > LONGEST_LINE
        if is_more:
            # The rest of a line that was too long; its last piece may be as short as any.
            goes_on = not line.endswith(b"\n")
            continue
        number += 1
        if number == 1:
            if line.startswith(_BOMS):
                raise Unreadable("file: it is UTF-16; convert it to UTF-8 first.")
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > LONGEST_LINE:
            spoil(TORN, number)
            continue
        text = _text(line, number, spoil)
        if text.strip():
            yield number, text


def _text(line: bytes, number: int, spoil: Spoil) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        # A row in an old encoding still says who and when: better read than thrown away.
        spoil(OTHER_ENCODING, number)
        return line.decode("latin-1")


def _of_json(
    first: tuple[int, str], rest: Iterator[tuple[int, str]], spoil: Spoil
) -> Iterator[Row]:
    read = json.JSONDecoder().decode
    for number, text in _chained(first, rest):
        try:
            row = read(text)
        except (ValueError, RecursionError):
            spoil(TORN, number)
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            spoil(TORN, number)


def _of_csv(
    first: tuple[int, str],
    rest: Iterator[tuple[int, str]],
    spoil: Spoil,
    *,
    columns: Sequence[str],
) -> Iterator[Row]:
    names = _header(first[1])
    for column in columns:
        if column not in names:
            raise Unreadable(f"{column!r} is none of the columns: {', '.join(names)[:200]}.")
    for number, text in rest:
        # Line by line: one torn quote must not swallow the rest of the log.
        try:
            row = next(csv.reader([text], strict=True))
        except (csv.Error, StopIteration):
            row = []
        if len(row) == len(names):
            yield number, dict(zip(names, row, strict=True))
        else:
            spoil(TORN, number)


def _header(text: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([text]))]
    except csv.Error as error:
        raise Unreadable(f"file: its first line is no header of CSV: {error}.") from error


def _chained(first: tuple[int, str], rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest
