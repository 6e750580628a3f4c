"""Decides what is let through: raises instead of running what is not allowed."""

from __future__ import annotations

from contextlib import ContextDecorator
from types import TracebackType
from typing import TYPE_CHECKING

from andon.refusals import Stopped

if TYPE_CHECKING:
    from andon.gate import Gate


class Guard(ContextDecorator):
    """Raises Stopped on entering while collecting is not allowed."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __enter__(self) -> Gate:
        if not self._gate.allowed():
            raise Stopped(self._gate.state.reason)
        return self._gate

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None
