"""Compare the rows that pages read with what the record last said of them. Reads only.

The chain shows that no entry was changed. Whoever has all rights on the database may leave it alone
and edit the rows; that is seen here. Each app says in its `recorded.py` what the record tells of
its rows; of any other table nothing is said.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import models

from audit.differences import DIFFERS, GONE, UNHEARD, Difference, Looked, text
from audit.links import stream_of_rows
from audit.pasts import Past

# By the key of a row within its subject: what the record says of its fields.
Said = dict[str, dict[str, Any]]
_ACTS = """
    SELECT subject, action, body FROM audit_entry
     WHERE action = ANY(%s) AND starts_with(subject, %s) ORDER BY subject COLLATE "C", stream, seq
"""
_ROWS = """
    SELECT %s::text || r.subject_id, r.* FROM ({}) AS r
     ORDER BY (%s::text || r.subject_id) COLLATE "C"
"""


class Act(NamedTuple):
    """One entry, as far as it says what became of a row."""

    action: str
    facts: dict[str, Any]


def named(act: Act, *names: str) -> dict[str, Any]:
    """Return those of these facts that an act tells; one by an older version may tell fewer."""
    return {name: act.facts[name] for name in names if name in act.facts}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Rows that the record speaks of, by the subjects of its entries.

    Args:
        fields: that are compared; none if it is only asked whether a row is there.
        subject: the label of the model whose acts say it, such as `incidents.incident`.
        acts: the names of those acts.
        rows: a query of `subject_id`, the key of the row within that subject, and the fields.
        is_whole: the record told of each row from the first on; else nothing is said of a row that
            it does not name.
        said: returns what the acts of one subject, in their order, say of its rows.
    """

    model: str
    fields: tuple[str, ...] = ()
    subject: str
    acts: frozenset[str]
    rows: str
    said: Callable[[Iterable[Act]], Said]
    is_whole: bool = True

    def differences(self, looked: list[Looked]) -> Iterator[Difference]:
        """Yield the rows that are not as the record says, and those that are on one side alone.

        All of one subject is held at once, of the others nothing.

        Args:
            looked: gets a line of what was compared.
        """
        line = Looked(self.model, "record", self.fields)
        looked.append(line)
        for subject, acts, rows in _side_by_side(self._acts(), self._rows()):
            said = self.said([act for row in acts if (act := _act(row))])
            live = {key: dict(zip(self.fields, values, strict=True)) for _, _, key, *values in rows}
            line.rows += len(live)
            number = subject.rpartition(":")[2]
            for key in sorted(said.keys() | live.keys()):
                yield from self._of(f"{number} {key}".strip(), live.get(key), said.get(key), line)

    def _of(
        self, key: str, live: dict[str, Any] | None, said: dict[str, Any] | None, line: Looked
    ) -> Iterator[Difference]:
        if said is None and not self.is_whole:
            line.unsaid += len(self.fields)
            return
        if live is None or said is None:
            yield Difference(GONE if live is None else UNHEARD, self.model, key)
            return
        for name, value in live.items():
            if name not in said:
                line.unsaid += 1
            elif text(value) != text(said[name]):
                yield Difference(DIFFERS, self.model, key, name, text(value), text(said[name]))

    def _acts(self) -> Iterator[tuple[str, str, str]]:
        return stream_of_rows(_ACTS, [sorted(self.acts), f"{self.subject}:"])

    def _rows(self) -> Iterator[Any]:
        return stream_of_rows(_ROWS.format(self.rows), [f"{self.subject}:"] * 2)


# What `trail.digest_of` makes of a column.
DIGEST = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"
_known: list[Comparison | Past] = []


def compare(*comparisons: Comparison) -> None:
    """Have rows compared with what entries say of them."""
    _known.extend(comparisons)


def compare_history(*kept: type[models.Model]) -> None:
    """Have each row of these models compared with the last that its own history says."""
    _known.extend(Past(model) for model in kept)


def differences(looked: list[Looked]) -> Iterator[Difference]:
    """Yield what differs, model by model; call it in a transaction that sees one moment.

    Args:
        looked: gets a line for each model that is compared.
    """
    for each in _known:
        yield from each.differences(looked)


def _act(row: tuple[str, str, str]) -> Act | None:
    _subject, action, body = row
    # Whoever changed it may have put anything there; the chain says so, and this goes on.
    try:
        facts = json.loads(body)["facts"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Act(action, facts) if isinstance(facts, dict) else None


def _side_by_side(
    acts: Iterator[Any], rows: Iterator[Any]
) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Yield each subject with its acts and its rows; both come in the order of their subjects."""
    sides = [groupby(each, key=itemgetter(0)) for each in (acts, rows)]
    waiting = [next(side, None) for side in sides]
    while any(waiting):
        subject = min(each[0] for each in waiting if each)
        found: list[list[Any]] = [[], []]
        for at, group in enumerate(waiting):
            if group and group[0] == subject:
                found[at] = list(group[1])
                waiting[at] = next(sides[at], None)
        yield subject, found[0], found[1]
