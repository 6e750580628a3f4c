"""Ten thousand escalations due at once, two engines, two workers: how soon everybody is paged.

And how long a report takes until its first page is with the provider.
"""

import base64
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import cast, stand
from bench.figure import Figure
from bench.spent import spent
from config.launch.children import Process
from config.launch.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
ESCALATIONS, ON_CALL = 10_000, 20
# Of a hundred escalations so many are SEV 0.
GRAVEST = 5
MOST_SECONDS = 60.0
# Of a processor, for one: 10,000 on two of them take a minute.
MOST_MS = 12.0
PATIENCE_SECONDS = 600.0


def measure(escalations: int = ESCALATIONS) -> Iterator[Figure]:
    """Measure in processes of their own: Django is set up once in each."""
    yield from _calm()
    command = [sys.executable, "-m", "bench.pages", str(escalations)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        for line in child.stdout:
            if line.startswith("{"):
                yield Figure(**json.loads(line))
            else:
                print(line, end="", file=sys.stderr, flush=True)
    if child.returncode:
        raise SystemExit(f"bench.pages ended with {child.returncode}")


def _calm() -> Iterator[Figure]:
    """The chaos of steps without any chaos: how late the engine is by itself."""
    with stand.folder() as folder:
        options = ["--no-kills", "--steps", "400", "--rate", "4", "--to", str(folder)]
        done = subprocess.run(
            [sys.executable, "-m", "bench.chaos.steps", *options, "--seed", "1"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    late, first = told["lateness"]["step"], told["first_page"]
    spread = f"n={told['steps']}"
    yield Figure("a step, from when it is due until it is taken, median", late["p50"], "s", 0.3)
    yield Figure("the same, 99 %", late["p99"], "s", 1.0, spread)
    spread = f"n={told['accepted']}"
    yield Figure("report sent → first page handed over, median", first["p50"], "s", 1.0)
    yield Figure("the same, 99 %", first["p99"], "s", 3.0, spread)


def main() -> None:
    escalations = int(sys.argv[1])
    with stand.database(), stand.folder() as folder, _receiver(folder) as (log, address, secret):
        os.environ["ANDON_INTERNAL_HOSTS"] = address
        # Else the few people here would get their tenth page of SEV 2 in a minute, and no more.
        os.environ["ANDON_PAGES_PER_MINUTE"] = "1000"
        people = _people(address, secret)
        for figure in _burst(folder, log, people, escalations):
            print(json.dumps(asdict(figure)), flush=True)


@contextmanager
def _receiver(folder: Path) -> Iterator[tuple[Path, str, str]]:
    log = folder / "received.jsonl"
    log.touch()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    command = [sys.executable, "-m", "bench.chaos.receiver", str(log), secret]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield log, f"127.0.0.1:{int(process.stdout.readline())}", secret
        process.kill()


def _people(address: str, secret: str) -> list[Any]:
    from django.utils import timezone

    from audit import history
    from notifications.models import ContactMethod, Method

    found = [cast.person(f"on-call-{number}") for number in range(ON_CALL)]
    for person in found:
        history.create(
            ContactMethod,
            actor=cast.maker(),
            person=person,
            method=Method.WEBHOOK,
            address=f"http://{address}/page",
            secret=secret,
            # Else they are paged by mail as well.
            verified_at=timezone.now(),
        )
    return found


def _burst(folder: Path, log: Path, people: list[Any], count: int) -> Iterator[Figure]:
    _escalations(people, count)
    stack = Stack(0, 0, dict(os.environ))
    workers = [stack.worker(), stack.worker()]
    children = [*stack.engines(), *workers]
    processes = [
        Process(child, log=folder / f"{number}.log") for number, child in enumerate(children)
    ]
    try:
        time.sleep(8)
        before = spent()
        begun = _let_them_be_due()
        yield from _told(log, begun, count)
        yield _processor(spent() - before, count)
    finally:
        for process in processes:
            process.sweep()


def _processor(seconds: Counter[str], count: int) -> Figure:
    """What one escalation takes of a processor, all processes together, whatever runs beside."""
    each = {name: total / count * 1000 for name, total in seconds.most_common()}
    spread = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
    return Figure("processor time of one escalation", sum(each.values()), "ms", MOST_MS, spread)


def _escalations(people: list[Any], count: int) -> None:
    """Make incidents with an escalation each that pages one person; none is due yet."""
    from django.db import connection
    from django.utils import timezone

    from audit import clockwork
    from config import scale
    from incidents.models import Incident
    from notifications.escalation import Plan, Step, Target
    from notifications.models import Escalation

    scale.seed(count, say=lambda _line: None)
    _open_them()
    later = timezone.now() + timedelta(hours=1)
    plans = [_plan(Plan, Step, Target, person.pk) for person in people]
    rows = [
        Escalation(
            incident=incident,
            snapshot=plans[incident.number % len(plans)].plain(),
            snapshot_sha256=plans[incident.number % len(plans)].sha256(),
            level=incident.counts_as,
            next_due_at=later,
        )
        for incident in Incident.objects.all()
    ]
    Escalation.objects.bulk_create(rows, batch_size=1000)
    clockwork.schedule_all(
        [
            clockwork.Wish(
                "notifications.take_step",
                f"escalation:{row.pk}:0",
                {"escalation": row.pk, "generation": 0},
                due_at=later,
                priority=row.level,
            )
            for row in rows
        ]
    )
    scale.tidy()
    with connection.cursor() as cursor:
        # No table that is empty yet: PostgreSQL would plan for it to stay so.
        cursor.execute("VACUUM ANALYZE audit_due, notifications_escalation")


def _open_them() -> None:
    """Some of SEV 0, the others spread over SEV 1 to 3."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_incident SET status = 'active', (sev, counts_as, peak_sev) ="
            " (SELECT n, n, n FROM (SELECT CASE WHEN number %% 100 < %s THEN 0"
            " ELSE 1 + number %% 3 END AS n) AS level)",
            [GRAVEST],
        )


def _plan(plan: Any, step: Any, target: Any, person: int) -> Any:
    one = step(timedelta(hours=9), (target("person", person=person),))
    return plan(name="bench", steps=(one,), repeats=3, repeat_after=timedelta(hours=9))


def _let_them_be_due() -> float:
    from django.db.models.functions import Now

    from audit import clockwork
    from audit.models import Due

    Due.objects.filter(kind="notifications.take_step").update(due_at=Now())
    clockwork.nudge()
    return time.time()


def _told(log: Path, begun: float, count: int) -> Iterator[Figure]:
    from audit.models import Due

    end = time.monotonic() + PATIENCE_SECONDS
    seen: dict[str, float] = {}
    while len(seen) < count and time.monotonic() < end:
        time.sleep(1)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        seen = {}
        for line in lines:
            seen.setdefault(line["id"], line["at"] - begun)
        print(f"{time.time() - begun:5.0f} s  {len(seen)} of {count}", file=sys.stderr, flush=True)
    from notifications.models import Page

    levels = dict(Page.objects.values_list("key", "escalation__level"))
    gravest = sorted(at for key, at in seen.items() if levels.get(key) == 0)
    steps = Due.objects.filter(kind="notifications.take_step", state="done")
    taken = max(at.timestamp() for at in steps.values_list("finished_at", flat=True)) - begun
    name = f"{count:,} escalations due at once, two workers: "
    spread = f"{len(lines) - len(seen)} twice, {count - len(seen)} missing"
    yield Figure(name + "all steps taken", taken, "s", MOST_SECONDS)
    yield Figure(name + "last page handed over", max(seen.values()), "s", MOST_SECONDS, spread)
    yield Figure(
        name + "last of SEV 0 handed over", gravest[-1], "s", MOST_SECONDS / 4, f"n={len(gravest)}"
    )
    yield Figure(name + "median page", statistics.median(seen.values()), "s", MOST_SECONDS)


if __name__ == "__main__":
    main()
