"""What the engine does for the record: seals it each minute, and looks at it when asked."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from accounts.actors import Actor
from audit import clockwork, deposits, looking, outbox, outposts, reconciling, sealing
from audit.models import Checkpoint, Due
from audit.reconciling import Found

SEAL = "audit.seal_record"
EACH = timedelta(seconds=60)
ENGINE = Actor.machine("engine")


# Beside the dispatcher: where there is much to seal, no page waits for it. Whoever does it a second
# time finds nothing left to do.
@clockwork.outward(SEAL, attempts=12, longest=timedelta(minutes=15))
def seal(payload: dict[str, Any]) -> Callable[[], None]:
    part = sealing.seal_part(only_new=True, above=payload.get("above", 0))
    return lambda: _go_on(part.above)


def _go_on(above: int | None) -> None:
    if above is None:
        looking.ask_daily(actor=ENGINE)
        look_after(after=EACH)
    else:
        look_after(above=above)


def look_after(*, after: timedelta = timedelta(0), above: int = 0) -> None:
    """Have the record sealed, and each minute from then on. Safe to call again.

    Args:
        above: the key that a part ended with which was sealed before; 0 for none.
    """
    # Whoever is handled at this moment does not count: it is who calls.
    if not Due.objects.filter(kind=SEAL, state=Due.State.SCHEDULED).exists():
        moment = clockwork.now() + after
        clockwork.schedule(
            SEAL, key=f"seal:{moment.isoformat()}", payload={"above": above}, due_at=moment
        )


def install(using: str, **_: Any) -> None:
    """Begin to seal, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {Checkpoint._meta.db_table, Due._meta.db_table}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        look_after()


@outbox.on("record.sealed", name="audit.deposit_checkpoint")
def deposit(event: dict[str, Any]) -> None:
    clockwork.schedule(
        deposits.FILE,
        key=f"deposit:file:{event['number']}",
        payload={"number": event["number"], "lane": "checkpoints"},
    )
    outposts.plan(event["number"])


@clockwork.outward(deposits.FILE, attempts=100)
def deposit_in_file(payload: dict[str, Any]) -> Callable[[], None]:
    return deposits.in_file(payload)


clockwork.outward(outposts.STORE, attempts=30)(outposts.in_store)
clockwork.outward(outposts.ROW, attempts=30)(outposts.in_database)


# It reads the whole record, which only grows.
@clockwork.outward(looking.LOOK, attempts=2, longest=timedelta(hours=4))
def look(payload: dict[str, Any]) -> Callable[[], None]:
    return looking.look(payload["verification"])


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind == looking.LOOK:
        looking.give_up(due.payload["verification"])


@reconciling.check("record")
def record() -> Iterator[Found]:
    """The record is not what was written, cannot be verified, or is not sealed any more."""
    last = looking.latest()
    if last and not last.report.get("clean"):
        found = (last.report.get(name, ()) for name in ("flaws", "live"))
        wrong = sum(map(len, found)) + last.report.get("more", 0)
        said = last.report.get("failed") or f"{wrong} flaws; see /record/ or run verify_audit"
        yield Found("verification", f"The record was verified and is NOT clean: {said}")
    # Also where none was ever made: the first may have been given up.
    if not Due.objects.waiting().filter(kind=SEAL).exists():
        look_after()
        yield Found("sealing", "nobody was to seal the record any more", mended=True)
