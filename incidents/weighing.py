"""How bad the answers make it, written down. With pastlevels the only writer of Assessment."""

import copy
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from incidents.models import Incident
from programs.models import RUNNING, Dataset, Program, State
from severity import inforce
from severity.ladder import Sev, mildest, worst
from severity.models import Assessment
from severity.triage import Answers, ProgramContext, Triage, triage

# What stands beside the facts of an assessment; `Facts.from_mapping` knows nothing of it.
BESIDE = ("assumed", "unknown", "said", "by_rules")


@dataclass(frozen=True)
class Stated:
    """What a monitor says of the level, and how far its word counts.

    Args:
        level: None if it says nothing; then the answers decide, as for a person.
        at_most: the most severe level that it may bring about.
    """

    by: str
    level: Sev | None
    at_most: Sev


@dataclass(frozen=True)
class Answered:
    """The reporter's or responder's answers to the triage questions."""

    program: Program | None
    audience: str
    still_open: str
    dataset: Dataset | None = None
    stated: Stated | None = None


def weigh(answered: Answered) -> Triage:
    """Return the level that the answers lead to at once, unknowns at the worst plausible."""
    program, every = contexts(answered.program)
    found = triage(
        Answers(audience=answered.audience, still_open=answered.still_open),
        program,
        every_program=every,
        rules=inforce.rules(),
    )
    return _as_stated(found, answered.stated) if answered.stated else found


def contexts(program: Program | None) -> tuple[ProgramContext | None, list[ProgramContext]]:
    """What is known of the program; where nobody knows which it is, of all that it could be."""
    if program is not None:
        return _context(program), []
    # A paused program's data lie there still; only what never began or is over is left out.
    concerned = Program.objects.filter(state__in=[*RUNNING, State.PAUSED])
    return None, [_context(each) for each in concerned.filter(is_drill=False)]


def _as_stated(found: Triage, stated: Stated) -> Triage:
    level = found.sev if stated.level is None else stated.level
    capped = mildest(level, stated.at_most)
    # The level that a monitor states rests on its word alone, and on no answer.
    assumed = found.assumed if stated.level is None else ()
    if capped != level:
        assumed = (*assumed, f"{level.label} said, and {stated.by} may say {capped.label} at most")
    undetermined = found.undetermined and stated.level is None
    return replace(found, sev=capped, undetermined=undetermined, assumed=assumed)


def _context(program: Program) -> ProgramContext:
    since = program.started_at
    return ProgramContext(
        categories=tuple(program.categories),
        participants=program.participants,
        collecting=program.runs,
        # The database's clock may be a little ahead of ours.
        running_for_days=max(0, (timezone.now() - since).days) if since else None,
    )


def at_first(uuid: UUID, weighed: Triage, stated: Stated | None, *, actor: Actor) -> Assessment:
    """Write down what a report led to."""
    if stated and stated.level is not None:
        return _by_monitor(uuid, weighed, stated, actor=actor)
    return by_triage(uuid, weighed, actor=actor)


def judge_of(incident: Incident, reporter: Actor) -> Actor:
    """Return whose word the first level rests on: the rules', or that of the monitor itself."""
    assert incident.assessment
    is_monitors = incident.assessment.kind == Assessment.Kind.MONITOR
    return reporter if is_monitors else Actor.machine("triage")


def by_triage(
    uuid: UUID, weighed: Triage, *, actor: Actor, supersedes: Assessment | None = None
) -> Assessment:
    """Write down what the answers to the triage questions led to."""
    # A report may have waited for a program since it was weighed.
    rules = inforce.that_weighed(weighed.result)
    plain = weighed.result.plain()
    return Assessment.objects.create(
        subject=f"incident:{uuid}",
        kind=Assessment.Kind.TRIAGE,
        rules_version=rules.version,
        rules_sha256=rules.sha256,
        facts={
            "assumed": list(weighed.assumed),
            "unknown": list(weighed.unknown),
            **weighed.facts.plain(),
        },
        trace=plain["trace"],
        score=weighed.result.se,
        index=weighed.result.osi,
        level=weighed.sev.value,
        undetermined=weighed.undetermined,
        assessor=actor.user,
        supersedes=supersedes,
    )


def _by_monitor(uuid: UUID, weighed: Triage, stated: Stated, *, actor: Actor) -> Assessment:
    """Write down the level that a monitor stated."""
    rules = inforce.rules()
    return Assessment.objects.create(
        subject=f"incident:{uuid}",
        kind=Assessment.Kind.MONITOR,
        rules_version=rules.version,
        rules_sha256=rules.sha256,
        facts={},
        trace=[],
        level=weighed.sev.value,
        reason="; ".join([f"Stated by {stated.by}", *weighed.assumed]) + ".",
        assessor=actor.user,
    )


