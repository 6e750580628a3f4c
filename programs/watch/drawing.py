"""The picture of who can read and why: a row for each way, from the grant to the readers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROW, HIGH = 52, 34
_WIDE, _GAP, _SHORT = 220, 26, 30
# Grant, at most two groups, readers: longer chains are told in the table.
_GROUPS = 2
WIDTH = 4 * _WIDE + 3 * _GAP


@dataclass(frozen=True)
class Box:
    """One box; `kind` is grant, group, or who: excess or declared. `words` are all of it."""

    x: int
    y: int
    kind: str
    label: str
    words: str
    width: int = _WIDE
    high: int = HIGH

    @property
    def middle(self) -> int:
        return self.y + self.high // 2 + 5


@dataclass(frozen=True)
class Line:
    """From the right edge of one box to the left edge of the next."""

    x1: int
    x2: int
    y: int


@dataclass(frozen=True)
class Picture:
    """Boxes and lines in the picture's units; `rows` are the same for the table."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    rows: tuple[dict[str, Any], ...]
    height: int
    width: int = WIDTH


def draw(ways: Sequence[dict[str, Any]]) -> Picture:
    """Draw ways as programs.watch.audience counts them."""
    boxes: list[Box] = []
    lines: list[Line] = []
    for number, way in enumerate(ways):
        row = _row(way, number * ROW)
        boxes += row
        lines += [
            Line(left.x + _WIDE, right.x, left.y + HIGH // 2)
            for left, right in zip(row, row[1:], strict=False)
        ]
    return Picture(tuple(boxes), tuple(lines), tuple(ways), max(len(ways) * ROW, ROW))


def _row(way: dict[str, Any], y: int) -> list[Box]:
    grant, *groups = way["path"] or [""]
    chain = [("grant", grant)]
    if len(groups) > _GROUPS:
        chain += [("group", groups[0]), ("group", f"… {groups[-1]} ({len(groups)})")]
    else:
        chain += [("group", name) for name in groups]
    excess, declared = way["excess"], way["declared"]
    count = f"{excess} too many" if excess else f"{declared} declared"
    if excess and declared:
        count = f"{excess} too many, {declared} declared"
    names = ", ".join(way["names"])
    alone = way["names"][0] if excess + declared == 1 and way["names"] else count
    chain.append(("excess" if excess else "declared", alone))
    last = len(chain) - 1
    return [
        Box(
            number * (_WIDE + _GAP),
            y,
            kind,
            _cut(label),
            f"{count}: {names}" if number == last else label,
        )
        for number, (kind, label) in enumerate(chain)
    ]


def _cut(label: str) -> str:
    return label if len(label) <= _SHORT else f"{label[: _SHORT - 1]}…"
