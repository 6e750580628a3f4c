"""Decides how long to wait before the next try."""

from __future__ import annotations

from random import SystemRandom

# Not the seeded generator: forked workers would share its state and try in step.
spread = SystemRandom().uniform
pick = SystemRandom().choice


class Backoff:
    """Random waits between `least` and a ceiling that doubles up to `most`, all in seconds."""

    def __init__(self, *, least: float, most: float) -> None:
        self._least = least
        self.most = most
        self._tries = 0

    def wait(self) -> float:
        """Return the next wait. The whole range is used, so that many who failed at once part."""
        self._tries = min(self._tries + 1, 32)
        return spread(self._least, max(self._least, min(self.most, self._least * 2**self._tries)))

    def reset(self) -> None:
        """Begin again with short waits."""
        self._tries = 0
