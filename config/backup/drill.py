"""`make drill-restore`: lose everything while people wait to be paged, put it back, page them once.

On a PostgreSQL of its own: report an incident with no engine running, so that pages are overdue;
back up; restore into a fresh database; check the record; let the engine and its checks work off
what was overdue, twice. Prints the story and, as the last line, one JSON object. Exit status 0 only
if the record is whole and each page left exactly once.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config.launch import testing

ROOT = Path(__file__).resolve().parents[2]
FINISH = "--finish"


def main() -> int:
    if FINISH in sys.argv:
        _say(json.dumps(_finish()))
        return 0
    with tempfile.TemporaryDirectory(prefix="andon-drill-") as folder:
        told = _play(Path(folder))
    _say(json.dumps(told))
    return 0 if told["passed"] else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _play(folder: Path) -> dict[str, Any]:
    server = testing.start({"REDIS_URL": "none"}, fast=True)
    lost = server["DATABASE_URL"]
    settings = {"ANDON_ENV": "test", "DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": ""}
    os.environ |= settings | {"DATABASE_URL": lost, "ANDON_EVIDENCE": str(folder / "lost")}
    os.environ |= {"ANDON_LOG_LEVEL": "ERROR"}
    import django  # noqa: PLC0415

    django.setup()
    overdue = _lose_nothing_yet()
    _say(f"An incident was reported and no engine ran: {overdue} things are overdue.")
    from config.backup import taking  # noqa: PLC0415

    backup = taking.take(folder / "backups")
    _say(f"Backed up: {backup.name}, {sum(f.stat().st_size for f in backup.iterdir()):,} bytes.")
    fresh = _fresh_database(lost)
    env = os.environ | {"DATABASE_URL": fresh, "ANDON_EVIDENCE": str(folder / "found")}
    restored = _command(env, "manage.py", "restore", str(backup), "--json")
    _say(f"Restored into a fresh database: {restored['entries']} entries of the record, whole.")
    finished = _command(env, "-m", "config.backup.drill", FINISH)
    _say(
        f"Worked off: {finished['pages']} pages, {finished['mails']} mails, {finished['again']}"
        " more on a second look."
    )
    passed = finished["pages"] > 0 and finished["mails"] == finished["pages"]
    passed = passed and finished["again"] == 0 and finished["clean"] and not finished["late"]
    return {"passed": bool(passed), "overdue": overdue, **restored, **finished}


def _lose_nothing_yet() -> int:
    """Make an incident whose pages are overdue; return how much is."""
    from django.core.management import call_command  # noqa: PLC0415

    from accounts.actors import Actor  # noqa: PLC0415
    from accounts.functions import Function  # noqa: PLC0415
    from audit import people  # noqa: PLC0415
    from audit.models import Due  # noqa: PLC0415
    from incidents import reporting  # noqa: PLC0415
    from notifications import contacts  # noqa: PLC0415
    from notifications.models import Method  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    maker = Actor(name="drill-restore", via="command")
    for name, function in (("ana", Function.COMMANDER), ("noor", Function.PRIVACY_OFFICER)):
        person = people.add(
            name,
            email=f"{name}@demo.example",
            password="not-for-signing-in-4711",  # noqa: S106 - gone in a minute
            functions=[function],
            actor=maker,
        )
        way = contacts.add(person, Method.EMAIL, person.email, terms=contacts.Terms(), actor=maker)
        contacts.verify(way, actor=maker)
    reported = reporting.Report(title="Transcripts readable by all staff", audience="outside")
    reporting.file_report(reported, reporter=person, actor=maker)
    return Due.objects.waiting().count()


def _fresh_database(beside: str) -> str:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(beside, autocommit=True) as database:
        database.execute("CREATE DATABASE restored")
    return beside.replace("/andon?", "/restored?")


def _command(env: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def _finish() -> dict[str, Any]:
    """Work off what the restored database says is due, as an engine does, and look twice."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core import mail  # noqa: PLC0415
    from django.test.utils import override_settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from audit import overdue, reconciling, verification  # noqa: PLC0415
    from notifications.models import PageAttempt  # noqa: PLC0415

    mail.outbox = []
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        _work()
        reconciling.look()
        _work()
        first = len(mail.outbox)
        reconciling.look()
        _work()
    pages = PageAttempt.objects.values("page").distinct().count()
    return {
        "pages": pages,
        "attempts": PageAttempt.objects.count(),
        "mails": len([each for each in mail.outbox[:first] if _is_page(each)]),
        "again": len(mail.outbox) - first,
        "clean": verification.verify().clean,
        "late": overdue.look(now=timezone.now()).overdue,
    }


def _work() -> None:
    from audit import clockwork  # noqa: PLC0415

    while claims := clockwork.claim():
        for claim in claims:
            clockwork.run(claim.pk, claim.token)


def _is_page(mail: Any) -> bool:
    return "please acknowledge" in mail.subject


if __name__ == "__main__":
    sys.exit(main())
