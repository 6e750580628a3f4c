"""When steps may be taken that can wait for people to be at work. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# The days of a week, and the first of them once more: its hours may be over today.
_LOOKED_AT = 8


@dataclass(frozen=True)
class Hours:
    """From `opens` to `closes` in a time zone, on some days of the week: 0 is Monday."""

    zone: str
    days: tuple[int, ...]
    opens: time
    closes: time

    def next_open(self, at: datetime) -> datetime:
        """Return the first moment from `at` on that is within the hours; `at` itself if it is.

        Raises:
            ValueError: if no day is named.
        """
        zone = ZoneInfo(self.zone)
        today = at.astimezone(zone).date()
        for number in range(_LOOKED_AT):
            day = today + timedelta(days=number)
            opened = datetime.combine(day, self.opens, zone).astimezone(at.tzinfo)
            closed = datetime.combine(day, self.closes, zone).astimezone(at.tzinfo)
            if day.weekday() in self.days and at < closed:
                return max(at, opened)
        raise ValueError("hours without a day never come")

    def plain(self) -> dict[str, Any]:
        return {
            "zone": self.zone,
            "days": list(self.days),
            "opens": self.opens.isoformat("minutes"),
            "closes": self.closes.isoformat("minutes"),
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "Hours":
        return cls(
            zone=data["zone"],
            days=tuple(data["days"]),
            opens=time.fromisoformat(data["opens"]),
            closes=time.fromisoformat(data["closes"]),
        )
