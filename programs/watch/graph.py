"""Who can read, and why: principals, groups in groups, grants, and doors before them. Pure.

A store is a set of areas, such as the schemas of a database. Somebody reads what is in an area who
reaches one of its grants and every one of its doors, and whom nothing denies it.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

# Groups in groups in groups. A circle ends by itself; this ends what no person could follow.
DEEPEST = 64


class Kind(StrEnum):
    """What a principal is. From the narrowest that may read to the widest."""

    GROUP = "group"
    ACCOUNT = "account"
    EVERYONE = "everyone"
    OUTSIDE = "outside"


class Principal(NamedTuple):
    """One name in a store. What `reads` comes in by itself; a group is only passed through."""

    name: str
    kind: Kind
    reads: bool


class Grant(NamedTuple):
    """A right to read. `later`: of what is made in future; nothing is readable by it yet."""

    to: str
    why: str
    later: bool = False


class Member(NamedTuple):
    """Who is in a group, and how, where it is not plainly so."""

    key: str
    how: str = ""


@dataclass(frozen=True)
class Area:
    """A part of a store. Each of `doors` and `denied` is a set of keys of principals."""

    name: str
    grants: Sequence[Grant]
    doors: Sequence[frozenset[str]] = ()
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Store:
    """Everything that a connector saw of who may read.

    Args:
        principals: by a key that is the store's own.
        members: of each group by its key.
        everyone: the key of the group that all accounts are in, if there is one.
    """

    principals: Mapping[str, Principal]
    members: Mapping[str, Sequence[Member]]
    areas: Sequence[Area]
    everyone: str = ""


class Way(NamedTuple):
    """How a principal is reached: from which group (None: by the grant itself) and how."""

    origin: str | None
    how: str
    depth: int


Ways = dict[str, Way]


@dataclass
class Effective:
    """Who can read. `readers` leads from a key to the number of the area that lets it in."""

    store: Store
    readers: dict[str, int] = field(default_factory=dict)
    # Whom only a grant for what is made later reaches.
    later: set[str] = field(default_factory=set)
    ways: list[Ways] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    _chains: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)

    def path(self, key: str) -> tuple[str, ...]:
        """Return why somebody reads, the grant first and the principal's own name last."""
        return self._chain(self.readers[key], key)

    def why(self, key: str) -> tuple[str, ...]:
        """Return the path without the principal's own name; the same for all of a group."""
        area = self.readers[key]
        way = self.ways[area][key]
        if way.origin is None:
            return (way.how,)
        at = (area, way.origin)
        if at not in self._chains:
            self._chains[at] = self._chain(*at)
        return self._chains[at]

    def _chain(self, area: int, key: str) -> tuple[str, ...]:
        ways, steps = self.ways[area], []
        at: str | None = key
        while at is not None:
            way = ways[at]
            name = _name(self.store, at)
            steps.append(f"{name} ({way.how})" if way.origin and way.how else name)
            if way.origin is None:
                steps.append(way.how)
            at = way.origin
        return tuple(reversed(steps))


def reach(store: Store, starts: Iterable[tuple[str, str]]) -> tuple[Ways, bool]:
    """Return who is reached from these keys through groups, by a shortest way.

    Args:
        starts: keys, each with the reason that makes it one.

    Returns:
        the ways, and whether something deeper than DEEPEST was left out.
    """
    ways: Ways = {}
    queue: deque[str] = deque()
    for key, why in starts:
        if key in store.principals and key not in ways:
            ways[key] = Way(None, why, 0)
            queue.append(key)
    cut = False
    waits = deque([store.everyone] if store.everyone else [])
    while queue or waits:
        # That everybody may read explains least: whoever is reached otherwise keeps that reason.
        group = queue.popleft() if queue else waits.popleft()
        if group not in ways:
            continue
        depth = ways[group].depth + 1
        members = _members(store, group, everybody=not queue and not waits)
        if depth > DEEPEST:
            cut = cut or any(member.key not in ways for member in members)
            continue
        for key, how in members:
            if key not in ways and key in store.principals:
                ways[key] = Way(group, how, depth)
                queue.append(key)
    return ways, cut


def _members(store: Store, group: str, *, everybody: bool) -> Iterable[Member]:
    yield from store.members.get(group, ())
    if group == store.everyone and everybody:
        for key, principal in store.principals.items():
            if principal.kind is Kind.ACCOUNT:
                yield Member(key)


def _name(store: Store, key: str) -> str:
    return store.principals[key].name


def effective(store: Store) -> Effective:
    """Return everybody who can read something of a store, each with one reason."""
    found = Effective(store)
    doors: dict[frozenset[str], tuple[frozenset[str], bool]] = {}
    for number, area in enumerate(store.areas):
        # In a fixed order, so that two looks at the same store give the same reasons.
        grants = sorted(area.grants, key=lambda each: (each.later, each.to, each.why))
        now, cut = reach(store, [(each.to, each.why) for each in grants if not each.later])
        ways, cut_later = now, False
        if any(each.later for each in grants):
            ways, cut_later = reach(store, [(each.to, each.why) for each in grants])
            # What is readable already has its own reason before one for what comes later.
            ways |= now
        found.ways.append(ways)
        # Whom a door cuts off would be kept out unseen; whom a refusal cuts off is let in.
        cut_doors = any(_closed(store, door, doors)[1] for door in area.doors)
        if cut or cut_later or cut_doors:
            found.gaps.append(
                f"{area.name}: groups nest deeper than {DEEPEST}; the rest is unseen."
            )
        _let_in(found, number, area, now=now, doors=doors)
    return found


def _let_in(
    found: Effective,
    number: int,
    area: Area,
    *,
    now: Ways,
    doors: dict[frozenset[str], tuple[frozenset[str], bool]],
) -> None:
    store = found.store
    inside = [_closed(store, door, doors)[0] for door in area.doors]
    denied = _closed(store, area.denied, doors)[0] if area.denied else frozenset()
    for key in found.ways[number]:
        if not store.principals[key].reads or key in denied:
            continue
        if any(key not in door for door in inside):
            continue
        if key not in found.readers or (key in found.later and key in now):
            found.readers[key] = number
            if key in now:
                found.later.discard(key)
            else:
                found.later.add(key)


def _closed(
    store: Store, keys: frozenset[str], known: dict[frozenset[str], tuple[frozenset[str], bool]]
) -> tuple[frozenset[str], bool]:
    """The principals in a set, themselves or through groups, and whether some were left out."""
    if keys not in known:
        ways, cut = reach(store, [(key, "") for key in sorted(keys)])
        known[keys] = frozenset(ways), cut
    return known[keys]
