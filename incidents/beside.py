"""The incidents of a period side by side on one line of time, as far as the reader may know them.

Reads only. Places are computed here, so that nothing has to run to see them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import User
from audit import clockwork
from incidents import smallgroups
from incidents.models import Incident, Measure
from incidents.spans import Period
from incidents.totals import Scope
from severity.ladder import Sev

# More rows are no picture. Of more incidents than smallgroups.MOST_ASKED none is drawn: it would
# have to be asked of each who may see it.
MOST = 30
WIDTH, LEFT, TOP, ROW = 960, 140, 26, 22
_TICKS = 6
# What is shorter could not be seen, nor pointed at.
_NARROWEST = 5.0


@dataclass(frozen=True)
class Line:
    """One incident: exposed unnoticed, known until contained, and when its stop was proven.

    Lengths are None where an end of them is not known. Places are in units of the picture.
    """

    incident: Incident
    level: Sev
    y: int
    begin_x: float
    known_x: float
    end_x: float
    stop_x: float | None
    detect: timedelta | None
    pause: timedelta | None
    contain: timedelta | None

    @property
    def middle(self) -> int:
        return self.y + ROW // 2 + 4

    @property
    def bar_y(self) -> int:
        return self.y + 4

    @property
    def bar_high(self) -> int:
        return ROW - 8

    @property
    def foot(self) -> int:
        return self.y + ROW

    @property
    def unseen(self) -> float:
        """How wide the time is in which it was exposed and nobody knew."""
        return round(self.known_x - self.begin_x, 1)

    @property
    def known(self) -> float:
        """How wide the time is from the report until it was contained."""
        return round(self.end_x - self.known_x, 1)

    @property
    def is_open(self) -> bool:
        return self.contain is None and not self.incident.is_over


@dataclass(frozen=True)
class Beside:
    """The rows, the oldest first. `n`: how many the reader may know; None if nobody asked."""

    lines: list[Line]
    n: int | None
    height: int
    ticks: list[tuple[float, date]]
    width: int = WIDTH


def of(user: User, scope: Scope) -> Beside:
    """Return the most severe incidents of a period that a person may know; of those the newest."""
    rows = Measure.objects.filter(
        incident__isnull=False,
        day__gte=scope.period.since,
        day__lt=scope.period.end,
        level__lte=scope.mildest,
    )
    if scope.program is not None:
        rows = rows.filter(program=scope.program)
    keys = [key for key in _keys(rows) if key]
    if len(keys) > smallgroups.MOST_ASKED:
        return Beside([], None, 0, [])
    seen = smallgroups.seen_of(user, keys)
    shown = [key for key in keys if key in seen][:MOST]
    found = rows.filter(incident__in=shown).select_related("incident")
    scale = _Scale(scope.period, clockwork.now())
    lines = [
        scale.line(row.incident, row, TOP + ROW * at)
        for at, row in enumerate(found.order_by("incident__reported_at", "incident"))
        if row.incident
    ]
    return Beside(lines, len(seen), TOP + ROW * len(lines) + 4, scale.ticks())


def _keys(rows: QuerySet[Measure]) -> list[int | None]:
    """One more than is asked after at most, the most severe and newest first."""
    newest = rows.order_by("level", "-day", "-incident").values_list("incident", flat=True)
    return list(newest[: smallgroups.MOST_ASKED + 1])


class _Scale:
    """From moments to places: a whole period, whose ends cut off what lies beyond."""

    def __init__(self, period: Period, now: datetime) -> None:
        self.since, self.now = _begin(period.since), now
        self.whole = max(min(_begin(period.end), now) - self.since, timedelta(hours=1))

    def line(self, incident: Incident, row: Measure, y: int) -> Line:
        at, detect, pause = incident.reported_at, _span(row.detect), _span(row.pause)
        contain = _span(row.contain)
        end = at + contain if contain is not None else incident.closed_at or self.now
        known_x = self._x(at)
        return Line(
            incident,
            Sev(row.level or 0),
            y=y,
            begin_x=self._x(at - detect) if detect else known_x,
            known_x=known_x,
            end_x=max(self._x(end), known_x + _NARROWEST),
            stop_x=self._x(at + pause) if pause is not None else None,
            detect=detect,
            pause=pause,
            contain=contain,
        )

    def _x(self, moment: datetime) -> float:
        share = (moment - self.since) / self.whole
        return round(LEFT + (WIDTH - LEFT - _NARROWEST) * min(max(share, 0), 1), 1)

    def ticks(self) -> list[tuple[float, date]]:
        moments = [self.since + self.whole * at / _TICKS for at in range(_TICKS)]
        return [(self._x(each), each.date()) for each in moments]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
