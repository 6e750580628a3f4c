"""What imported files said of how bad it was, written down. Beside weighing the only writer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from audit.inserting import insert_all
from incidents.weighing import Answered, weigh
from severity import inforce
from severity.assessment import Result, assess
from severity.facts import Facts
from severity.ladder import Sev
from severity.models import Assessment
from severity.ruleset import RuleSet
from severity.triage import Triage


@dataclass(frozen=True)
class Past:
    """What a file says of how bad an incident of the past was.

    Args:
        level: stated by the file; None if it states none.
        facts: for a provisional level; None if there are none, and the answers decide.
    """

    uuid: UUID
    answered: Answered
    level: Sev | None
    facts: Facts | None
    assumed: tuple[str, ...] = ()


def of_the_past(several: Sequence[Past], reason: str, *, actor: Actor) -> list[Assessment]:
    """Write down the levels of imported incidents, those that no file states as undetermined."""
    rules = inforce.rules()
    weighed: dict[Answered, Triage] = {}
    rows = []
    for past in several:
        said = (
            {"facts": {}, "trace": [], "level": past.level.value}
            if past.level is not None
            else _provisional(past, rules, weighed)
        )
        rows.append(
            Assessment(
                subject=f"incident:{past.uuid}",
                kind=Assessment.Kind.IMPORTED,
                rules_version=rules.version,
                rules_sha256=rules.sha256,
                reason=reason,
                assessor=actor.user,
                **said,
            )
        )
    insert_all(rows)
    return rows


def _provisional(past: Past, rules: RuleSet, weighed: dict[Answered, Triage]) -> dict[str, Any]:
    if past.facts:
        result, trace = _assessed(past.facts, rules.version)
        facts, assumed, level = past.facts, past.assumed, result.sev
    else:
        if past.answered not in weighed:
            weighed[past.answered] = weigh(past.answered)
        found = weighed[past.answered]
        result, facts, assumed, level = found.result, found.facts, found.assumed, found.sev
        trace = result.plain()["trace"]
    return {
        "facts": {"assumed": list(assumed), **facts.plain()},
        "trace": trace,
        "score": result.se,
        "index": result.osi,
        "level": level.value,
        "undetermined": True,
    }


@lru_cache(maxsize=512)
def _assessed(facts: Facts, _version: str) -> tuple[Result, list[dict[str, Any]]]:
    # Files of thousands hold few kinds of facts, and each costs near a millisecond.
    result = assess(facts, inforce.rules())
    return result, result.plain()["trace"]
