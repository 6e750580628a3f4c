"""Decides what a forked child keeps of its parent's gates: nothing but their settings."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forked(Protocol):
    """What must begin anew in a forked child."""

    def begin_anew_in_child(self) -> None:
        """Let go of the parent's threads, locks and connections."""


_watched: weakref.WeakSet[Forked] = weakref.WeakSet()


def watch(one: Forked) -> None:
    """Have it begin anew in each child that is forked while it lives."""
    _watched.add(one)


def _after_fork() -> None:
    for one in list(_watched):
        one.begin_anew_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
