"""How fast historic incidents are filed, each with its entry, its grant and its acts on record.

With servers of its own that write through to the disk, by the very function that the engine calls.
"""

import csv
import io
import json
import logging
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.spent import spent
from config.launch import testing

ROOT = Path(__file__).resolve().parents[1]
ROWS, LEAST = 10_000, 500
# Above what Django itself holds; the file is larger than this by far.
MOST_MIB = 24
HEAD = ("source_id", "title", "reported_at", "severity", "what", "whose", "people_known", "remedy")


def measure(rows: int = ROWS) -> Iterator[Figure]:
    """Measure in a process of its own: Django is set up once in each."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "ANDON_ENV": "test"}
    env |= {"ANDON_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench.imports", str(rows)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        for line in child.stdout:
            if line.startswith("{"):
                yield Figure(**json.loads(line))
    if child.returncode:
        raise SystemExit(f"bench.imports ended with {child.returncode}")


def main() -> None:
    rows = int(sys.argv[1])
    os.environ |= testing.start({}, fast=False)
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    from audit import lasting

    call_command("migrate", verbosity=0)
    # As a worker does.
    lasting.keep_what_is_loaded()
    for form, content in (("csv", _table(rows)), ("veris", _records(rows))):
        for figure in _filed(form, content, rows):
            print(json.dumps(asdict(figure)), flush=True)


def _filed(form: str, content: bytes, rows: int) -> Iterator[Figure]:
    from audit.models import Entry
    from incidents import importing
    from incidents.models import Incident

    actor = _officer(form)
    held = _held(form, content, actor)
    entries, before = Entry.objects.count(), Incident.objects.count()
    begun, own, database = time.perf_counter(), time.process_time(), spent()["postgres"]
    file = importing.File(io.BytesIO(content), f"old.{form}", form, "Bench")
    run = importing.take_in(file, actor=actor)
    run = importing.confirm(run, actor=actor, by_engine=False)
    part, slowest = 1, 0.0
    while True:
        at = time.perf_counter()
        more = importing.work(run.pk, part, by_engine=False)
        slowest = max(slowest, time.perf_counter() - at)
        if not more:
            break
        part += 1
    taken, own = time.perf_counter() - begun, time.process_time() - own
    database = spent()["postgres"] - database
    assert Incident.objects.count() - before == rows
    said = (
        f"{rows:,} rows, {(Entry.objects.count() - entries) / rows:.2f} entries of the record each"
    )
    yield Figure(f"import, {form}", rows / taken, "/s", LEAST, said, at_least=True)
    # What it would be were the machine ours: the database works on another core meanwhile.
    yield Figure(f"import, {form}, of own processor time", rows / own, "/s", LEAST, at_least=True)
    both = rows / (own + database)
    said = f"{own / rows * 1000:.2f} ms each, the database {database / rows * 1000:.2f}"
    yield Figure(f"import, {form}, of both", both, "/s", LEAST, said, at_least=True)
    yield Figure(f"import, {form}, longest transaction", slowest, "s", 2)
    yield Figure(f"import, {form}, most memory while read", held / 2**20, "MiB", MOST_MIB)


def _held(form: str, content: bytes, actor: Any) -> int:
    """Return the most bytes that reading takes, in a pass of its own: to watch takes time."""
    from incidents import importing

    tracemalloc.start()
    file = importing.File(io.BytesIO(content), f"old.{form}", form, "Bench")
    run = importing.take_in(file, actor=actor)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    importing.drop(run, actor=actor)
    return held


def _officer(form: str) -> Any:
    """Return an actor who may import, one for each form."""
    from accounts.actors import Actor
    from accounts.functions import Function
    from audit import people

    officer = people.add(
        f"importer-{form}",
        email=f"importer-{form}@demo.example",
        password="a long enough passphrase 7",
        functions=[Function.PRIVACY_OFFICER],
        actor=Actor.machine("bench"),
    )
    return Actor.person(officer, via="command")


def _table(rows: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for n in range(rows):
        day = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}T08:30:00Z"
        words = f"Transcripts of team {n % 90} readable by everyone in folder {n}"
        writer.writerow((f"T-{n}", words, day, n % 6, "Transcripts", "employees", n % 900, words))
    return text.getvalue().encode()


def _records(rows: int) -> bytes:
    return b"\n".join(json.dumps(_record(n)).encode() for n in range(rows))


def _record(n: int) -> dict[str, Any]:
    errors = ("Misconfiguration", "Publishing error", "Misdelivery", "Loss")
    return {
        "schema_version": "1.4.0",
        "incident_id": f"V-{n}",
        "source_id": "bench",
        "security_incident": "Confirmed",
        "summary": f"Records of team {n % 90} could be read by others in folder {n}.",
        "timeline": {
            "incident": {"year": 2010 + n % 15, "month": n % 12 + 1},
            "discovery": {"unit": "Days", "value": n % 40},
        },
        "victim": {"country": ["DE"], "industry": "541511"},
        "actor": {"internal": {"motive": ["NA"], "variety": ["Developer"]}},
        "action": {"error": {"variety": [errors[n % 4]], "vector": ["Carelessness"]}},
        "asset": {"assets": [{"variety": "S - File"}], "cloud": ["Unknown"]},
        "attribute": {
            "confidentiality": {
                "data_disclosure": "Potentially",
                "data_total": 10 ** (n % 6),
                "data": [{"variety": "Personal", "amount": 10 ** (n % 6)}],
                "data_victim": ["Employee"],
            }
        },
        "discovery_method": {"internal": {"variety": ["Reported by employee"]}},
    }


if __name__ == "__main__":
    main()
