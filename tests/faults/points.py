"""End the process at a chosen point: before a write, after a commit, around a call outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from audit.models import Due

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "SELECT PG_NOTIFY")
# A row of history is written right after its row, always in the same transaction: no new point.
NO_POINT = "_historical"


class Killed(BaseException):
    """The process ends here: no handler of errors sees it, and nothing after it runs."""


class Failpoints:
    """Numbers every point that is passed while it watches, and kills at one of them."""

    def __init__(self, kill_at: int = 0) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []
        self._base = 0

    @contextmanager
    def watch(self) -> Iterator[None]:
        self._base = len(connection.savepoint_ids)
        with connection.execute_wrapper(self._statement):
            yield

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call to the outside that has a point before and one after it."""

        def called(*args: Any, **kwargs: Any) -> Any:
            self._point(f"before {call.__name__}")
            answer = call(*args, **kwargs)
            self._point(f"after {call.__name__}")
            return answer

        return called

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.lstrip()
        if words.upper().startswith(WRITES) and NO_POINT not in words:
            self._point(f"before {words[:40]}")
        answer = execute(sql, params, many, context)
        # In a test the transactions of the product are savepoints; the outermost one commits.
        if words.startswith("RELEASE") and len(connection.savepoint_ids) == self._base:
            self._point("after a commit")
        return answer

    def _point(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            raise Killed(name)


def play(step: Callable[[], Any], points: Failpoints) -> None:
    """Take a step. Whoever is killed in it starts again, and does what was not answered."""
    try:
        with points.watch():
            step()
    except Killed:
        _time_passes_over_what_was_in_hand()
        step()


def _time_passes_over_what_was_in_hand() -> None:
    in_hand = Due.objects.filter(state=Due.State.ENQUEUED)
    in_hand.update(lease_until=Now() - timedelta(seconds=1))


def tell(points: Failpoints) -> str:
    """Name where it was killed, for the message of a test that fails."""
    return f"killed at point {points.kill_at}, {points.passed[points.kill_at - 1]!r}"
