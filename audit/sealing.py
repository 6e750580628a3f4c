"""Give entries their place in the tree over the record, and sign its root.

The only module that writes Leaf and Checkpoint.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from accounts.actors import Actor
from audit import checkpoints, clockwork, outbox, trail
from audit.checkpoints import Ring, Said
from audit.keyring import ring
from audit.merkle import Frontier
from audit.models import Checkpoint, Entry

# Also when nothing was added, so that it can be seen that nothing was.
AT_LEAST_EACH = timedelta(hours=1)
# No transaction is open for so long: what has a smaller key than the last of then was sealed.
LONGEST_TRANSACTION = timedelta(days=1)
# Any number that nobody else locks by.
LOCK = 4_401_872_655
# Entries of one checkpoint: sealed within a second or two.
_AT_ONCE = 20_000
LONGEST_STATEMENT_MS = 300_000


@dataclass(frozen=True)
class Part:
    """What came of sealing a part.

    Args:
        said: its checkpoint; None if none was needed.
        above: from which key on the next part goes on; None if all was sealed.
    """

    said: Said | None
    above: int | None


def seal(*, only_new: bool = False, asked: bool = False) -> Said | None:
    """Seal all that was committed until now; return the last checkpoint.

    Args:
        only_new: make none, and return nothing, if there is nothing new to seal.
        asked: somebody wants this one, so that it goes everywhere.
    """
    part = seal_part(only_new=only_new, asked=asked)
    said = part.said
    while part.above is not None:
        part = seal_part(only_new=only_new, asked=asked, above=part.above)
        said = part.said or said
    return said


@transaction.atomic
def seal_part(*, only_new: bool = False, asked: bool = False, above: int = 0) -> Part:
    """Seal as much as is sealed at once, and say where to go on.

    Whoever begins with a record that is old already seals it so: no part is done twice, and none
    holds up what else is written for long.

    Args:
        above: the key that the part before ended with; 0 for none.
    """
    _begin()
    before = Checkpoint.objects.order_by("-number").first()
    # First when, then what: all that ended before then is seen by what follows.
    made_at, settled_at = _moments()
    floor = _settled_up_to()
    above = max(above, floor) if before else 0
    frontier, reached, placed = _grow(before, above=above)
    is_full = len(placed) == _AT_ONCE
    # What went on above a part has not looked at what was committed late below it.
    is_whole = above <= floor and not is_full
    goes_on = None if is_whole else max(placed) if is_full else 0
    keys = ring()
    if before and (only_new or not is_whole) and not _is_needed(before, frontier, made_at, keys):
        return Part(None, goes_on)
    if not is_whole:
        settled_at = _settled_before(before)
    document = _document(before, frontier, made_at=made_at, settled_at=settled_at)
    said = checkpoints.read(keys.sign(document))
    Checkpoint.objects.create(
        number=said.number,
        size=said.size,
        reached=reached,
        made_at=made_at,
        text=said.text,
        frontier=frontier.text,
    )
    outbox.publish("record.sealed", priority=8, number=said.number, asked=asked and is_whole)
    return Part(said, goes_on)


def _begin() -> None:
    with connection.cursor() as cursor:
        # What is looked for among all entries may take longer than a page may.
        cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_STATEMENT_MS}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def seal_now(*, actor: Actor) -> Said:
    """Seal because a person wants it, and record that they did."""
    said = seal(asked=True)
    assert said
    row = Checkpoint.objects.get(number=said.number)
    trail.record("record.sealed", row, actor=actor, stream="record", size=said.size)
    return said


def _is_needed(before: Checkpoint, frontier: Frontier, now: datetime, keys: Ring) -> bool:
    grown = frontier.size > before.size
    # Whoever trusts the new key should have one that it signed.
    turned = f'"key_id":"{keys.key.id}"' not in before.text
    return grown or turned or now - before.made_at >= AT_LEAST_EACH


def _document(
    before: Checkpoint | None, frontier: Frontier, *, made_at: datetime, settled_at: datetime
) -> dict[str, Any]:
    last = checkpoints.read(before.text) if before else None
    return checkpoints.document(
        log=last.log if last else str(uuid.uuid4()),
        number=last.number + 1 if last else 1,
        size=frontier.size,
        root=frontier.root,
        previous=last.digest if last else checkpoints.FIRST,
        made_at=made_at,
        settled_at=settled_at,
        made_by=settings.ENVIRONMENT.url,
    )


def _moments() -> tuple[datetime, datetime]:
    """Now, and since when a transaction may be open whose entries nobody sees yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), least(clock_timestamp(), min(xact_start))"
            " FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        made_at, settled_at = cursor.fetchone()
    return made_at, settled_at


def _settled_before(before: Checkpoint | None) -> datetime:
    """Since when something may be missing while only a part of all is sealed."""
    if before:
        return datetime.fromisoformat(checkpoints.read(before.text).settled_at)
    first: datetime = Entry.objects.aggregate(first=Min("at"))["first"]
    return first


def _grow(before: Checkpoint | None, *, above: int) -> tuple[Frontier, int, list[int]]:
    """Give a place to some that have none; return the tree, its highest key and theirs."""
    size = before.size if before else 0
    frontier = Frontier.read(size, before.frontier) if before else Frontier()
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [above, _AT_ONCE, frontier.size])
        found = sorted(cursor.fetchall())
    frontier.grow(hash for _place, _entry, hash in found)
    placed = [entry for _place, entry, _hash in found]
    return frontier, max([before.reached if before else 0, *placed]), placed


def _settled_up_to() -> int:
    """The key up to which every entry was sealed long ago, so that none is looked for there."""
    long_ago = Checkpoint.objects.filter(made_at__lt=clockwork.now() - LONGEST_TRANSACTION)
    last = long_ago.order_by("-number").values_list("reached", flat=True).first()
    return last or 0


_PLACE = """
    WITH unplaced AS (
        SELECT e.id, e.hash FROM audit_entry AS e
         WHERE e.id > %s AND NOT EXISTS (SELECT FROM audit_leaf WHERE entry_id = e.id)
         ORDER BY e.id LIMIT %s),
    placed AS (
        INSERT INTO audit_leaf (place, entry_id)
        SELECT %s + row_number() OVER (ORDER BY id) - 1, id FROM unplaced
        RETURNING place, entry_id)
    SELECT place, entry_id, hash FROM placed JOIN unplaced ON unplaced.id = placed.entry_id
"""
