"""Whether a rule would loosen what is in force: later, or only if somebody agrees. Pure.

Rules add to each other, so none can undo another. One that stops the same thing later than the
floor does is refused all the same: it would let people think that there is a choice.
"""

from collections.abc import Iterable, Iterator

from severity.duties import Threshold
from severity.houserules import Fault, Rule
from severity.ladder import Sev
from severity.vocabulary import Action, Mode, Scope

# What each scope stops. Sets, since what learns from a program is no part of it.
_PARTS: dict[Scope | None, frozenset[str]] = {
    None: frozenset(),
    Scope.DATASET_OR_COLLECTORS: frozenset({"dataset"}),
    Scope.DERIVED: frozenset({"derived"}),
    Scope.PROGRAM: frozenset({"dataset", "program"}),
    Scope.PROGRAM_AND_DERIVED: frozenset({"dataset", "program", "derived"}),
    Scope.ALL_PROGRAMS_ON_THE_STORE: frozenset({"dataset", "program", "derived", "store"}),
    # By a rule that is overdue: never at once.
    Scope.PROGRAMS_CONCERNED: frozenset(),
}
_NEVER = float("inf")


def parts(scope: Scope | None) -> frozenset[str]:
    """Return what a pause of this scope stops."""
    return _PARTS[scope]


def loosening(rule: Rule, floor: Iterable[Threshold], house: Iterable[Rule]) -> list[Fault]:
    """Return where a rule would stop something later than the floor or the organisation does.

    Args:
        floor: the thresholds of the rule set in force.
        house: the rules in force; a program's own rule is held against those for all programs
            that ask for nothing else than a level.
    """
    if rule.when.by_peak:
        # It acts where the level is milder by now; at the level itself the floor has acted.
        return []
    slow = _seconds(rule.mode, rule.minutes * 60)
    stops = frozenset[str]().union(*(parts(act.scope) for act in rule.acts))
    levels = rule.when.levels or tuple(Sev)
    found = [*_of_floor(floor), *(_of_house(house) if rule.of_program else ())]
    return [
        Fault("mode", _sentence(level, name, least, slow))
        for level in levels
        for name, held, at, least in found
        if level in held and at & stops and least < slow
    ][:3]


def _of_floor(
    floor: Iterable[Threshold],
) -> Iterator[tuple[str, frozenset[Sev], frozenset[str], float]]:
    for each in floor:
        if each.action is Action.PAUSE and each.levels:
            yield each.id, each.levels, parts(each.scope), _seconds(each.mode, each.seconds)


def _of_house(
    house: Iterable[Rule],
) -> Iterator[tuple[str, frozenset[Sev], frozenset[str], float]]:
    for each in house:
        when = each.when
        narrow = (when.programs, when.categories, when.kinds, when.audiences, when.still_open)
        if any(narrow) or when.statuses or when.by_peak:
            continue
        if when.undetermined is not None or when.people_over is not None:
            continue
        for act in each.acts:
            if act.action is Action.PAUSE:
                levels = frozenset(when.levels or Sev)
                yield each.id, levels, parts(act.scope), _seconds(each.mode, each.minutes * 60)


def _seconds(mode: Mode, seconds: int) -> float:
    return {Mode.AUTOMATIC: 0.0, Mode.ASK: _NEVER}.get(mode, float(seconds))


def _sentence(level: Sev, name: str, least: float, slow: float) -> str:
    now = "at once" if not least else f"after {least / 60:g} minutes"
    this = "only if somebody agrees" if slow == _NEVER else f"after {slow / 60:g} minutes"
    return (
        f"{level.label} stops that {now} by {name}, and this rule {this}: it may only tighten. "
        f"Leave {level.label} out, or stop no later."
    )
