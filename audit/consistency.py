"""Compare the record with its checkpoints: those that it holds, and those that were kept elsewhere.

A chain is blind to a tail that was cut and to a rewrite with right hashes. What was signed before,
and kept where nobody who rewrites the database can reach it, is not. Reads only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise

from django.db import connection

from audit import checkpoints
from audit.chain import Flaw
from audit.checkpoints import Foreign, Said
from audit.keyring import ring
from audit.merkle import Frontier
from audit.models import Checkpoint
from audit.reading import as_they_come
from audit.seal import BadDocument

# A clock that is put right steps back by less.
SLACK = timedelta(seconds=2)
PLACE = "checkpoint"
_AT_ONCE = 1000
# The text of a checkpoint and the file that it is in.
Line = tuple[str, str]


@dataclass
class Found:
    """How many checkpoints were looked at, of those in the record and of those from outside.

    `sealed` entries were read and hashed anew.
    """

    checkpoints: int = 0
    compared: int = 0
    sealed: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(outside: Iterable[Line], *, since: datetime | None = None) -> Found:
    """Compare the record with its own checkpoints and with those that were kept outside.

    Raises:
        Foreign: if one from outside is of another installation; the message says so.
        BadDocument: if one from outside is no checkpoint, or was changed.
    """
    found = Found()
    base = _last_before(since) if since else None
    stones = _own(found, base)
    stones += _from_outside(outside, found)
    if not found.compared:
        found.notes.append(
            "No checkpoint from outside was compared: the database alone cannot show that its end"
            " was cut, or that all of it was rewritten or restored."
        )
    stones.sort(key=lambda said: (said.size, said.number))
    _grow(stones, base, found)
    found.flaws += _backdated(stones)
    found.flaws += _late(stones)
    return found


def _last_before(since: datetime) -> Checkpoint | None:
    return Checkpoint.objects.filter(made_at__lt=since).order_by("-number").first()


def _own(found: Found, base: Checkpoint | None) -> list[Said]:
    """Look at the checkpoints that the record holds, each of which names the one before it."""
    rows = Checkpoint.objects.filter(number__gte=base.number if base else 0).order_by("number")
    stones: list[Said] = []
    for row in rows.iterator():
        found.checkpoints += 1
        try:
            said = checkpoints.read(row.text)
        except BadDocument as error:
            found.flaws.append(Flaw(PLACE, row.number, f"cannot be read: {error}"))
            continue
        if (said.number, said.size) != (row.number, row.size):
            found.flaws.append(Flaw(PLACE, row.number, "its columns do not say what was signed"))
        found.flaws += _follows(said, stones[-1] if stones else None, base)
        stones.append(said)
    # The last names the one before it by its hash, and so on: its signature is for them all.
    found.flaws += _signed(stones[-1]) if stones else []
    return stones


def _follows(said: Said, before: Said | None, base: Checkpoint | None) -> Iterator[Flaw]:
    if before is None:
        if base is None and (said.number, said.previous) != (1, checkpoints.FIRST):
            yield Flaw(PLACE, said.number, "is the first, and those before it were removed")
        return
    if said.number != before.number + 1:
        yield Flaw(PLACE, said.number, f"checkpoint {before.number + 1} was removed")
    elif said.previous != before.digest or said.log != before.log or said.size < before.size:
        yield Flaw(PLACE, said.number, "does not follow the checkpoint before it")
    if _moment(said.made_at) < _moment(before.made_at) - SLACK:
        yield Flaw(PLACE, said.number, "is earlier than the one before it: the clock was set back")


def _signed(said: Said) -> list[Flaw]:
    try:
        checkpoints.opened(said.text, ring())
    except (BadDocument, Foreign) as error:
        return [Flaw(PLACE, said.number, str(error))]
    return []


def _from_outside(lines: Iterable[Line], found: Found) -> list[Said]:
    """Return those that the record does not hold word by word, and say what that means."""
    strange: list[Said] = []
    log = _log()
    lines = iter(lines)
    while some := list(islice(lines, _AT_ONCE)):
        read = [(_named(checkpoints.read, text, where), where) for text, where in some]
        known = dict(
            Checkpoint.objects.filter(number__in=[said.number for said, _ in read]).values_list(
                "number", "text"
            )
        )
        for said, where in read:
            found.compared += 1
            ours = known.get(said.number)
            if ours == said.text:
                continue
            _named(_opened, said.text, where)
            found.flaws.append(Flaw(PLACE, said.number, _why_not_here(said, ours, log)))
            if log in (None, said.log):
                strange.append(said)
    return strange


def _named(read: Callable[[str], Said], text: str, where: str) -> Said:
    try:
        return read(text)
    except (BadDocument, Foreign) as error:
        raise type(error)(f"{where}: {error}") from error


def _opened(text: str) -> Said:
    return checkpoints.opened(text, ring())


def _log() -> str | None:
    last = Checkpoint.objects.order_by("-number").values_list("text", flat=True).first()
    try:
        return checkpoints.read(last).log if last else None
    except BadDocument:
        return None


def _why_not_here(said: Said, ours: str | None, log: str | None) -> str:
    what = f"made {said.made_at} over {said.size} entries,"
    if log not in (None, said.log):
        return (
            f"{what} was signed with a key of this installation and is of another record: of an"
            " installation with the same keys, or this one was begun anew"
        )
    if ours is None:
        return f"{what} is not in this record: its end was cut, or an older backup was restored"
    return f"{what} is not what this record holds under that number: it was rewritten"


def _grow(stones: list[Said], base: Checkpoint | None, found: Found) -> None:
    """Build the tree anew, and compare its root with each that was signed."""
    try:
        tree = Frontier.read(base.size, base.frontier) if base else Frontier()
    except ValueError:
        found.flaws.append(Flaw(PLACE, base.number if base else 0, "its tree cannot be read"))
        return
    hashes = iter(_Leaves(tree.size, found.flaws))
    differ: list[Said] = []
    for said in stones:
        if said.size < tree.size:
            continue
        try:
            tree.grow(islice(hashes, said.size - tree.size))
        except ValueError:
            what = f"among the first {said.size} entries stands a hash that is none"
            found.flaws.append(Flaw(PLACE, said.number, what))
            break
        if tree.size < said.size:
            what = f"knows {said.size} entries, and the record holds {tree.size}: its end is gone"
            found.flaws.append(Flaw(PLACE, said.number, what))
        elif tree.root != said.root:
            differ.append(said)
    found.sealed = tree.size
    if differ:
        first, more = differ[0], len(differ) - 1
        what = f"the first {first.size} entries are not those that it sealed: some were rewritten"
        after = f", and so say {more} after it" if more else ""
        found.flaws.append(Flaw(PLACE, first.number, what + after))


class _Leaves:
    """The hashes of all sealed entries in their places, from one on."""

    def __init__(self, start: int, flaws: list[Flaw]) -> None:
        self._start, self._flaws = start, flaws

    def __iter__(self) -> Iterator[str]:
        expected = self._start
        # Many at once: a row for each would take four times as long to read.
        for hashes, first, last in self._parts():
            count = len(hashes) // _HEX
            if (first, last) != (expected, expected + count - 1):
                what = f"entries near place {expected} of the tree were removed"
                self._flaws.append(Flaw(PLACE, 0, what))
            expected = last + 1
            for at in range(0, len(hashes), _HEX):
                yield hashes[at : at + _HEX]

    def _parts(self) -> Iterator[tuple[str, int, int]]:
        with as_they_come(), connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(place), -1) FROM audit_leaf")
            (end,) = cursor.fetchone()
            for start in range(self._start, end + 1, _PART):
                cursor.execute(_SEALED, [start, start + _PART])
                hashes, first, last = cursor.fetchone()
                if hashes:
                    yield hashes, first, last


_HEX, _PART = 64, 16_384
_SEALED = """
    SELECT string_agg(e.hash, '' ORDER BY l.place), min(l.place), max(l.place)
      FROM audit_leaf AS l JOIN audit_entry AS e ON e.id = l.entry_id
     WHERE l.place >= %s AND l.place < %s
