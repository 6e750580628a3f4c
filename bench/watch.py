"""What the exposure watch costs: many grants, many principals, long logs; and the whole chain."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg

from bench.figure import Figure
from config.drill import store
from config.launch import fresh
from programs.watch import accesslog, listing
from programs.watch.audience import Declared, compare
from programs.watch.connectors import postgres
from programs.watch.graph import Area, Grant, Kind, Member, Principal, Store, effective

TABLES, ROLES, PEOPLE = 1_000, 100, 10_000
PRINCIPALS = 1_000_000
ROWS = (1_000_000, 5_000_000)
MOST_S, MOST_CHAIN_S, LEAST_ROWS, MOST_MIB = 10.0, 60.0, 50_000, 16.0


def measure() -> Iterator[Figure]:
    yield _log("JSON lines", _json_lines)
    yield _log("CSV", _csv_lines)
    yield _memory_of_a_log()
    yield _grants()
    yield from _principals()
    yield _chain()


def _grants() -> Figure:
    (port,) = fresh.free_ports(1)
    with store.running(port) as made:
        with psycopg.connect(host=str(made.sockets), port=port, user="postgres") as line:
            _fill(line)
        place = postgres.Place(
            "127.0.0.1", port, store.DATABASE, store.WATCH, ("many.*",), sslmode="prefer"
        )
        began = time.monotonic()
        taken = postgres.take(place, made.password)
        found = effective(taken.store)
        verdict = compare(found, Declared(frozenset(), frozenset({"r0", "postgres"})))
        listing.listed(found)
        took = time.monotonic() - began
    grants = sum(len(area.grants) for area in taken.store.areas)
    assert grants >= TABLES * ROLES
    assert verdict.excess
    said = f"{grants:,} grants, {verdict.readers:,} readers, {verdict.excess:,} too many"
    return Figure("watch: look at 100,000 grants in PostgreSQL", took, "s", MOST_S, said)


def _fill(line: psycopg.Connection) -> None:
    line.execute("CREATE SCHEMA many; GRANT USAGE ON SCHEMA many TO PUBLIC")
    line.execute(
        f"DO $$ BEGIN FOR n IN 0..{TABLES - 1} LOOP"
        " EXECUTE format('CREATE TABLE many.t%s (x int)', n); END LOOP;"
        f" FOR n IN 0..{ROLES - 1} LOOP EXECUTE format('CREATE ROLE r%s', n);"
        " EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA many TO r%s', n); END LOOP;"
        f" FOR n IN 0..{PEOPLE - 1} LOOP"
        f" EXECUTE format('CREATE ROLE p%s LOGIN IN ROLE r%s', n, n %% {ROLES});"
        " END LOOP; END $$".replace("%%", "%")
    )


def _principals() -> Iterator[Figure]:
    groups = PRINCIPALS // 1_000
    principals = {f"g{n}": Principal(f"g{n}", Kind.GROUP, reads=False) for n in range(groups)}
    principals |= {
        f"p{n}": Principal(f"person-{n}", Kind.ACCOUNT, reads=True) for n in range(PRINCIPALS)
    }
    members = {
        f"g{n}": [Member(f"p{m}") for m in range(n * 1_000, (n + 1) * 1_000)] for n in range(groups)
    }
    # Groups in a ring: a circle of a thousand.
    for n in range(groups):
        members[f"g{n}"].append(Member(f"g{(n + 1) % groups}"))
    grants = [Grant(f"g{n}", "SELECT on t") for n in range(0, groups, 32)]
    made = Store(principals, members, [Area("many", grants)])
    before, began = _peak(), time.process_time()
    found = effective(made)
    verdict = compare(found, Declared(frozenset({"person-1"})))
    packed = listing.listed(found)
    took = time.process_time() - began
    assert verdict.readers == PRINCIPALS
    said = f"{len(packed.packed) / 2**20:.1f} MiB kept, {_peak() - before:,.0f} MiB of memory"
    yield Figure(
        "watch: compare 1,000,000 principals in a ring of groups, one core", took, "s", 30.0, said
    )


def _log(kind: str, lines: object) -> Figure:
    began = time.process_time()
    found = _read(lines(ROWS[0]))  # type: ignore[operator]
    took = time.process_time() - began
    assert found.rows == ROWS[0]
    name = f"watch: rows of an access log per second and core, {kind}"
    return Figure(name, ROWS[0] / took, "/s", LEAST_ROWS, at_least=True)


def _memory_of_a_log() -> Figure:
    _read(_json_lines(ROWS[0]))
    before = _peak()
    _read(_json_lines(ROWS[1]))
    said = f"from {ROWS[0]:,} to {ROWS[1]:,} rows"
    return Figure("watch: more memory for a longer log", _peak() - before, "MiB", MOST_MIB, said)


def _read(lines: Iterator[bytes]) -> accesslog.Found:
    mapping = accesslog.Mapping("user", "time", "object", "op", frozenset({"GET"}))
    window = accesslog.Window(datetime(2026, 11, 1, tzinfo=UTC))
    return accesslog.analyse(lines, mapping, window, meant={"user1"})


def _json_lines(rows: int) -> Iterator[bytes]:
    form = (
        b'{"time": "2026-11-01T10:%02d:%02dZ", "user": "u%d", "object": "part-%d", "op": "GET"}\n'
    )
    for n in range(rows):
        yield form % (n // 60 % 60, n % 60, n % 3_000, n % 1_000)


def _csv_lines(rows: int) -> Iterator[bytes]:
    yield b"time,user,object,op\n"
    for n in range(rows):
        yield b"2026-11-01T10:%02d:%02dZ,u%d,part-%d,GET\n" % (
            *(n // 60 % 60, n % 60),
            *(n % 3_000, n % 1_000),
        )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _chain() -> Figure:
    played = subprocess.run(
        [sys.executable, "-m", "config.drill.exposure"], capture_output=True, text=True, check=False
    )
    said = json.loads(played.stdout.splitlines()[-1])
    parts = f"looked {said['looked_after_s']}, paused {said['paused_after_s']} s"
    name = "watch: a grant too wide → a page, looked at every 15 s"
    return Figure(name, float(said["paged_after_s"]), "s", MOST_CHAIN_S, parts)
