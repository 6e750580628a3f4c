"""What the person at the keyboard reads. The only module that writes to the terminal."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO


class Console:
    """Progress with the seconds since the start, then plain lines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        self.line(f"[{time.monotonic() - self._began:5.1f} s] {text}")

    def line(self, text: str = "") -> None:
        # A closed terminal must not keep the launcher from stopping its children.
        with suppress(OSError):
            self._stream.write(f"{text}\n")
            self._stream.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their headings, in columns as wide as their longest cell."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
