"""Yes, no, or not known yet, each with why. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    """`holds` is None while nobody knows; `because` is a phrase without a full stop."""

    holds: bool | None
    because: str = ""


@dataclass(frozen=True)
class Count:
    """A number of people between `least` and `most`; None is no upper end."""

    least: int
    most: int | None
    because: str

    def compared(self, holds: Callable[[float, int], bool], limit: int) -> bool | None:
        """Whether every number in between passes, none does, or some do (None)."""
        most = float("inf") if self.most is None else self.most
        # A comparison changes its answer at the limit alone, so these numbers stand for all.
        near = (each for each in (limit - 1, limit, limit + 1) if self.least <= each <= most)
        answers = {holds(each, limit) for each in (self.least, most, *near)}
        return answers.pop() if len(answers) == 1 else None


def all_of(truths: Iterable[Truth]) -> Truth:
    """Hold if each does. A single no settles it, whatever is unknown."""
    given = list(truths)
    noes = [each for each in given if each.holds is False]
    if noes:
        return noes[0]
    unknown = [each for each in given if each.holds is None]
    return Truth(None if unknown else True, _joined(unknown or given))


def any_of(truths: Iterable[Truth]) -> Truth:
    """Hold if one does. A single yes settles it, whatever is unknown."""
    given = list(truths)
    yeses = [each for each in given if each.holds]
    if yeses:
        return yeses[0]
    unknown = [each for each in given if each.holds is None]
    return Truth(None if unknown else False, _joined(unknown or given))


def opposite(truth: Truth) -> Truth:
    return Truth(None if truth.holds is None else not truth.holds, truth.because)


def _joined(truths: Iterable[Truth]) -> str:
    return "; ".join(dict.fromkeys(each.because for each in truths if each.because))
