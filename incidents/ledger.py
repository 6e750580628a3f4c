"""What rules did, wait to do and asked, and why a rule did or did not act. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from incidents import access, demanding, rulebook, rulewords, situations
from incidents.models import OVER, Incident, RuleFiring
from programs import access as programs
from severity import inforce, matching
from severity.houserules import Rule
from severity.matching import Check, Situation


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for; empty is all. `incident` is a number."""

    rule: str = ""
    action: str = ""
    state: str = ""
    program: str = ""
    incident: int | None = None


def firings(user: User, wanted: Wanted) -> QuerySet[RuleFiring]:
    """Return the firings of incidents that a person may know of, the newest first."""
    rows = RuleFiring.objects.filter(incident__in=access.visible_to(user).values("pk"))
    named = {
        "rule": wanted.rule,
        "action": wanted.action,
        "state": wanted.state,
        "incident__number": wanted.incident,
    }
    rows = rows.filter(**{field: value for field, value in named.items() if value})
    if wanted.program:
        # Only of what the person may know of: else this would tell that a draft is there.
        rows = rows.filter(program__in=programs.visible_to(user).filter(slug=wanted.program))
    every = rows.select_related("incident", "program", "dataset", "vetoed_by", "allowed_by")
    return every.order_by("-pk")


@dataclass(frozen=True)
class Told:
    """One rule held against an incident: each condition, and what it did here so far."""

    id: str
    version: str
    name: str
    why: str
    is_floor: bool
    checks: tuple[Check, ...]
    applies: bool
    acts: tuple[str, ...]
    how: str
    firings: Sequence[RuleFiring]


def explain(incident: Incident, user: User) -> list[Told]:
    """Return why each rule acts or does not: the floor first, then what the person may read."""
    rows = incident.firings.select_related("program", "dataset", "vetoed_by", "allowed_by")
    by_rule: dict[str, list[RuleFiring]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(row)
    at, names = situations.of(incident), rulebook.names()
    floor = _floor(incident, by_rule)
    house = [
        _house(rule, at, names, by_rule.get(rule.id, [])) for rule in rulebook.in_force_for(user)
    ]
    known = {told.id for told in (*floor, *house)}
    gone = [_gone(rows) for rule, rows in by_rule.items() if rule not in known]
    return [*floor, *house, *gone]


def _floor(incident: Incident, by_rule: dict[str, list[RuleFiring]]) -> list[Told]:
    rules, undetermined = inforce.rules(), incident.sev is None
    due = demanding.of_floor(incident.level, incident.program, undetermined=undetermined)
    applying = {demand.rule_id for demand in due}
    is_so = "undetermined" if undetermined else "determined"
    if not undetermined and demanding.is_nowhere(incident.level, incident.program):
        is_so += ", of no known program"
    found = []
    for each in rules.thresholds:
        words = rulewords.floor(each)
        applies = each.id in applying
        check = Check("level", words["asks"], f"{incident.level.label}, {is_so}", applies)
        acts, how = (words["does"],), words["how"]
        rows = by_rule.get(each.id, [])
        found.append(
            Told(each.id, rules.version, "", each.why, True, (check,), applies, acts, how, rows)
        )
    return found


def _house(
    rule: Rule, at: Situation, names: dict[str, dict[str, str]], rows: list[RuleFiring]
) -> Told:
    checks = matching.explain(rule.when, at, now=timezone.now())
    return Told(
        id=rule.id,
        version=rule.version,
        name=rule.name,
        why=rule.why,
        is_floor=False,
        checks=checks,
        applies=all(check.holds for check in checks) and at.status not in OVER,
        acts=tuple(rulewords.act(each, names) for each in rule.acts),
        how=rulewords.mode(rule.mode, rule.minutes * 60),
        firings=rows,
    )


def _gone(rows: list[RuleFiring]) -> Told:
    """A rule that acted here and does not count any more, or that the person may not read."""
    last = rows[-1]
    return Told(last.rule, last.rules_version, "", last.why, False, (), False, (), "", rows)