def by_person(incident: Incident, level: Sev, reason: str, *, actor: Actor) -> Assessment:
    """Write down the level that a person decided on."""
    rules = inforce.rules()
    return Assessment.objects.create(
        subject=f"incident:{incident.uuid}",
        kind=Assessment.Kind.OVERRIDE,
        rules_version=rules.version,
        rules_sha256=rules.sha256,
        facts={},
        trace=[],
        level=level.value,
        reason=reason,
        assessor=actor.user,
        supersedes=incident.assessment,
    )


def in_full(incident: Incident, found: dict[str, Any], *, assessor: User) -> Assessment:
    """Write down a full assessment that `incidents.assessing` worked out."""
    return Assessment.objects.create(
        subject=f"incident:{incident.uuid}",
        kind=Assessment.Kind.FULL,
        assessor=assessor,
        supersedes=incident.assessment,
        **found,
    )


def taken_over(incident: Incident, other: Incident, reason: str, *, actor: Actor) -> Assessment:
    """Write down the level of one that is merged into an incident, for this one.

    It rests on what it rested on: what nobody determined yet stays undetermined, and what a
    monitor stated is a monitor's.
    """
    held, rules = other.assessment, inforce.rules()
    assert held
    is_monitors = held.kind == Assessment.Kind.MONITOR
    return Assessment.objects.create(
        subject=f"incident:{incident.uuid}",
        kind=Assessment.Kind.MONITOR if is_monitors else Assessment.Kind.OVERRIDE,
        rules_version=rules.version,
        rules_sha256=rules.sha256,
        # Not the other's facts: not everybody here may know of it.
        facts={},
        trace=[],
        level=held.level,
        undetermined=held.undetermined,
        reason=reason,
        assessor=actor.user,
        supersedes=incident.assessment,
    )


def once_more(incident: Incident, reason: str, *, actor: Actor) -> Assessment:
    """Write down that the level in force holds again, so that its rules act again."""
    held = incident.assessment
    assert held
    again = copy.copy(held)
    again.pk, again.supersedes = None, held
    again.reason, again.assessor, again.assessed_at = reason, actor.user, timezone.now()
    again.save(force_insert=True)
    return again


def takes_two(*incidents: Incident) -> bool:
    """True if one person alone may neither call it milder nor end it as no incident.

    Args:
        incidents: the one, or several as they would count if they were merged.
    """
    level = worst(*(each.level for each in incidents))
    return level in inforce.rules().policy.second_person_from and _binds(*incidents)


def _binds(*incidents: Incident) -> bool:
    """True if the severity was determined once, of any or of what was merged into them.

    It binds even if newer answers left it open again. What a monitor states binds nobody: the
    first person to look decides alone.
    """
    family = [one for each in incidents for one in (each, *each.duplicates.all())]
    every = Assessment.objects.filter(
        subject__in=[f"incident:{each.uuid}" for each in family], undetermined=False
    )
    return every.exclude(kind=Assessment.Kind.MONITOR).exists()


def first(incident: Incident) -> Assessment:
    """Return what the report itself led to, whatever was found since."""
    held = incident.assessment
    if held and held.supersedes_id is None:
        return held
    return Assessment.objects.get(subject=f"incident:{incident.uuid}", supersedes=None)


def last_full(incident: Incident) -> Assessment | None:
    """Return the newest full assessment of an incident, in force or not."""
    return all_of(incident).filter(kind=Assessment.Kind.FULL).first()


def all_of(incident: Incident) -> QuerySet[Assessment]:
    """Every assessment of an incident, the newest first: the level, whose word, and why."""
    found = Assessment.objects.filter(subject=f"incident:{incident.uuid}")
    return found.select_related("assessor").order_by("-pk")


def is_first(incident: Incident) -> bool:
    """True if the assessment in force is the incident's first: nothing can rest on one before."""
    return incident.assessment is not None and incident.assessment.supersedes_id is None


def told(assessment: Assessment, was: int | None, reason: str) -> str:
    """Say on the timeline what an assessment made of the level `was`; None if there was none."""
    level = Sev(assessment.level).label
    now = f"undetermined, counts as {level}" if assessment.undetermined else level
    before = "" if was is None or was == assessment.level else f" (was SEV {was})"
    return f"Severity: {now}{before}. {reason}"


def stated(kept: Assessment) -> dict[str, Any]:
    """Return the facts of an assessment as `Facts.from_mapping` takes them."""
    return {name: value for name, value in kept.facts.items() if name not in BESIDE}
