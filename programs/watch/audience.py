"""Who was declared to read a dataset against who can: what is too much, and how wide. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from programs.watch.graph import Effective, Kind, Store, reach

# As many names, people, teams and roles together, as a declaration holds.
MOST_NAMES = 10_000
LONGEST_NAME = 200
# Up to as many it is a few people of one team; more count as everybody inside.
FEW = 50
# Of the readers that are too many as many are kept by name with their reasons, of the ways as many.
SHOWN, MOST_WAYS = 500, 60
_NAMES_OF_A_WAY = 5


class BadAudience(ValueError):
    """What was declared cannot be meant; the message names the field and what is allowed."""


class Width(IntEnum):
    """How far the data can be read by people who should not. Grows with how bad that is."""

    NOBODY = 0
    FEW = 1
    EVERYONE = 2
    OUTSIDE = 3


@dataclass(frozen=True)
class Declared:
    """Who is meant to read, by the names that the store itself uses; case does not matter.

    Args:
        teams, roles: groups and technical accounts. Who is in them is meant as well.
        most: how many may read at most; None for no limit.
    """

    people: frozenset[str]
    teams: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    most: int | None = None


@dataclass(frozen=True)
class Excess:
    """One who can read and was not declared; `path` leads from the grant to the name."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    later: bool = False

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind.value,
            "path": list(self.path),
            "later": self.later,
        }


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison.

    Args:
        readers: how many can read.
        excess: how many of them were not declared; `shown` are the widest of them.
        over: how many more can read than the most declared.
        later_only: nothing is readable yet by whom it should not.
        ways: for the picture: path without the name, how many declared and not, some names.
        keys: of all that are too many, for telling one look from another.
    """

    readers: int
    excess: int
    over: int
    width: Width
    later_only: bool
    shown: tuple[Excess, ...]
    ways: tuple[dict[str, Any], ...]
    keys: frozenset[str]

    @property
    def is_clean(self) -> bool:
        return not (self.excess or self.over)


def names(text_or_list: Iterable[str], field: str) -> list[str]:
    """Return names stripped, each once, in order.

    Raises:
        BadAudience: if there are too many, or one is too long or cannot be printed.
    """
    found: dict[str, str] = {}
    for raw in text_or_list:
        name = raw.strip()
        if not name:
            continue
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise BadAudience(f"{field}: a name has at most {LONGEST_NAME} printable characters.")
        found.setdefault(name.casefold(), name)
    if len(found) > MOST_NAMES:
        raise BadAudience(f"{field}: {len(found)} names; at most {MOST_NAMES} are allowed.")
    return list(found.values())


def compare(found: Effective, declared: Declared) -> Verdict:
    """Hold who can read against who was declared."""
    store = found.store
    allowed = _allowed(store, declared)
    excess = [key for key in found.readers if key not in allowed]
    people = sum(store.principals[key].kind == Kind.ACCOUNT for key in found.readers)
    over = max(0, people - declared.most) if declared.most is not None else 0
    excess.sort(key=lambda key: (-_RANK[store.principals[key].kind], store.principals[key].name))
    shown = tuple(
        Excess(
            store.principals[key].name,
            store.principals[key].kind,
            found.path(key),
            key in found.later,
        )
        for key in excess[:SHOWN]
    )
    return Verdict(
        readers=len(found.readers),
        excess=len(excess),
        over=over,
        width=_width(store, excess, over),
        later_only=bool(excess) and not over and all(key in found.later for key in excess),
        shown=shown,
        ways=_ways(found, allowed),
        keys=frozenset(f"{store.principals[k].kind}:{store.principals[k].name}" for k in excess),
    )


_RANK = {Kind.GROUP: 0, Kind.ACCOUNT: 1, Kind.EVERYONE: 2, Kind.OUTSIDE: 3}


def _allowed(store: Store, declared: Declared) -> set[str]:
    through = {name.casefold() for name in declared.teams | declared.roles}
    themselves = {name.casefold() for name in declared.people}
    starts, allowed = [], set()
    for key, principal in store.principals.items():
        name = principal.name.casefold()
        if name in through:
            starts.append((key, ""))
        elif name in themselves:
            allowed.add(key)
    ways, _cut = reach(store, starts)
    return allowed | set(ways)


def _width(store: Store, excess: list[str], over: int) -> Width:
    kinds = {store.principals[key].kind for key in excess}
    if Kind.OUTSIDE in kinds:
        return Width.OUTSIDE
    if Kind.EVERYONE in kinds or max(len(excess), over) > FEW:
        return Width.EVERYONE
    return Width.FEW if excess or over else Width.NOBODY


def _ways(found: Effective, allowed: set[str]) -> tuple[dict[str, Any], ...]:
    """Readers counted by the way that lets them in, the widest and most numerous first."""
    declared: Counter[tuple[int, str | None, str]] = Counter()
    excess: Counter[tuple[int, str | None, str]] = Counter()
    named: dict[tuple[int, str | None, str], list[str]] = {}
    for key, area in found.readers.items():
        way = found.ways[area][key]
        # One way for all members of a group, and one for each grant that names somebody itself.
        at = (area, way.origin, way.how if way.origin is None else "")
        (declared if key in allowed else excess)[at] += 1
        some = named.setdefault(at, [])
        if len(some) < _NAMES_OF_A_WAY:
            some.append(key)
    order = sorted(named, key=lambda at: (-excess[at], -declared[at], at[0], str(at[1]), at[2]))
    return tuple(
        {
            "path": list(found.why(named[at][0])),
            "declared": declared[at],
            "excess": excess[at],
            "names": sorted(found.store.principals[key].name for key in named[at]),
        }
        for at in order[:MOST_WAYS]
    )
