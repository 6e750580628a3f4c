"""What it costs to find incidents, at 100,000 and at a million, for every kind of person.

Beside the selector of incidents.access stands guardian's own, in the same run; both must give
the same rows. A database is seeded for each size by `manage.py seed_scale`.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure
from config.launch import testing

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100_000, 1_000_000)
MOST_MS, MOST_BUFFERS, MOST_GROWTH = 5, 1_000, 1.5
LONG_STORY, MOST_PAGE_MS = 2_000, 300
SEARCHED_AT, MOST_SEARCH_MS = 100_000, 50
MOST_RECOUNT_S = 300
TIMES = 5


PARTS = ("list", "page", "search", "lead")


def measure(sizes: tuple[int, ...] = SIZES, parts: tuple[str, ...] = PARTS) -> Iterator[Figure]:
    """Measure at each size, with servers of its own that write through to the disk."""
    buffers: dict[str, list[float]] = {}
    for size in sizes:
        for figure in _at(size, parts):
            yield figure
            if figure.unit == "blocks" and " ours" in figure.name:
                buffers.setdefault(figure.name.split(": ")[1], []).append(figure.value)
    if len(sizes) > 1 and "list" in parts:
        growth = max(most[-1] / most[0] for most in buffers.values())
        yield Figure(f"list, most growth of buffers over {sizes}", growth, "times", MOST_GROWTH)


def _at(size: int, parts: tuple[str, ...]) -> Iterator[Figure]:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "ANDON_ENV": "test"}
    env |= {"ANDON_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench.list", str(size), *parts]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        for line in child.stdout:
            if line.startswith("{"):
                yield Figure(**json.loads(line))
            else:
                print(line, end="", file=sys.stderr, flush=True)
    if child.returncode:
        raise SystemExit(f"bench.list ended with {child.returncode}")


def main() -> None:
    """Measure at one size, in a process of its own: Django is set up once in each."""
    size = int(sys.argv[1])
    os.environ |= testing.start({}, fast=False)
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    from config import scale

    call_command("migrate", verbosity=0)
    scale.seed(size)
    scale.tidy()
    parts = dict(zip(PARTS, (_lists, _page, _search, _lead), strict=True))
    for figure in chain.from_iterable(parts[part](size) for part in sys.argv[2:]):
        print(json.dumps(asdict(figure)), flush=True)


# --- The list


def _lists(size: int) -> Iterator[Figure]:
    from accounts.models import User
    from config import scale
    from incidents.listing import Place
    from incidents.models import Incident

    middle = Incident.objects.order_by("number")[size // 2].number
    for kind in scale.NAMES:
        user = User.objects.get(username=scale.username(kind))
        for where, place in (("first", Place()), ("deep", Place(before=middle))):
            ours, rows = _costs(lambda u=user, p=place: _ours(u, p))  # type: ignore[misc]
            stock, same = _costs(lambda u=user, p=place: _stock(u, p), times=1)  # type: ignore[misc]
            assert rows == same, f"{kind}, {where}: other rows than guardian gives"
            name = f"list of {size:,}: {kind}, {where} page"
            beside = f"guardian: {stock[0]:,.1f} ms, {stock[1]:,} buffers; {len(rows)} rows"
            yield Figure(f"{name}, ours", ours[0], "ms", MOST_MS, beside)
            yield Figure(f"{name}, ours", ours[1], "blocks", MOST_BUFFERS)


def _ours(user: Any, place: Any) -> list[int]:
    from incidents import listing, search

    return [row.number for row in listing.page(user, search.Wanted(), place).rows]


def _stock(user: Any, place: Any) -> list[int]:
    """What stood in incidents.access before: guardian's sub-queries beside those of programs."""
    from django.db.models import Q
    from guardian.shortcuts import get_objects_for_user

    from incidents import search
    from incidents.models import Incident
    from programs import access

    flags = {"with_superuser": False, "accept_global_perms": False}
    granted = get_objects_for_user(user, "incidents.view_incident", klass=Incident, **flags)
    programs = access.open_to_responder(user).values("pk")
    found = Incident.objects.filter(
        Q(pk__in=granted.values("pk")) | Q(restricted=False, program__in=programs)
    )
    if place.before:
        found = found.filter(number__lt=place.before)
    return [row.number for row in search.for_lists(found).order_by("-number")[:50]]


