"""Have the engine verify the record, and keep what it found. The only writer of Verification."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from audit import clockwork, deposits, trail, verification
from audit.checkpoints import Foreign
from audit.models import Verification
from audit.seal import BadDocument
from audit.verification import Report

LOOK = "audit.verify_record"
# Without being asked.
EACH = timedelta(days=1)
# Enough to see what is wrong; `verify_audit --json` names up to a thousand.
MOST_KEPT = 100
State = Verification.State
UNDER_WAY = (State.WAITING, State.RUNNING)


@transaction.atomic
def ask(*, actor: Actor, stream: str = "") -> Verification:
    """Have the record, or one stream, verified soon; whoever asks meanwhile gets the same one."""
    found, is_new = Verification.objects.filter(state__in=UNDER_WAY).get_or_create(
        stream=stream, defaults={"asked_by": actor.user}
    )
    if is_new:
        trail.record("record.verify_asked", found, actor=actor, stream="record", only=stream)
        # Behind all that somebody waits for.
        payload = {"verification": found.pk, "lane": "verification"}
        clockwork.schedule(LOOK, key=f"verification:{found.pk}", payload=payload, priority=9)
    return found


def ask_daily(*, actor: Actor) -> None:
    """Have it verified if nobody did for a day."""
    lately = Verification.objects.filter(asked_at__gt=clockwork.now() - EACH, stream="")
    if not lately.exists():
        ask(actor=actor)


def look(pk: int) -> Callable[[], None]:
    """Verify, noting how far it is; return what to write of it. Reads for minutes."""
    row = Verification.objects.get(pk=pk)
    if row.state not in UNDER_WAY:
        return lambda: None
    Verification.objects.filter(pk=pk).update(state=State.RUNNING, read=0)
    # Of its own: what reads the record sees one moment, and may write nothing.
    with closing(connection.copy()) as beside:

        def note(done: int, total: int) -> None:
            with beside.cursor() as cursor:
                cursor.execute(
                    "UPDATE audit_verification SET read = %s, total = %s WHERE id = %s",
                    [done, total, pk],
                )

        said = _verified(row, note)
    return lambda: _finish(pk, said)


def _verified(row: Verification, note: verification.Progress) -> dict[str, Any]:
    folder = settings.RECORD.folder
    try:
        outside = deposits.lines(folder) if folder.is_dir() and not row.stream else ()
        report = verification.verify(
            stream=row.stream, outside=outside, rows=not row.stream, progress=note
        )
    except (BadDocument, Foreign, OSError) as error:
        # Nothing was seen then, and that is not "clean".
        return {"clean": False, "failed": f"The checkpoints in {folder} cannot be used: {error}"}
    return as_json(report)


def as_json(report: Report, *, most: int = MOST_KEPT) -> dict[str, Any]:
    """Return a report as it is kept and given out; `clean` is its verdict."""
    said = {"clean": report.clean, **asdict(report)}
    for name in ("flaws", "live"):
        said["more"] += len(said[name][most:])
        said[name] = said[name][:most]
    return said


def _finish(pk: int, said: dict[str, Any]) -> None:
    state = State.FAILED if "failed" in said else State.DONE
    read = said.get("entries", 0)
    Verification.objects.filter(pk=pk).update(
        state=state, report=said, read=read, total=read, finished_at=Now()
    )


def give_up(pk: int) -> None:
    """Write down that nothing came of it."""
    Verification.objects.filter(pk=pk, state__in=UNDER_WAY).update(
        state=State.FAILED,
        report={"clean": False, "failed": "It was begun and did not come to an end."},
        finished_at=Now(),
    )


def latest() -> Verification | None:
    """The last that came to an end and was of the whole record."""
    over = Verification.objects.filter(stream="", finished_at__isnull=False)
    return over.order_by("-finished_at").first()
