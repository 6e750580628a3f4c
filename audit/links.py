"""Read every entry and see whether it is tied to the one before it and says what its columns say.

Made to be fast: what fits is seen to fit by comparing texts, and only the rest is looked into.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

from django.db import connection

from audit import chain
from audit.chain import GENESIS, Flaw, Link, Tail
from audit.reading import fields_of

BATCH = 2000
# Two may be read side by side.
_numbers = count(1)
# From one stream up to another, which is not in it; None for no end.
Span = tuple[str | None, str | None]
# Where a stream begins: its last place, hash and time so far.
_BEGIN = (0, GENESIS.encode(), b"")
# With the time as it is hashed. Bytes throughout: nothing need be made of what fits.
_ENTRIES = """
    SELECT hash, coalesce(actor_id::text, 'null'), action, subject, prev, stream, seq,
           to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), body
      FROM audit_entry AS e {} ORDER BY stream, seq
"""
_REMARKS = """
    SELECT e.stream, e.seq, e.body, r.salt, r.text
      FROM audit_remark AS r JOIN audit_entry AS e ON e.id = r.entry_id {} ORDER BY r.entry_id
"""


class Walk:
    """One way through the record, or through a part of it.

    Args:
        stream: only this one.
        since: only from then on; what stands before the first of a stream is taken as it is.
        span: only the streams from one up to another.
    """

    def __init__(
        self, *, stream: str = "", since: datetime | None = None, span: Span = (None, None)
    ) -> None:
        self._stream, self._since, self._span = stream, since, span
        self.entries = self.streams = 0

    def count(self) -> int:
        """How many entries there are to read."""
        with connection.cursor() as cursor:
            cursor.execute(self._where("SELECT count(*) FROM audit_entry AS e {}"), self._which)
            (found,) = cursor.fetchone()
        return int(found)

    def _where(self, query: str) -> str:
        parts = [part for part, value in self._parts if value]
        return query.format(f"WHERE {' AND '.join(parts)}" if parts else "")

    @property
    def _which(self) -> list[Any]:
        return [value for _part, value in self._parts if value]

    @property
    def _parts(self) -> list[tuple[str, Any]]:
        low, high = self._span
        return [
            ("e.stream = %s", self._stream),
            ("e.at >= %s", self._since),
            ("e.stream >= %s", low),
            ("e.stream < %s", high),
        ]

    def flaws(self, *, each: int = 0, tell: Callable[[], object] = int) -> Iterator[Flaw]:
        """Yield what is wrong with the entries, stream by stream.

        Args:
            tell: is called whenever so many entries were read as `each` says.
        """
        name, tail = b"", _BEGIN
        for row in fields_of(self._where(_ENTRIES), self._which):
            hash_, actor, action, subject, prev, stream, seq, at, body = row
            if stream != name:
                self.streams, name = self.streams + 1, stream
                tail = (int(seq) - 1, prev, at) if self._since else _BEGIN
            self.entries += 1
            if each and self.entries % each == 0:
                tell()
            number, before, earliest = tail
            if (
                sha256(b"\n".join((prev, stream, seq, at, body))).hexdigest().encode() != hash_
                or prev != before
                or int(seq) != number + 1
                or at < earliest
                or not body.startswith(b'{"action":"%b","actor":%b,"actor_' % (action, actor))
                or not body.startswith(
                    b',"subject":"%b","via":"' % subject, body.rfind(b',"subject":"')
                )
            ):
                yield from _looked_into(row, Tail(number, before.decode(), earliest.decode()))
            tail = int(seq), hash_, at

    def heads(self) -> Iterator[Flaw]:
        """Yield the streams that do not end where they should."""
        only = "WHERE stream = %s" if self._stream else ""
        given = [self._stream] * bool(self._stream)
        with connection.cursor() as cursor:
            cursor.execute(_HEADS.format(only=only), given * 3)
            for name, has_head, has_entries in cursor.fetchall():
                if not has_entries:
                    yield Flaw(name, 0, "has a head but no entries: they were removed")
                elif not has_head:
                    yield Flaw(name, 0, "has entries but no head")
                else:
                    said = "does not end at its head: entries were removed at the end"
                    yield Flaw(name, 0, said)

    def remarks(self) -> Iterator[Flaw]:
        """Yield the texts that are not those that were written."""
        for stream, seq, body, salt, text in fields_of(self._where(_REMARKS), self._which):
            said = sha256(b"%b\n%b" % (salt, text)).hexdigest()
            fits = b',"remark":"%b","subject":"' % said.encode() in body
            if not fits and (_read(body.decode()) or {}).get("remark") != said:
                what = "its remark was changed after it was written"
                yield Flaw(stream.decode(), int(seq), what)


_HEADS = """
    SELECT stream, h.seq IS NOT NULL, t.seq IS NOT NULL
      FROM (SELECT stream, seq, hash FROM audit_head {only}) AS h
      FULL JOIN (SELECT stream, max(seq) AS seq FROM audit_entry {only} GROUP BY stream) AS t
           USING (stream)
      LEFT JOIN (SELECT stream AS of, seq, hash FROM audit_entry {only}) AS e
           ON e.of = stream AND e.seq = t.seq
     WHERE h.seq IS DISTINCT FROM t.seq OR h.hash IS DISTINCT FROM e.hash
     ORDER BY stream
"""


def stream_of_rows(query: str, given: list[Any]) -> Iterator[Any]:
    """Yield the rows of a query without holding them all. Call it inside a transaction."""
    raw = connection.connection
    with raw.cursor(name=f"andon_record_{next(_numbers)}") as cursor:
        # Read to the end, so that a plan that is quick for the first rows is of no use.
        cursor.itersize = BATCH
        cursor.execute(query, given)
        while rows := cursor.fetchmany(BATCH):
            yield from rows


def _looked_into(row: list[bytes], tail: Tail) -> Iterator[Flaw]:
    hash_, actor, action, subject, prev, stream, seq, at, body = (each.decode() for each in row)
    link = Link(stream, int(seq), datetime.fromisoformat(at), body, prev, hash_)
    yield from chain.flaws_after(tail, link)
    said = _read(body)
    if said is None:
        yield Flaw(stream, link.seq, "has a body that cannot be read")
        return
    who = None if actor == "null" else int(actor)
    columns = {"action": action, "subject": subject, "actor": who}
    for name, value in columns.items():
        if said.get(name) != value:
            yield Flaw(stream, link.seq, f"the column {name} does not say what was recorded")


def _read(body: str) -> dict[str, Any] | None:
    # Whoever changed it may have put anything there, and this must still come to its verdict.
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
