"""What a corrected fact or event changes: clocks that began, ended, moved. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from severity.clocks.reckoning import Clock, State


class Kind(StrEnum):
    BEGAN = "began"
    # It applies no longer, or its rule was taken away.
    ENDED = "ended"
    EARLIER = "earlier"
    LATER = "later"
    # The end is the same, and something else is not: the state, or why.
    OTHERWISE = "otherwise"


@dataclass(frozen=True)
class Difference:
    """`before` is None where the clock began, `after` where it ended."""

    kind: Kind
    before: Clock | None
    after: Clock | None

    @property
    def id(self) -> str:
        clock = self.after or self.before
        assert clock is not None
        return clock.rule.id


def differences(before: Iterable[Clock], after: Iterable[Clock]) -> tuple[Difference, ...]:
    """Return what is different, in the order of `after`, then what ended.

    A clock that does not apply, or is no law yet, counts as none.
    """
    old, new = _alive(before), _alive(after)
    changed = [
        Difference(_kind(old.get(id_), clock), old.get(id_), clock)
        for id_, clock in new.items()
        if not _same(old.get(id_), clock)
    ]
    ended = [Difference(Kind.ENDED, clock, None) for id_, clock in old.items() if id_ not in new]
    return (*changed, *ended)


def _alive(clocks: Iterable[Clock]) -> dict[str, Clock]:
    silent = (State.NOT_APPLICABLE, State.DISABLED)
    return {clock.rule.id: clock for clock in clocks if clock.state not in silent}


def _same(before: Clock | None, after: Clock) -> bool:
    return before is not None and before.plain() == after.plain()


def _kind(before: Clock | None, after: Clock) -> Kind:
    if before is None:
        return Kind.BEGAN
    if before.due_at == after.due_at:
        return Kind.OTHERWISE
    # An end that appears is nearer than none, and one that goes is farther.
    if after.due_at is None:
        return Kind.LATER
    earlier = before.due_at is None or after.due_at < before.due_at
    return Kind.EARLIER if earlier else Kind.LATER
