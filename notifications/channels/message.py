"""What leaves the house in one page. notifications.wording says what may stand in it."""

from dataclasses import dataclass
from typing import Any


class NotSent(Exception):
    """A message did not leave; the text is short and holds nothing of the incident."""


class Bounced(NotSent):
    """Nobody is at this address, and trying again will not help."""


class Taken(str):
    """What the other side answered, in a few words; `remote` is how it names the message, if so."""

    remote: str

    def __new__(cls, words: str, remote: str = "") -> "Taken":
        taken = super().__new__(cls, words)
        taken.remote = remote
        return taken


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
    # What it is to machines: page, code, test, look; what became of a page: answered, over.
    kind: str = "page"
    # Of mail: the same with its looks, and the keys of the first mail of the thread to its reader.
    html: str = ""
    first_key: str = ""
    # Of chat and alerts: the sentences, the links that are buttons, what those of one escalation
    # share, and its level.
    lines: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    run: str = ""
    level: int | None = None
    # Where whoever reads it can be told apart: what the button says that answers at once.
    answer: str = ""
    # How the other side names the message that this one is about.
    remote: str = ""
    # Of chat: how it names the first message about the same thing there, under which this one goes.
    under: str = ""
    # Of mail that its reader may end: where one click does it, by RFC 8058.
    unsubscribe: str = ""
