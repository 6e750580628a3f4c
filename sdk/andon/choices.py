"""Decides for which participants this process may collect. Knows no network."""

from __future__ import annotations

import math
from typing import NamedTuple

from andon.permit import Permit
from andon.refusals import NotStored
from andon.subjects import GO_ON, LONGEST_BREAK, SHORTEST_BREAK, Choice, Listed, checked

MOST_REMEMBERED = 100_000


class Own(NamedTuple):
    """What was chosen in this process, until a list says so too."""

    until: float  # lease clock
    version: int | None = None  # that of the list that will say so; None: not stored yet


class Wish:
    """A choice on its way to the gate; `answer` is what was stored, or why nothing ever will be."""

    __slots__ = ("answer", "choice", "subject", "until")

    def __init__(self, subject: str, choice: str, until: float | None) -> None:
        self.subject = subject
        self.choice = choice
        self.until = until  # lease clock at which a break ends
        self.answer: Choice | str | None = None


class _Nobody(dict[str, float]):
    """While the list is not known, or older than what was heard of: nobody takes part."""

    def __missing__(self, subject: str) -> float:
        return math.inf


class _Known(dict[str, float]):
    """Works each subject out once, and remembers; asking again is one look into a dictionary."""

    def __init__(self, listed: Listed, own: dict[str, Own]) -> None:
        super().__init__()
        self._listed = listed
        self._own = own

    def __missing__(self, subject: str) -> float:
        chosen = self._own.get(subject)
        until = self._listed.until(subject)
        if chosen is not None:
            until = max(until, chosen.until)
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[subject] = until
        return until


class Choices:
    """Who takes part, as far as is known here.

    `until` may be read without a lock by anyone: the lease clock from which on a subject takes
    part. Everything else under `changed`, which it shares with the permit.
    """

    def __init__(self, permit: Permit) -> None:
        self.changed = permit.changed
        self.until: dict[str, float] = _Nobody()
        self.heard: int | None = None
        self.listed: Listed | None = None
        self.trouble = ""
        self.unsent: dict[str, Wish] = {}
        self._own: dict[str, Own] = {}
        self._permit = permit

    def hear(self, version: int | None) -> None:
        """Note that there is a list of this version; until it is here nobody takes part."""
        with self.changed:
            if version is not None and (self.heard is None or version > self.heard):
                self.heard = version
                self._settle()

    def take(self, listed: Listed) -> None:
        """Take a list over, unless it is older than the one in hand."""
        with self.changed:
            if self.listed is None or listed.version >= self.listed.version:
                self.listed, self.trouble = listed, ""
                now = self._permit.clock()
                self._own = {
                    subject: own
                    for subject, own in self._own.items()
                    if own.until > now and (own.version is None or own.version > listed.version)
                }
            self._settle()

    def lags(self) -> bool:
        """Say whether a newer list than the one in hand is known to exist."""
        return self.heard is not None and (self.listed is None or self.listed.version < self.heard)

    def wish(self, subject: str, choice: str, seconds: float | None = None) -> Wish:
        """Take a choice in. A *no* holds here at once; a yes only when the gate has stored it.

        Raises:
            ValueError: if the subject or the seconds of a break are none.
        """
        if seconds is not None and not SHORTEST_BREAK <= seconds <= LONGEST_BREAK:
            raise ValueError(f"seconds must be between {SHORTEST_BREAK} and {LONGEST_BREAK}")
        until = None if seconds is None else self._permit.clock() + seconds
        wish = Wish(checked(subject), choice, until)
        with self.changed:
            if choice != GO_ON:
                self._own[subject] = Own(math.inf if until is None else until)
            self.unsent[subject] = wish
            self._settle()
        return wish

    def outcome(self, wish: Wish) -> Choice:
        """Return what became of a wish that was waited for.

        Raises:
            NotStored: if the gate has not stored it; the message says why, and what happens now.
        """
        if isinstance(wish.answer, Choice):
            return wish.answer
        if wish.answer is not None:
            raise NotStored(f"the gate does not store this choice: {wish.answer}")
        if self._permit.closed:
            raise NotStored("the gate was closed before this choice was stored")
        raise NotStored(
            "the gate has not stored this choice yet; it is tried again while this process runs"
            + (f": {self.trouble}" if self.trouble else "")
        )

    def answered(self, wish: Wish, said: Choice | str) -> None:
        """Take the gate's answer over: what it has stored, or why it never will."""
        with self.changed:
            wish.answer = said
            # Who chose again meanwhile is bound by the later choice alone.
            if self.unsent.get(wish.subject) is wish:
                del self.unsent[wish.subject]
                if isinstance(said, Choice):
                    self._stored(wish, said.version)
            if isinstance(said, Choice):
                self.heard = max(said.version, self.heard or 0)
            self._settle()

    def reason(self, subject: str) -> str:
        """Return why this participant's data may not be collected, without naming anybody."""
        if self.heard is None:
            return "this gate has not told what participants chose: it may need a newer Andon"
        if self.lags():
            return "what participants chose lately is not known here yet" + (
                f"; {self.trouble}" if self.trouble else ""
            )
        until = self.until[subject]
        if until == math.inf:
            return "this participant has opted out"
        return f"this participant takes a break, for {until - self._permit.clock():.0f} s more"

    def _stored(self, wish: Wish, version: int) -> None:
        own = self._own.get(wish.subject)
        if wish.choice == GO_ON:
            self._own.pop(wish.subject, None)
        elif own is not None:
            self._own[wish.subject] = own._replace(version=version)

    def _settle(self) -> None:
        if self.lags() or self.listed is None:
            self.until = _Nobody()
        else:
            self.until = _Known(self.listed, dict(self._own))
        self.changed.notify_all()
