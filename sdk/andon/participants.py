"""What a gate says of single participants, and carries for them. The public part of it."""

from __future__ import annotations

from collections.abc import Callable

from andon.choices import Choices
from andon.permit import Permit
from andon.subjects import BREAK, GO_ON, OPT_OUT, Choice


class Participants:
    """A base of Gate, which starts what carries the choices."""

    __slots__ = ()

    _clock: Callable[[], float]
    _permit: Permit
    _choices: Choices

    def allowed_for(self, subject: str) -> bool:
        """Say whether data of this participant may be collected at this moment.

        Takes no lock, does no I/O. No, also while a choice that anyone made is not known here yet.

        Args:
            subject: the pseudonym that the program's collectors use, 1 to 200 printable characters.

        Raises:
            ValueError: if it is none.
        """
        return self._permit.deadline > self._clock() >= self._choices.until[subject]

    def take_break(self, subject: str, seconds: float, *, timeout: float = 10.0) -> Choice:
        """Stop collecting this participant's data for so long, everywhere. Here it holds at once.

        Args:
            seconds: 60 to 2,592,000 (30 days).
            timeout: seconds to wait until the gate has stored it.

        Raises:
            ValueError: if the subject or the seconds are none.
            NotStored: if the gate has not stored it in time; the message says what happens now.
        """
        return self._choose(subject, BREAK, seconds, timeout=timeout)

    def opt_out(self, subject: str, *, timeout: float = 10.0) -> Choice:
        """Collect nothing of this participant any more, anywhere. Here it holds at once.

        Raises:
            ValueError, NotStored: as take_break().
        """
        return self._choose(subject, OPT_OUT, timeout=timeout)

    def go_on(self, subject: str, *, timeout: float = 10.0) -> Choice:
        """Collect this participant's data again, once the gate has stored it.

        Raises:
            ValueError, NotStored: as take_break().
        """
        return self._choose(subject, GO_ON, timeout=timeout)

    def _choose(
        self, subject: str, choice: str, seconds: float | None = None, *, timeout: float
    ) -> Choice:
        self._start_if_new()
        permit, choices = self._permit, self._choices
        wish = choices.wish(subject, choice, seconds)
        with permit.changed:
            permit.changed.wait_for(lambda: permit.closed or wish.answer is not None, timeout)
        return choices.outcome(wish)

    def _start_if_new(self) -> None:
        raise NotImplementedError
