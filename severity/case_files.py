"""A file of cases, worked through one by one: a bad one stops no other. Pure of Django."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from severity.facts import BadFact
from severity.strict_yaml import BadYaml, load

STDIN = "-"
MOST_BYTES = 1024 * 1024
LONGEST_ID = 80


class BadCases(ValueError):
    """The file as a whole cannot be worked on; the message is a sentence."""


@dataclass(frozen=True)
class Line:
    """A JSON object, a sentence why a case was refused, or a remark on one that was not."""

    text: str
    refused: bool = False
    remark: bool = False


def each_case(name: str, work: Callable[[str, Any], Iterator[Line]]) -> Iterator[Line]:
    """Yield what `work` makes of the id and the mapping of each case; "-" is the standard input.

    A bad case (`work` raises BadFact) is refused by itself and the others go on: nothing
    that can be worked on is lost, and `refused` says that something could not.

    Raises:
        BadCases: before the first line, if the file is missing, larger than 1 MiB, no
            UTF-8, no plain YAML, or no list.
    """
    return _each(_read(name), work)


def _each(cases: list[Any], work: Callable[[str, Any], Iterator[Line]]) -> Iterator[Line]:
    taken: dict[str, int] = {}
    for place, case in enumerate(cases, start=1):
        try:
            lines = list(work(_name(case, place, taken=taken), case))
        except BadFact as fault:
            yield Line(f"case {_called(case, place)}: {fault}", refused=True)
        else:
            yield from lines


def _name(case: Any, place: int, *, taken: dict[str, int]) -> str:
    if not isinstance(case, dict):
        raise BadFact("the case", case, allowed="a mapping of facts")
    name = case.get("id")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_ID:
        raise BadFact("id", name, allowed=f"a text of 1 to {LONGEST_ID} characters")
    # The first one keeps the id, so its line does not depend on what follows it.
    if name in taken:
        raise BadFact("id", name, allowed=f"an id not yet taken (case {taken[name]} has it)")
    taken[name] = place
    return name


def _called(case: Any, place: int) -> str:
    """The id if there is one, and the place in the list, which is there always."""
    name = case.get("id") if isinstance(case, dict) else None
    named = isinstance(name, str) and 0 < len(name.strip()) <= LONGEST_ID
    return f"{name!r} (number {place})" if named else f"number {place}"


def _read(name: str) -> list[Any]:
    data = _bytes(name)
    if len(data) > MOST_BYTES:
        raise BadCases(f"{name} is larger than {MOST_BYTES} bytes; give it in parts")
    try:
        cases = load(data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise BadCases(f"{name} is not UTF-8 text (byte {fault.start})") from None
    except BadYaml as fault:
        raise BadCases(f"{name} is not plain YAML: {fault}") from None
    if not isinstance(cases, list):
        kind = "empty" if cases is None else f"a {type(cases).__name__}"
        raise BadCases(f"{name} must hold a list of cases; it is {kind}")
    return cases


def _bytes(name: str) -> bytes:
    # One byte more than allowed is read, never the whole of an endless file.
    if name == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BadCases(f"{name} cannot be read: {fault.strerror}") from None
    except ValueError:
        raise BadCases(f"{name!r} is no file name") from None
