"""Whether somebody can read more than was declared, until a fix is verified.

The only module that writes Drift.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from accounts.actors import Actor
from audit import history, outbox, trail
from programs.models import Drift, Snapshot, WatchSource
from programs.watch import pointing, watching

# After a fix it is looked at again: the public case that this product starts from had one that
# did not hold.
CHECKS = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
CHECK_AGAIN = timedelta(minutes=30)
_WATCH = Actor.machine("exposure watch")


def settle(source: WatchSource, row: Snapshot, *, check: dict[str, int] | None) -> None:
    """Open, change, close or verify a drift by what a look found; the source is locked.

    Args:
        check: which check after a fix this look was made for: `drift` and `number`, from 1.
    """
    drift = source.drifts.exclude(state=Drift.State.VERIFIED).first()
    if row.is_exposed:
        _exposed(source, row, drift)
    elif row.is_clean and drift and not _looks_elsewhere(source, drift, row):
        _clean(drift, row, check)
    elif check and drift and drift.pk == check["drift"] and drift.state == Drift.State.FIXED:
        # Not seen is not fixed: ask again until somebody sees it.
        at = row.taken_at + CHECK_AGAIN
        watching.look_soon(source, why="check after the fix", at=at, check=check)


def _exposed(source: WatchSource, row: Snapshot, drift: Drift | None) -> None:
    if drift is None:
        drift = history.create(
            Drift,
            actor=_WATCH,
            source=source,
            snapshot=row,
            width=row.width,
            is_near_miss=row.is_near_miss,
            opened_at=row.taken_at,
        )
        _tell(drift, "exceeded", "new")
    elif drift.state == Drift.State.FIXED:
        drift.state, drift.fixed_at = Drift.State.OPEN, None
        drift.returns += 1
        _change(drift, row)
        _tell(drift, "exceeded", "returned")
    elif drift.snapshot.excess_digest != row.excess_digest or _is_worse(drift, row):
        news = "worse" if _is_worse(drift, row) else "changed"
        _change(drift, row)
        _tell(drift, "exceeded", news)


def _looks_elsewhere(source: WatchSource, drift: Drift, row: Snapshot) -> bool:
    """True if it was found where the source looks no more, or another outsider read; say it once.

    Else one change of its place would close what is readable still.
    """
    aims = pointing.aims(source)
    exposed = Q(excess__gt=0) | Q(over__gt=0) | Q(canary="read")
    found = any(
        since == drift.opened_at
        or source.snapshots.filter(exposed, taken_at__gte=since, taken_at__lt=until).exists()
        for since, until in aims.others(drift.opened_at)
    )
    if not found:
        return False
    clean = source.snapshots.filter(state=Snapshot.State.COMPLETE, taken_at__gte=aims.changed_at)
    if not clean.filter(pk__lt=row.pk).exclude(exposed).exists():
        _tell(drift, "elsewhere", "")
    return True


def _is_worse(drift: Drift, row: Snapshot) -> bool:
    return row.width > drift.width or (drift.is_near_miss and not row.is_near_miss)


def _change(drift: Drift, row: Snapshot) -> None:
    drift.snapshot, drift.width, drift.is_near_miss = row, row.width, row.is_near_miss
    drift.checks = 0
    names = ("state", "fixed_at", "returns", "snapshot", "width", "is_near_miss", "checks")
    history.save(drift, *names, actor=_WATCH)


def _clean(drift: Drift, row: Snapshot, check: dict[str, int] | None) -> None:
    if drift.state == Drift.State.OPEN:
        drift.state, drift.fixed_at, drift.snapshot = Drift.State.FIXED, row.taken_at, row
        history.save(drift, "state", "fixed_at", "snapshot", actor=_WATCH)
        for number, after in enumerate(CHECKS, start=1):
            asked = {"drift": drift.pk, "number": number}
            at = row.taken_at + after
            watching.look_soon(drift.source, why="check after the fix", at=at, check=asked)
        _tell(drift, "restored", "fixed")
        return
    passed = _passed(drift, row, check)
    if passed <= drift.checks:
        return
    drift.checks, drift.snapshot = passed, row
    names = ["checks", "snapshot"]
    if passed == len(CHECKS):
        drift.state, drift.verified_at = Drift.State.VERIFIED, row.taken_at
        names += ["state", "verified_at"]
    history.save(drift, *names, actor=_WATCH)
    _tell(drift, "checked", str(passed))


def _passed(drift: Drift, row: Snapshot, check: dict[str, int] | None) -> int:
    """How many checks a clean look passes: those whose time has come, or the one it is made for."""
    assert drift.fixed_at
    by_time = sum(drift.fixed_at + after <= row.taken_at for after in CHECKS)
    asked = check["number"] if check and check["drift"] == drift.pk else 0
    return max(by_time, asked)


def _tell(drift: Drift, act: str, news: str) -> None:
    source = drift.source
    program = source.dataset.program
    trail.record(
        f"watch.audience_{act}",
        drift,
        actor=_WATCH,
        stream=trail.stream_of(program),
        dataset=source.dataset.slug,
        source=source.name,
        news=news,
        excess=drift.snapshot.excess,
        over=drift.snapshot.over,
        width=drift.width,
    )
    said: dict[str, Any] = {
        "program": program.pk,
        "drift": drift.pk,
        "news": news,
        "snapshot": drift.snapshot_id,
    }
    if act == "exceeded":
        outbox.publish("program.audience_exceeded", priority=0, **said)
    elif act == "restored":
        outbox.publish("program.audience_restored", **said)
    elif act == "elsewhere":
        outbox.publish("program.audience_elsewhere", **said)
    else:
        outbox.publish("program.audience_checked", **said)
