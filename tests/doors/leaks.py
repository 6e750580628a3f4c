"""Look for the word of the hidden incident wherever somebody can look who was not let in."""

from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.api.conftest import token
from tests.doors import walk
from tests.doors.api_rows import API_ROWS
from tests.doors.rows import ROWS
from tests.doors.world import BAIT, CANARY, World

# Whoever may not know of the incident, by their names in the world. What a receipt says to whoever
# reported it is their own.
OUTSIDE = (
    *("stranger", "superuser", "owner", "elsewhere", "let out", "run out"),
    *("responder", "program_owner", "auditor", "operator", "security", "data_steward", "hr"),
)
# Whoever may read another incident tries it as the parent of everything that hangs on this one.
SWAPS = "elsewhere"
SEARCHES = ("stranger", "elsewhere", "auditor")
# One of each way to stand outside: no grant, another's, one that ended, one that is above.
CALLERS = (*SEARCHES, "superuser", "owner", "run out", "let out")
QUERIES = ("", f"?q={BAIT}", f"?text={BAIT}", "?all", f"?subject={BAIT}")
CHILDREN = (
    *("entry", "evidence", "exposure", "role", "step", "proposal", "firing", "grant"),
    *("request", "glass", "task", "relation", "written", "item", "broadcast"),
)


def found(world: World, name: str) -> Iterator[str]:
    """Each address that told the word to somebody who was not let in, asked as it is needed."""
    return (path for path, answer in _asked(world, name) if CANARY in answer.said)


def _asked(world: World, name: str) -> Iterator[tuple[str, Any]]:
    headers = {"Authorization": f"Bearer {token(world.people[name].person)}"}
    for path in api_addresses(world) if name in CALLERS else ():
        yield path, walk.knock(Client(), "get", path, headers=headers)
    client = world.people[name].client
    paths = swapped(world) if name == SWAPS else []
    paths += addresses(world) if name in SEARCHES else of_the_incident(world)
    if name in SEARCHES:
        paths += searches()
    for path in paths:
        yield path, walk.knock(client, "get", path)


def addresses(world: World) -> list[str]:
    """Every page that can be read, with the ids of the hidden incident and its program."""
    rows = [(name, row) for name, row in ROWS.items() if row.read]
    return [reverse(name, kwargs=row.address(world.ids)) for name, row in rows]


def of_the_incident(world: World) -> list[str]:
    """The pages of the incident and the lists, without those that only show its program."""
    return [path for path in addresses(world) if not path.startswith("/programs/")]


def searches() -> list[str]:
    lists = [reverse(name) for name, row in ROWS.items() if row.read and not row.ids]
    return [path + query for path in lists for query in QUERIES if query]


def swapped(world: World) -> list[str]:
    """What hangs on the hidden incident, asked for as if it were another's, whatever it is."""
    read = {name: dict(row.ids) for name, row in ROWS.items() if row.read}
    nested = [name for name, takes in read.items() if {"number", "pk"} <= takes.keys()]
    ids = sorted({world.ids[child] for child in CHILDREN})
    elsewhere = {"number": world.other.number}
    return [
        reverse(name, kwargs=ROWS[name].address(world.ids | {read[name]["pk"]: pk}) | elsewhere)
        for name in nested
        for pk in ids
    ]


def api_addresses(world: World) -> list[str]:
    ids = world.ids | {"ref": world.incident.ref}
    paths = [reverse(name, kwargs=row.address(ids)) for name, row in API_ROWS.items() if row.read]
    return [*paths, f"{reverse('api:list_incidents')}?before=2000000000"]