def _costs(read: Callable[[], Any], *, times: int = TIMES) -> tuple[tuple[float, int], Any]:
    """Return milliseconds in the database and buffers touched by all statements of one reading."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    with CaptureQueriesContext(connection) as captured:
        said = read()
    asked = [query["sql"] for query in captured]
    taken, touched = 0.0, 0
    for sql in (sql for sql in asked if "SELECT" in sql):
        plans = [_explained(sql) for _ in range(times)]
        taken += median(plan[0] for plan in plans)
        touched += plans[-1][1]
    return (taken, touched), said


def _explained(sql: str) -> tuple[float, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.replace("%", "%%"), [])
        (plans,) = cursor.fetchone()
    plan = plans[0] if isinstance(plans, list) else json.loads(plans)[0]
    root = plan["Plan"]
    return plan["Execution Time"], root["Shared Hit Blocks"] + root["Shared Read Blocks"]


# --- One incident with a long story, and search


def _page(size: int) -> Iterator[Figure]:
    from django.db import connection
    from django.test import Client

    from accounts.actors import Actor
    from bench import cast
    from incidents import grants, reporting

    reader = cast.person("reader")
    reported = reporting.Report(title="An incident with a long story", audience="few_inside")
    actor = Actor.person(reader, via="command")
    incident = reporting.file_report(reported, reporter=reader, actor=actor).incident
    grants.admit(incident, level="view", reason="Reads.", actor=cast.maker(), person=reader)
    with connection.cursor() as cursor:
        cursor.execute(_STORY, [incident.pk, LONG_STORY])
    client = Client(SERVER_NAME="localhost")
    client.force_login(reader)
    taken = _times(lambda: client.get(f"/incidents/{incident.ref}/"))
    name = f"page of an incident with {LONG_STORY:,} entries, of {size:,}"
    yield Figure(name, median(taken), "ms", MOST_PAGE_MS, f"most {max(taken):.0f} ms")


_STORY = """
INSERT INTO incidents_timelineentry
    (incident_id, kind, audience, occurred_at, recorded_at, actor_name, text, data)
SELECT %s, 'update', 'responders', now() - make_interval(mins => n), now(), 'bench',
    'Looked at share ' || n || ' and closed it.', '{}' FROM generate_series(1, %s) n
"""


def _search(size: int) -> Iterator[Figure]:
    from accounts.models import User
    from config import scale
    from incidents import listing
    from incidents.search import Wanted

    rare, common = ("transcripts vendor archive", '"call logs" bucket'), ("vendor", "readable")
    for words in (*rare, *common, "nowhere", f"INC-{size // 2}"):
        wanted = Wanted(text=words)
        most = (0.0, "")
        for kind in scale.NAMES:
            user = User.objects.get(username=scale.username(kind))
            read = partial(listing.page, user, wanted, listing.Place())
            (taken, _touched), _page = _costs(read)
            most = max(most, (taken, f"{kind}; {median(_times(read)):.0f} ms with all of Python"))
        goal = MOST_SEARCH_MS if size <= SEARCHED_AT else MOST_SEARCH_MS * size / SEARCHED_AT
        name = f"search of {size:,} for {words}, in the database, slowest"
        yield Figure(name, most[0], "ms", goal, most[1])


# --- The figures of leadership


def _lead(size: int) -> Iterator[Figure]:
    from django.db import connection
    from django.test import Client

    from accounts.functions import Function
    from bench import cast
    from incidents import measuring

    begun = time.perf_counter()
    counted = measuring.recount()
    taken = time.perf_counter() - begun
    yield Figure(
        f"recount of all figures of {size:,}", taken, "s", MOST_RECOUNT_S, f"{counted:,} counted"
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE incidents_measure, incidents_figure, incidents_spread")
    client = Client(SERVER_NAME="localhost")
    client.force_login(cast.person("leads", Function.EXECUTIVE))
    # Three days hold so few that the reader's sight is asked for each; the longest holds all.
    today = datetime.now(tz=UTC).date()
    days = f"since={today - timedelta(days=10)}&until={today - timedelta(days=8)}"
    longest = f"since={today - timedelta(days=1800)}"
    asked = ("preset=30", "preset=90", "preset=year", "program=scale-3", "worst=2", days, longest)
    for query in asked:
        times = _times(partial(client.get, f"/leadership/?{query}"))
        name = f"leadership of {size:,}, {query}"
        yield Figure(name, median(times), "ms", MOST_PAGE_MS, f"most {max(times):.0f} ms")


def _times(read: Callable[[], Any]) -> list[float]:
    taken = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        answer = read()
        taken.append((time.perf_counter() - begun) * 1000)
        assert getattr(answer, "status_code", 200) == 200
    # The first one finds nothing compiled and no plan.
    return taken[1:]


if __name__ == "__main__":
    main()
