"""What each figure of a period is called, whether more of it is better, and what it is made of.

The same for the page, the wallboard, the files, the API and the mail.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.fewness import FEWEST
from incidents.leading import SEVERE, Leading, Sum
from incidents.models import LENGTHS

COUNT, SPAN, SHARE = "count", "span", "share"
LESS, MORE, NEITHER = "less", "more", ""

TITLES: dict[str, str | Promise] = {
    "incidents": _("Incidents"),
    "severe": _("SEV 0 to 2"),
    "detect": _("Time to detect"),
    "acknowledge": _("Time to acknowledge"),
    "pause": _("Time to proven pause"),
    "contain": _("Time to contain"),
    "recover": _("Time to recover"),
    "exposed": _("People-hours exposed"),
    "met": _("Legal deadlines met"),
    "missed": _("Legal deadlines missed"),
    "drills": _("Drills passed"),
    "reviewed": _("Reviewed"),
}


def kind_of(what: str) -> str:
    """Whether a figure is a length of time, a share of something, or a count."""
    if what in LENGTHS:
        return SPAN
    return SHARE if what in ("met", "drills") else COUNT


@dataclass(frozen=True)
class Tile:
    """One figure. `behind` is what `incidents.behind` lists for it, down to the level `mildest`."""

    name: str
    title: str | Promise
    kind: str
    sum: Sum
    better: str
    behind: str
    mildest: int | None = None

    @property
    def narrows(self) -> str:
        """What a link to what is behind it says beside what the page was asked for."""
        return "" if self.mildest is None else f"&worst={self.mildest}"

    @property
    def missed(self) -> int:
        """Of legal deadlines how many were not met; 0 for any other figure."""
        if self.name != "met" or self.sum.now is None or self.sum.of is None:
            return 0
        return self.sum.of - self.sum.now

    @property
    def value(self) -> timedelta | int | None:
        return self._told(self.sum.now)

    @property
    def before(self) -> timedelta | int | None:
        return self._told(self.sum.before)

    def _told(self, number: int | None) -> timedelta | int | None:
        if number is None or self.kind != SPAN:
            return number
        return timedelta(seconds=number)

    @property
    def change(self) -> int | None:
        """By how many percent it rose or fell; None where that says nothing."""
        now, before = self.sum.now, self.sum.before
        if now is None or not before or self.kind == SHARE:
            return None
        return round(100 * (now - before) / before)

    @property
    def verdict(self) -> str:
        """Whether the change is for the better: `better`, `worse` or empty."""
        if not self.change or self.better == NEITHER:
            return ""
        return "better" if (self.change < 0) is (self.better == LESS) else "worse"


def of(found: Leading) -> list[Tile]:
    """Every figure in the order in which it is read."""
    sums = _sums(found)
    return [
        Tile(
            name,
            TITLES[name],
            kind_of(name),
            each,
            MORE if name in ("met", "drills") else LESS,
            "incidents" if name == "severe" else name,
            min(SEVERE, found.scope.mildest) if name == "severe" else None,
        )
        for name, each in sums.items()
    ]


def _sums(found: Leading) -> dict[str, Sum]:
    return {
        "incidents": found.incidents,
        "severe": found.severe,
        **found.lengths,
        "exposed": found.person_hours,
        "met": found.met,
        "drills": found.passed,
    }


def lines(found: Leading) -> list[str]:
    """Each figure as a sentence for a mail; those of which there is nothing are left out."""
    return [_line(tile) for tile in of(found) if tile.sum.is_few or tile.sum.now]


def _line(tile: Tile) -> str:
    said = gettext("few") if tile.sum.is_few else _words(tile, tile.sum.now or 0)
    if tile.kind == SHARE and not tile.sum.is_few:
        said = gettext("%(n)s of %(m)s") % {"n": said, "m": tile.sum.of or 0}
    if tile.sum.before is None:
        return f"{tile.title}: {said}"
    was = gettext("before: %(was)s") % {"was": _words(tile, tile.sum.before)}
    return f"{tile.title}: {said} ({was})"


def _words(tile: Tile, number: int) -> str:
    if tile.kind != SPAN:
        return f"{number:,}"
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return gettext("%(h)s h %(m)s min") % {"h": f"{hours:,}", "m": minutes}
    if minutes:
        return gettext("%(m)s min") % {"m": minutes}
    return gettext("%(s)s s") % {"s": seconds}


def as_data(found: Leading) -> dict[str, Any]:
    """The figures as plain data: lengths in seconds, days in ISO format, null what is withheld."""
    period, before = found.scope.period, found.scope.period.before()
    return {
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "before": {"since": before.since.isoformat(), "until": before.until.isoformat()},
        "figures": {
            name: {
                "value": each.now,
                "before": each.before,
                "of": each.of,
                "few": each.is_few,
                "exact": each.exact,
            }
            for name, each in _sums(found).items()
        },
        "by_level": {str(level): n for level, n in found.by_level.items()},
        "over_time": [
            {"since": since.isoformat(), "level": level, "n": n}
            for (since, level), n in sorted(found.over_time.items())
        ],
        "pauses": found.pauses,
        "programs": [
            {
                "program": line.slug or None,
                "incidents": line.incidents,
                "person_hours": line.person_hours,
            }
            for line in found.programs
        ],
        "reviewed": {"value": found.reviewed.now, "before": found.reviewed.before},
        "causes": [
            {"cause": line.key, "incidents": line.incidents, "before": line.before}
            for line in found.causes
        ],
        "withheld": found.withheld,
        "fewest": FEWEST,
    }
