"""How bad an incident is, and who says so.

The only module that writes its severity and its facts of triage.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from incidents import access, firing, timeline
from incidents.models import Incident, SeverityProposal, TimelineEntry
from programs.models import Dataset, Program, State
from severity.ladder import Sev
from severity.models import Assessment
from severity.ruleset import RuleSet
from severity.triage import Answers, ProgramContext, Triage, triage



class Refused(Exception):
    """The severity cannot be set so; the message says what is missing."""


@dataclass(frozen=True)
class Answered:
    """The reporter's or responder's answers to the triage questions."""

    program: Program | None
    audience: str
    still_open: str
    dataset: Dataset | None = None


def weigh(answered: Answered) -> Triage:
    """Return the level that the answers lead to at once, unknowns at the worst plausible."""
    every: list[ProgramContext] = []
    if answered.program is None:
        # A paused program's data lie there still; only what never began or is over is left out.
        concerned = Program.objects.filter(state__in=[State.COLLECTING, State.PAUSED])
        every = [_context(program) for program in concerned.filter(is_drill=False)]
    return triage(
        Answers(audience=answered.audience, still_open=answered.still_open),
        _context(answered.program) if answered.program else None,
        every_program=every,
        rules=RuleSet.current(),
    )


def _context(program: Program) -> ProgramContext:
    since = program.started_at
    return ProgramContext(
        categories=tuple(program.categories),
        participants=program.participants,
        collecting=program.state == State.COLLECTING,
        # The database's clock may be a little ahead of ours.
        running_for_days=max(0, (timezone.now() - since).days) if since else None,
    )


def assess_report(uuid: UUID, weighed: Triage, *, actor: Actor) -> Assessment:
    """Write down the triage of a report that is being filed."""
    return _from_triage(uuid, weighed, actor=actor, supersedes=None)


def _from_triage(
    uuid: UUID, weighed: Triage, *, actor: Actor, supersedes: Assessment | None
) -> Assessment:
    rules = RuleSet.current()
    plain = weighed.result.plain()
    return Assessment.objects.create(
        subject=f"incident:{uuid}",
        kind=Assessment.Kind.TRIAGE,
        rules_version=rules.version,
        rules_sha256=rules.sha256,
        facts={"assumed": list(weighed.assumed), **weighed.facts.plain()},
        trace=plain["trace"],
        score=weighed.result.se,
        index=weighed.result.osi,
        level=weighed.sev.value,
        undetermined=weighed.undetermined,
        assessor=actor.user,
        supersedes=supersedes,
    )


@transaction.atomic
def set_level(incident: Incident, level: Sev, *, reason: str, actor: Actor) -> Incident:
    """Set the severity as a person judges it, and let the rules act on it.

    Raising takes effect at once. Lowering from SEV 0 to 2 is only proposed:
    `confirm` by a second person makes it so.

    Raises:
        Refused: if there is no reason, no change, or the incident is over.
    """
    incident = _lock(incident)
    if not reason.strip():
        raise Refused("reason: say why; it stands on the timeline.")
    if incident.sev == level.value:
        raise Refused(f"{incident.ref} is {level.label} already.")
    if _is_guarded_lowering(incident, level):
        _propose(incident, level, reason=reason, actor=actor)
        return incident
    return _apply(incident, _by_person(incident, level, reason, actor), reason=reason, actor=actor)


def _is_guarded_lowering(incident: Incident, level: Sev) -> bool:
    # The first determination lowers nothing: what counted before was only the worst plausible.
    determined = incident.sev is not None
    guarded = incident.level in RuleSet.current().policy.second_person_from
    return determined and guarded and not level.at_least(incident.level)


def _propose(incident: Incident, level: Sev, *, reason: str, actor: Actor) -> None:
    if actor.user is None:
        raise Refused("Only a person can propose a lower severity.")
    if incident.proposals.filter(state=SeverityProposal.State.OPEN).exists():
        raise Refused("A lower severity is proposed already; it must be confirmed or withdrawn.")
    proposal: SeverityProposal = history.create(
        SeverityProposal,
        actor=actor,
        incident=incident,
        level=level.value,
        reason=reason,
        proposed_by=actor.user,
    )
    trail.record(
        "severity.lowering_proposed",
        proposal,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=reason,
        level=level.value,
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        f"{actor.name} proposes {level.label}; a second person must confirm. {reason}",
        actor=actor,
    )


@transaction.atomic
def confirm(proposal: SeverityProposal, *, actor: Actor) -> Incident:
    """Make a proposed lower severity so.

    Raises:
        Refused: if it is decided already, or the person is the one who proposed it.
    """
    incident = _lock(proposal.incident)
    proposal = _open_proposal(proposal)
    person = _second_person(proposal, actor)
    _decide(proposal, SeverityProposal.State.CONFIRMED, person, actor)
    level = Sev(proposal.level)
    assessment = _by_person(incident, level, proposal.reason, actor)
    return _apply(incident, assessment, reason=proposal.reason, actor=actor)


@transaction.atomic
def withdraw(proposal: SeverityProposal, *, actor: Actor) -> None:
    """Drop a proposed lower severity; anybody who manages the incident may.

    Raises:
        Refused: if it is decided already.
    """
    incident = _lock(proposal.incident)
    proposal = _open_proposal(proposal)
    if actor.user is None:
        raise Refused("Only a person can withdraw a proposal.")
    _decide(proposal, SeverityProposal.State.WITHDRAWN, actor.user, actor)
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        f"The proposal of SEV {proposal.level} was withdrawn.",
        actor=actor,
    )


def _open_proposal(proposal: SeverityProposal) -> SeverityProposal:
    proposal = SeverityProposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != SeverityProposal.State.OPEN:
        raise Refused(f"This proposal is {proposal.state} already.")
    return proposal


def _second_person(proposal: SeverityProposal, actor: Actor) -> User:
    if actor.user is None or actor.user.pk == proposal.proposed_by_id:
        raise Refused("A second person must confirm a lower severity, not the one who proposes it.")
    return actor.user


def _decide(proposal: SeverityProposal, state: str, person: User, actor: Actor) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, person, timezone.now()
    history.save(proposal, "state", "decided_by", "decided_at", actor=actor)
    trail.record(
        f"severity.lowering_{state}",
        proposal,
        actor=actor,
        stream=trail.stream_of(proposal.incident),
        level=proposal.level,
    )


@transaction.atomic
def answer_again(incident: Incident, answered: Answered, *, actor: Actor) -> Incident:
    """Take better answers to the triage questions.

    A worse level takes effect at once, a milder one is only proposed.

    Raises:
        Refused: if the incident is over.
    """
    incident = _lock(incident)
    changed = {
        "program": answered.program,
        "dataset": answered.dataset,
        "audience": answered.audience,
        "still_open": answered.still_open,
    }
    for name, value in changed.items():
        setattr(incident, name, value)
    history.save(incident, *changed, actor=actor)
    trail.record(
        "incident.answered_again",
        incident,
        actor=actor,
        program=answered.program.slug if answered.program else "",
        audience=answered.audience,
        still_open=answered.still_open,
    )
    weighed = weigh(answered)
    reason = "; ".join(weighed.assumed) or "all triage questions answered"
    if _is_guarded_lowering(incident, weighed.sev):
        _propose(incident, weighed.sev, reason=f"Triage of new answers: {reason}", actor=actor)
        return incident
    assessment = _from_triage(incident.uuid, weighed, actor=actor, supersedes=incident.assessment)
    return _apply(incident, assessment, reason=reason, actor=actor)


def _by_person(incident: Incident, level: Sev, reason: str, actor: Actor) -> Assessment:
    rules = RuleSet.current()
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


def _apply(incident: Incident, assessment: Assessment, *, reason: str, actor: Actor) -> Incident:
    """Put an assessment in force: severity, peak, record, access, and every rule that follows."""
    was, was_determined = incident.counts_as, incident.sev is not None
    incident.assessment = assessment
    incident.counts_as = assessment.level
    incident.sev = None if assessment.undetermined else assessment.level
    incident.peak_sev = min(incident.peak_sev, assessment.level)
    history.save(
        incident, "assessment", "counts_as", "sev", "peak_sev", actor=actor, why=reason[:80]
    )
    trail.record(
        "severity.set",
        incident,
        actor=actor,
        remark=reason,
        was=was,
        level=assessment.level,
        undetermined=assessment.undetermined,
        rules=assessment.rules_version,
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        _told(assessment, was if was_determined else None, reason),
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
        field="severity",
        was=was,
        now=assessment.level,
    )
    announce(incident, actor=actor)
    return incident


def announce(incident: Incident, *, actor: Actor) -> None:
    """Do what a level brings with it. Called in the transaction that set it, whoever set it."""
    access.admit_by_rule(incident, actor=actor)
    firing.apply(incident, actor=actor)
    outbox.publish("incident.severity_set", priority=incident.counts_as, incident=incident.pk)


def _told(assessment: Assessment, was: int | None, reason: str) -> str:
    level = Sev(assessment.level).label
    now = f"undetermined, counts as {level}" if assessment.undetermined else level
    before = "" if was is None or was == assessment.level else f" (was SEV {was})"
    return f"Severity: {now}{before}. {reason}"


def _lock(incident: Incident) -> Incident:
    incident = (
        Incident.objects.select_for_update(no_key=True, of=("self",))
        .select_related("program", "dataset", "assessment")
        .get(pk=incident.pk)
    )
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it first.")
    return incident


def facts_of(incident: Incident) -> dict[str, Any]:
    """The facts of the assessment in force, for people and for the ledger of rules."""
    return dict(incident.assessment.facts) if incident.assessment else {}
