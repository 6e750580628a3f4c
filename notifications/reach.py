"""Whom a plan would reach for sure, and what is wrong with that. Reads only.

Who holds a role of an incident is known only once there is one, so no role counts for sure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from notifications import oncall, standing, targets, ways
from notifications.escalation import Plan, Step, Target
from notifications.targets import Situation


@dataclass(frozen=True)
class Behind:
    """Who is behind the targets of a step in the coming days, and who of them is sure.

    `gaps` are the rotas in which nobody is on call at times.
    """

    people: list[User]
    sure: list[User]
    gaps: list[Target]


def behind(wanted: Iterable[Target], plan: Plan, at: datetime) -> Behind:
    """Return who is behind targets: of a rota, all who are on call in it within 14 days."""
    found: dict[int, User] = {}
    gaps = []
    for target in flat(wanted, plan):
        if target.kind == "rota":
            people, has_gaps = _on_call(target, at)
            gaps += [target] if has_gaps else []
        else:
            people = targets.people(target, Situation(at, plan))
        found |= {person.pk: person for person in people}
    everybody = list(found.values())
    return Behind(everybody, [each for each in everybody if ways.is_sure(each)], gaps)


def flat(wanted: Iterable[Target], plan: Plan) -> Iterator[Target]:
    """Yield targets with the fallback resolved into those of the plan."""
    for target in wanted:
        yield from plan.fallback if target.kind == "fallback" else (target,)


def _on_call(target: Target, at: datetime) -> tuple[list[User], bool]:
    spans = oncall.between(target.rota or 0, at, at + standing.COMING)
    people = oncall.people({pk for span in spans for pk in span.who})
    return people, not spans or any(not span.who for span in spans)


def is_sure(plan: Plan, at: datetime) -> bool:
    """True if some step reaches somebody by a way that is verified."""
    return any(behind(step.targets, plan, at).sure for step in plan.steps)


def findings(plan: Plan, at: datetime) -> list[str]:
    """Return what is wrong with whom a plan reaches, a sentence each; none if all is well.

    The same state gives the same sentences: no times or numbers that change by themselves.
    """
    found = [behind(step.targets, plan, at) for step in plan.steps]
    said = [] if any(each.sure for each in found) else ["Nobody would be paged for sure."]
    known = targets.names(each for step in plan.steps for each in flat(step.targets, plan))
    for number, (step, each) in enumerate(zip(plan.steps, found, strict=True), 1):
        if not each.sure and not _waits_for_roles(step):
            whom = ", ".join(targets.called(target, known) for target in step.targets)
            what = "has nobody with a verified way" if each.people else "reaches nobody"
            said.append(f"Step {number} {what}: {whom}.")
        holes = [each.rota for each in each.gaps if each.rota]
        said += [
            f"Step {number}: nobody is on call at times in {known.rotas[rota]}." for rota in holes
        ]
    return said


def _waits_for_roles(step: Step) -> bool:
    return any(target.kind == "role" for target in step.targets)
