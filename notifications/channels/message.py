"""What leaves the house in one page. notifications.wording says what may stand in it."""

from dataclasses import dataclass
from typing import Any


class NotSent(Exception):
    """A message did not leave; the text is short and holds nothing of the incident."""


@dataclass(frozen=True)
class Message:
    """A page to one person: `subject` and `text` for people, `data` for machines.

    `key` is the same at every attempt; a receiver can tell a repeat by it. Messages of one
    `thread` are about the same thing.
    """

    key: str
    address: str
    secret: str
    thread: str
    subject: str
    text: str
    data: dict[str, Any]