"""
_BACKDATED = """
    SELECT e.stream, e.seq, s.number
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
           AS s (number, start, until, floor)
      JOIN audit_leaf AS l ON l.place >= s.start AND l.place < s.until
      JOIN audit_entry AS e ON e.id = l.entry_id
     WHERE e.at < s.floor LIMIT 1000
"""
_UNSEALED = """
    SELECT e.stream, e.seq FROM audit_entry AS e
     WHERE e.at < %s AND NOT EXISTS (SELECT FROM audit_leaf AS l WHERE l.entry_id = e.id)
     ORDER BY e.id LIMIT 1000
"""


def _backdated(stones: list[Said]) -> list[Flaw]:
    """Entries that were sealed after a checkpoint and say a time before it."""
    spans, floor = [], None
    for said, after in pairwise(stones):
        settled = _moment(said.settled_at) - SLACK
        floor = max(floor, settled) if floor else settled
        if after.size > said.size:
            spans.append((said.number, said.size, after.size, floor))
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_BACKDATED, [list(each) for each in zip(*spans, strict=True)])
        return [_set_back(stream, seq, number) for stream, seq, number in cursor.fetchall()]


def _late(stones: list[Said]) -> list[Flaw]:
    """Entries that should have been sealed long ago by the time that they say."""
    if not stones:
        return []
    last = max(stones, key=lambda said: said.number)
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, [_moment(last.settled_at) - SLACK])
        return [_set_back(stream, seq, last.number) for stream, seq in cursor.fetchall()]


def _set_back(stream: str, seq: int, number: int) -> Flaw:
    what = f"was written after checkpoint {number} and says an earlier time: the clock was set back"
    return Flaw(stream, seq, what)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
