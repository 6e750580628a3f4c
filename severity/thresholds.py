"""What a level obliges us to do, and when. Pure: the caller does it and records the rule."""

from collections.abc import Iterator
from dataclasses import dataclass

from severity.duties import PAUSES_AT_ONCE, Threshold
from severity.ladder import Sev
from severity.ruleset import RuleSet
from severity.vocabulary import Action, Mode, Scope


@dataclass(frozen=True)
class Demand:
    """One thing that one rule demands. `scope` is None unless it is a pause.

    `after_seconds` counts from the moment the level was set; with `automatic_after`
    a person may veto until then, with `overdue` it lapses if the severity has been
    determined by then, with `ask` nothing happens before a person agrees. `of_house`: it is
    demanded by a rule of the organisation or a program, and `name` says with what or whom;
    `by_status`: it is due once for each time that the incident comes to its status.
    """

    rule_id: str
    version: str
    action: Action
    scope: Scope | None
    after_seconds: int
    why: str
    mode: Mode = Mode.AUTOMATIC
    name: str = ""
    of_house: bool = False
    by_status: bool = False


def due(
    level: Sev, *, undetermined: bool, program_pause_at: Sev | None, rules: RuleSet
) -> tuple[Demand, ...]:
    """Return everything a level demands, in the order of the rule set.

    Args:
        level: the level; the worst plausible one while the severity is undetermined.
        undetermined: adds what falls due if nobody determines the severity in time.
        program_pause_at: the level from which the program itself wants to stop, None if
            it has no own threshold. A stricter one (3 to 5) pauses earlier; a looser one
            changes nothing, because SEV 0 to 2 pause at once by the organisation's floor.
    """
    own = _pauses_by_itself(level, program_pause_at)
    return tuple(
        Demand(
            rule_id=rule.id,
            version=rules.version,
            action=rule.action,
            scope=rule.scope,
            after_seconds=rule.seconds,
            why=rule.why,
            mode=rule.mode,
        )
        for rule in _applying(level, undetermined, own, rules=rules)
    )


def _pauses_by_itself(level: Sev, program_pause_at: Sev | None) -> bool:
    if program_pause_at is None or level in PAUSES_AT_ONCE:
        return False
    return level.at_least(program_pause_at)


def _applying(level: Sev, undetermined: bool, own: bool, *, rules: RuleSet) -> Iterator[Threshold]:
    for rule in rules.thresholds:
        if rule.own_threshold:
            applies = own
        elif rule.undetermined:
            applies = undetermined
        else:
            # The program stops at once already; a window to veto a smaller
            # pause would only suggest that this one can be vetoed.
            windowed = rule.action is Action.PAUSE and rule.mode is Mode.AUTOMATIC_AFTER
            applies = level in rule.levels and not (own and windowed)
        if applies:
            yield rule
