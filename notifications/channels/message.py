"""What may be said outside about an incident: its codename, its level, and where to read on."""

from dataclasses import dataclass
from datetime import datetime


class NotSent(Exception):
    """A message did not leave; the text is short and holds nothing of the incident."""


@dataclass(frozen=True)
class Message:
    """A page to one person. It says nothing that its reader would have to be let in for.

    `key` is the same at every attempt; a receiver can tell a repeat by it.
    """

    key: str
    address: str
    secret: str
    codename: str
    level: str
    reported_at: datetime
    url: str
    acknowledge_url: str
    is_drill: bool

    @property
    def subject(self) -> str:
        drill = "Drill, " if self.is_drill else ""
        return f"[Andon] {drill}{self.level} {self.codename}: please acknowledge"

    @property
    def text(self) -> str:
        return (
            f"{'This is a drill. ' if self.is_drill else ''}"
            f"{self.codename} is {self.level}, reported {self.reported_at:%Y-%m-%d %H:%M} UTC.\n\n"
            f"I am on it (acknowledge):\n{self.acknowledge_url}\n\n"
            f"Open the incident:\n{self.url}\n\n"
            "The next step of the escalation follows until somebody acknowledges.\n"
        )
