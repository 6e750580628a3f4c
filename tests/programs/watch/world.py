"""Stores that are easy to write down: who is in which group, and what is granted to whom."""

from programs.watch.connectors.taking import Taken
from programs.watch.graph import Area, Grant, Kind, Member, Principal, Store

PUBLIC = "PUBLIC"


def store(grants, groups=None, *, outside=(), later=(), doors=(), denied=()):
    """A store of one area. `grants` names whom; `groups` are lists of members by name."""
    groups = groups or {}
    names = {*grants, *outside, *later, *denied, *groups}
    names |= {name for members in groups.values() for name in members}
    kinds = {name: _kind(name, groups, outside) for name in names | {PUBLIC}}
    return Store(
        principals={
            name: Principal(name, kind, reads=kind is not Kind.GROUP)
            for name, kind in kinds.items()
        },
        members={group: [Member(name) for name in members] for group, members in groups.items()},
        areas=[
            Area(
                "study",
                [
                    *(Grant(name, "SELECT on study.keys") for name in [*grants, *outside]),
                    *(Grant(name, "SELECT on later tables", later=True) for name in later),
                ],
                doors=[frozenset(door) for door in doors],
                denied=frozenset(denied),
            )
        ],
        everyone=PUBLIC,
    )


def _kind(name, groups, outside):
    if name in outside:
        return Kind.OUTSIDE
    if name == PUBLIC:
        return Kind.EVERYONE
    return Kind.GROUP if name in groups else Kind.ACCOUNT


def taken(*args, gaps=(), has_data=True, **kwargs):
    return Taken(store(*args, **kwargs), tuple(gaps), (), has_data)
