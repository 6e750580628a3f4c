"""How bad an incident is, and who says so.

The only module that writes its severity and its facts of triage.
"""

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from audit.gathering import gathered
from incidents import firing, grants, timeline, weighing
from incidents.models import Incident, SeverityProposal, TimelineEntry
from incidents.weighing import Answered
from severity.ladder import Sev
from severity.models import Assessment


class Refused(Exception):
    """The severity cannot be set so; the message says what is missing."""


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
    assessment = weighing.by_person(incident, level, reason, actor=actor)
    return _apply(incident, assessment, reason=reason, actor=actor)


def _is_guarded_lowering(incident: Incident, level: Sev) -> bool:
    # The first determination lowers nothing: what counted before was only the worst plausible.
    # Answering "unknown" later does not bring that moment back.
    return not level.at_least(incident.level) and weighing.takes_two(incident)


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
    assessment = weighing.by_person(incident, level, proposal.reason, actor=actor)
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
    _drop(incident, proposal, actor=actor, why="")


def _drop(incident: Incident, proposal: SeverityProposal, *, actor: Actor, why: str) -> None:
    _decide(proposal, SeverityProposal.State.WITHDRAWN, actor.user, actor)
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        f"The proposal of SEV {proposal.level} was withdrawn{why}.",
        actor=actor,
    )


def _overtake(incident: Incident, *, actor: Actor) -> None:
    """Drop a proposed lower severity: it was weighed against a level that no longer holds."""
    for proposal in incident.proposals.filter(state=SeverityProposal.State.OPEN):
        _drop(incident, proposal, actor=actor, why=", as what it rests on holds no more")


def _open_proposal(proposal: SeverityProposal) -> SeverityProposal:
    proposal = SeverityProposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != SeverityProposal.State.OPEN:
        raise Refused(f"This proposal is {proposal.state} already.")
    return proposal


def _second_person(proposal: SeverityProposal, actor: Actor) -> User:
    if actor.user is None or actor.user.pk == proposal.proposed_by_id:
        raise Refused("A second person must confirm a lower severity, not the one who proposes it.")
    return actor.user


def _decide(proposal: SeverityProposal, state: str, person: User | None, actor: Actor) -> None:
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
        Refused: if the incident is over, or the dataset is another program's.
    """
    incident = _lock(incident)
    _check_place(incident, answered)
    moved = (incident.program, incident.dataset) != (answered.program, answered.dataset)
    _take(incident, answered, actor=actor)
    weighed = weighing.weigh(answered)
    reason = "; ".join(weighed.assumed) or "all triage questions answered"
    if not _is_guarded_lowering(incident, weighed.sev):
        assessment = weighing.by_triage(
            incident.uuid, weighed, actor=actor, supersedes=incident.assessment
        )
        return _apply(incident, assessment, reason=reason, actor=actor)
    _propose(incident, weighed.sev, reason=f"Triage of new answers: {reason}", actor=actor)
    if moved:
        return _again(incident, reason="It concerns another place than was thought.", actor=actor)
    return incident


def _check_place(incident: Incident, answered: Answered) -> None:
    program, dataset = answered.program, answered.dataset
    if dataset and (not program or dataset.program_id != program.pk):
        raise Refused("dataset: must be one of the program's.")
    if program and program.is_drill != incident.is_drill:
        # A drill would stop what is real, or what is real would be taken for practice.
        kind = "a drill; choose a program for drills" if incident.is_drill else "no drill"
        raise Refused(f"program: {program.slug} cannot be meant: {incident.ref} is {kind}.")


def _take(incident: Incident, answered: Answered, *, actor: Actor) -> None:
    incident.program, incident.dataset = answered.program, answered.dataset
    incident.audience, incident.still_open = answered.audience, answered.still_open
    history.save(incident, "program", "dataset", "audience", "still_open", actor=actor)
    trail.record(
        "incident.answered_again",
        incident,
        actor=actor,
        program=answered.program.slug if answered.program else "",
        audience=answered.audience,
        still_open=answered.still_open,
    )


@transaction.atomic
def take_over(incident: Incident, other: Incident, *, reason: str, actor: Actor) -> Incident:
    """Give an incident the severity and the peak of one that is merged into it, if stricter.

    Whether or not it rises: from the merge on it takes two to lower what took two to lower there.
    What is proposed for the other one is dropped: it ends.

    Raises:
        Refused: if the incident is over.
    """
    incident = _lock(incident)
    _overtake(other, actor=actor)
    if other.counts_as < incident.counts_as:
        why = f"Merged with one that counts as {other.level.label}. {reason}"
        assessment = weighing.taken_over(incident, other, why, actor=actor)
        incident = _apply(incident, assessment, reason=why, actor=actor)
    if other.peak_sev < incident.peak_sev:
        incident.peak_sev = other.peak_sev
        history.save(incident, "peak_sev", actor=actor, why="the peak of what was merged in")
    return incident


@transaction.atomic
def reopened(incident: Incident, *, reason: str, actor: Actor) -> Incident:
    """Let the rules act once more on an incident that became active again: the fix did not hold.

    Raises:
        Refused: if the incident is over.
    """
    return _again(_lock(incident), reason=reason, actor=actor)


def _again(incident: Incident, *, reason: str, actor: Actor) -> Incident:
    assessment = weighing.once_more(incident, reason, actor=actor)
    return _apply(incident, assessment, reason=reason, actor=actor)


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
        weighing.told(assessment, was if was_determined else None, reason),
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
        field="severity",
        was=was,
        now=assessment.level,
    )
    if was != assessment.level:
        _overtake(incident, actor=actor)
    announce(incident, actor=actor, was=was)
    return incident


def announce(incident: Incident, *, actor: Actor, was: int | None = None) -> None:
    """Do what a level brings with it, in the transaction that set it; `was` is the one before."""
    with gathered():
        grants.admit_by_rule(incident, actor=actor)
        firing.apply(incident, actor=actor)
        outbox.publish(
            "incident.severity_set",
            priority=incident.counts_as,
            incident=incident.pk,
            # For what stands below incidents and cannot look itself. A drill concerns nothing real.
            program=None if incident.is_drill else incident.program_id,
            was=was,
            level=incident.counts_as,
            determined=incident.sev is not None,
            reported_at=incident.reported_at.isoformat(),
        )


def _lock(incident: Incident) -> Incident:
    # Nothing joined: after waiting for the lock PostgreSQL gives the new row with the old joins.
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it first.")
    return incident
