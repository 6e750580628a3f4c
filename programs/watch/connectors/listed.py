"""Read a list of who may read, from CSV or JSON, of whatever kind of store. Pure.

A row or item says that a principal has a grant, or that it is in a group, or both.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from programs.watch.connectors.taking import Taken, Unreachable, short
from programs.watch.graph import Area, Grant, Kind, Member, Principal, Store

LARGEST = 128 * 1024 * 1024
MOST_ROWS = 5_000_000
LONGEST = 200
COLUMNS = ("principal", "kind", "group", "grant")
_KINDS = {kind.value: kind for kind in Kind}


@dataclass
class Builder:
    """Gathers principals, memberships and grants, each named by its text."""

    principals: dict[str, Principal] = field(default_factory=dict)
    members: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    grants: list[Grant] = field(default_factory=list)
    # Those of whom it was said what they are.
    told: set[str] = field(default_factory=set)

    def put(self, key: str, name: str, kind: Kind | None = None) -> str:
        """Note a principal under a key; a kind that is said later counts."""
        if kind:
            self.told.add(key)
        if kind or key not in self.principals:
            said = kind or Kind.ACCOUNT
            self.principals[key] = Principal(name, said, reads=said is not Kind.GROUP)
        return key

    def named(self, name: str, kind: Kind | None = None) -> str:
        """Note a principal that has no key but its name, in whatever case; return the key."""
        return self.put(name.casefold(), name, kind)

    def join(self, member: str, group: str) -> None:
        """Note that one key is in the group of another."""
        self.members[group].append(Member(member))

    def store(self, areas: Sequence[Area]) -> Store:
        """Return all of it; the first that stands for everyone is whom all accounts are in."""
        everyone = (k for k, each in self.principals.items() if each.kind is Kind.EVERYONE)
        return Store(self.principals, self.members, areas, next(everyone, ""))


def read(body: bytes) -> Taken:
    """Read CSV with a header of COLUMNS, or a JSON object with `readers`, a list of the same.

    A JSON object may say `complete` (false: what is not seen is not known), `gaps` (sentences)
    and `has_data`.

    Raises:
        Unreachable: if it is neither, or one row cannot be meant; the message names it.
    """
    text = decoded(body)
    if text.lstrip()[:1] in ("{", "["):
        return _json(text)
    built = Builder()
    for number, row in enumerate(_rows(text), start=2):
        _take(built, row, f"line {number}")
    return Taken(_store(built))


def decoded(body: bytes) -> str:
    """Return the text of what was sent.

    Raises:
        Unreachable: if it is too large, or no UTF-8; the message names the line.
    """
    if len(body) > LARGEST:
        raise Unreachable(f"file: {len(body)} bytes; at most {LARGEST} are read.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise Unreachable(f"file: line {line} is no UTF-8.") from error


def parsed(text: str) -> Any:
    """Return what JSON says.

    Raises:
        Unreachable: if it is none, with the line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreachable(f"file: line {error.lineno} is no JSON: {error.msg}.") from error
    except RecursionError as error:
        raise Unreachable("file: it is nested too deep.") from error
    except ValueError as error:
        raise Unreachable("file: it holds a number of too many digits.") from error


def _rows(text: str) -> Iterator[Mapping[str, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = [str(name).strip().lower() for name in rows.fieldnames or ()]
    if "principal" not in names or not {"group", "grant"} & set(names):
        raise Unreachable(f"file: the first line must name {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    try:
        yield from rows
    except csv.Error as error:
        raise Unreachable(f"file: line {rows.line_num} is torn: {error}.") from error


def _json(text: str) -> Taken:
    said = parsed(text)
    if isinstance(said, list):
        said = {"readers": said}
    if not isinstance(said, dict) or not isinstance(said.get("readers"), list):
        raise Unreachable("file: give an object with `readers`, a list.")
    return of_object(said)


def of_object(said: Mapping[str, Any]) -> Taken:
    """Read what `read` takes as JSON, parsed already.

    Raises:
        Unreachable: if one item cannot be meant; the message names it.
    """
    built = Builder()
    for number, item in enumerate(said["readers"], start=1):
        if not isinstance(item, dict):
            raise Unreachable(f"readers: item {number} must be an object.")
        _take(built, item, f"item {number}")
    gaps = said.get("gaps") or []
    if not isinstance(gaps, list):
        raise Unreachable("gaps: a list of sentences.")
    if _truth(said, "complete") is False and not gaps:
        gaps = ["Whoever sent it says that it is not complete."]
    return Taken(_store(built), short([str(gap) for gap in gaps]), (), _truth(said, "has_data"))


def _truth(said: Mapping[str, Any], member: str) -> bool | None:
    found = said.get(member)
    if found is not None and not isinstance(found, bool):
        # Neither "false" nor 0 may pass for yes.
        raise Unreachable(f"{member}: true, false or nothing.")
    return found


def _take(built: Builder, row: Mapping[str, Any], at: str) -> None:
    words = {name: _word(row.get(name), f"{at}, {name}") for name in COLUMNS}
    if not words["principal"]:
        raise Unreachable(f"{at}, principal: say whose right it is.")
    if words["kind"] and words["kind"].lower() not in _KINDS:
        raise Unreachable(f"{at}, kind: one of {', '.join(_KINDS)}.")
    if not words["group"] and not words["grant"]:
        raise Unreachable(f"{at}: say a grant or a group.")
    if len(built.grants) >= MOST_ROWS:
        raise Unreachable(f"file: at most {MOST_ROWS} rows are read.")
    kind = _KINDS[words["kind"].lower()] if words["kind"] else None
    key = built.named(words["principal"], kind)
    if words["group"]:
        built.join(key, built.named(words["group"]))
    if words["grant"]:
        built.grants.append(Grant(key, words["grant"]))


def _word(value: Any, at: str) -> str:
    word = "" if value is None else str(value).strip()
    if len(word) > LONGEST or not word.isprintable():
        raise Unreachable(f"{at}: at most {LONGEST} printable characters.")
    return word


def _store(built: Builder) -> Store:
    """What somebody is in is a group, though no row says so; what is called an account reads."""
    for key in built.members:
        known = built.principals[key]
        if known.kind is Kind.ACCOUNT and key not in built.told:
            built.put(key, known.name, Kind.GROUP)
    return built.store([Area("the list", built.grants)])
