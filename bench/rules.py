"""What it costs to ask every threshold rule of every open incident anew, at 100,000 of them.

In a database of its own, seeded by `manage.py seed_scale`. A pass compares, and acts where a rule
newly applies, as the engine does: `clockwork.run`, row by row, in one process.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench.figure import Figure
from config.launch import testing

ROOT = Path(__file__).resolve().parents[1]
SIZE, RULES, FITTING = 100_000, 20, 1_000
MOST_SECONDS, MOST_LOCK_MS = 60, 100


def measure(size: int = SIZE) -> Iterator[Figure]:
    """Measure with servers of its own that write through to the disk."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "ANDON_ENV": "test"}
    env |= {"ANDON_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench.rules", str(size)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        for line in child.stdout:
            if line.startswith("{"):
                yield Figure(**json.loads(line))
            else:
                print(line, end="", file=sys.stderr, flush=True)
    if child.returncode:
        raise SystemExit(f"bench.rules ended with {child.returncode}")


def main() -> None:
    """Measure in a process of its own: Django is set up once in each."""
    size = int(sys.argv[1])
    os.environ |= testing.start({}, fast=False)
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    from config import scale

    call_command("migrate", verbosity=0)
    scale.seed(size)
    _assess()
    scale.tidy()
    _rules()
    for figure in _pass(size):
        print(json.dumps(asdict(figure)), flush=True)


def _assess() -> None:
    """Give each an assessment, as every report has, and have all of them open."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "INSERT INTO severity_assessment (subject, kind, rules_version, rules_sha256, facts,"
            " trace, level, undetermined, reason, assessed_at)"
            " SELECT 'incident:' || uuid, 'triage', '2026.11-1', '', '{}', '[]', counts_as, false,"
            " '', now() FROM incidents_incident"
        )
        cursor.execute(
            "UPDATE incidents_incident i SET assessment_id = a.id, sev = counts_as,"
            " status = 'active' FROM severity_assessment a WHERE a.subject = 'incident:' || i.uuid"
        )
        cursor.execute("RESET statement_timeout")


def _rules() -> None:
    """Put many rules in force that ask much and fit nothing, and one that fits a thousand."""
    from accounts.actors import Actor
    from accounts.functions import Function
    from accounts.models import User
    from audit.models import Due
    from incidents.models import Incident
    from incidents.rethinking import ROUND

    people = []
    for function in (Function.COMMANDER, Function.SECURITY):
        person = User.objects.create_user(f"rules-{function.value}")
        person.groups.add(_group(function.value))
        people.append(Actor.person(User.objects.get(pk=person.pk), via="page"))
    for number in range(RULES - 1):
        when: dict[str, Any] = {"levels": [3, 4, 5], "categories": ["health", "minors"]}
        when |= {"statuses": ["active"], "minutes": 60 + number, "kinds": ["loss", "misuse"]}
        _publish(people, f"asks-{number}", when)
    fitting = Incident.objects.order_by("pk").values_list("pk", flat=True)[:FITTING]
    Incident.objects.filter(pk__in=list(fitting)).update(kind="near_miss")
    _publish(people, "fits", {"kinds": ["near_miss"]})
    Due.objects.filter(kind=ROUND).delete()


def _group(name: str) -> Any:
    from django.contrib.auth.models import Group

    return Group.objects.get(name=name)


def _publish(people: list[Any], rule: str, when: dict[str, Any]) -> None:
    from incidents import rulemaking

    said: dict[str, Any] = {"name": rule, "why": "measured", "when": when, "mode": "automatic"}
    said |= {"actions": [{"do": "require_review"}]}
    row = rulemaking.propose(rule, said, reason="Measured.", based_on="", actor=people[0])
    rulemaking.publish(row, actor=people[1])


def _pass(size: int) -> Iterator[Figure]:
    from audit import clockwork
    from incidents import ripening
    from incidents.models import RuleFiring
    from incidents.rethinking import ROUND

    clockwork.schedule(ROUND, key="bench:0", payload={"name": "bench", "after": 0}, priority=0)
    spans: dict[str, list[float]] = {ROUND: [], ripening.AGAIN: []}
    clockwork._write = _timed(clockwork._write, spans)
    begun, worked, compared = time.monotonic(), time.process_time(), 0.0
    while claims := clockwork.claim():
        for claim in claims:
            was, batches = time.monotonic(), len(spans[ROUND])
            clockwork.run(claim.pk, claim.token)
            compared += time.monotonic() - was if len(spans[ROUND]) > batches else 0
    total, worked = time.monotonic() - begun, time.process_time() - worked
    fired = RuleFiring.objects.filter(of_house=True).count()
    assert fired == min(FITTING, size), fired
    assert len(spans[ROUND]) >= size // 2_000
    asked = f"rules: all asked of {size:,} open incidents"
    beside = f"{RULES} rules, {len(spans[ROUND])} batches"
    yield Figure(asked, compared, "s", MOST_SECONDS, beside)
    beside = f"{fired} acts, {worked:.3g} s of it computing here"
    yield Figure(f"{asked}, and acted on", total, "s", MOST_SECONDS, beside)
    for kind, name in ((ROUND, "a batch"), (ripening.AGAIN, "an incident")):
        every = [span * 1000 for span in spans[kind]]
        name = f"rules: longest that {name} held a lock"
        yield Figure(name, max(every), "ms", MOST_LOCK_MS, f"median {median(every):.3g} ms")


def _timed(write: Callable[..., bool], spans: dict[str, list[float]]) -> Callable[..., bool]:
    def timed(work: Callable[[], None], due: Any, token: Any) -> bool:
        begun = time.monotonic()
        done = write(work, due, token)
        spans.setdefault(due.kind, []).append(time.monotonic() - begun)
        return done

    return timed


if __name__ == "__main__":
    main()
