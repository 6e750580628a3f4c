"""How bad an incident is, and who says so.

The only module that writes its severity and its facts of triage.
"""

from django.db import transaction

from accounts.actors import Actor
from audit import history, outbox, trail
from audit.gathering import gathered
from incidents import (
    assessing,
    assessmentdue,
    breadth,
    firing,
    grants,
    proposals,
    timeline,
    weighing,
)
from incidents.assessing import Judged
from incidents.models import Incident, SeverityProposal, TimelineEntry
from incidents.weighing import Answered
from severity.ladder import Sev
from severity.models import Assessment
from severity.questions import Said

Refused = proposals.Refused


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
    if only_proposes(incident, level):
        proposals.propose(incident, level, reason=reason, actor=actor)
        return incident
    assessment = weighing.by_person(incident, level, reason, actor=actor)
    return _apply(incident, assessment, reason=reason, actor=actor)


def only_proposes(incident: Incident, level: Sev) -> bool:
    """True if a second person must confirm this level before it counts."""
    # The first determination lowers nothing: what counted before was only the worst plausible.
    # Answering "unknown" later does not bring that moment back.
    return not level.at_least(incident.level) and weighing.takes_two(incident)


@transaction.atomic
def assess(
    incident: Incident,
    said: Said,
    *,
    judged: Judged | None = None,
    after: int | None = None,
    actor: Actor,
) -> Incident:
    """Take a full assessment. The level is the rules', or the one that the person sets instead.

    A milder one than SEV 0 to 2 is only proposed, with all that it rests on.

    Args:
        judged: what the person sets against the rules; the reason stands on the timeline.
        after: the key of the assessment that the person has seen; None for whichever it is.

    Raises:
        Refused: if no person assesses, a level is set without a reason, or the incident is over.
        BadFact: if an answer is none, absurd, or contradicts another.
    """
    incident = _lock(incident)
    if actor.user is None:
        raise Refused("Only a person can assess in full.")
    if after is not None and after != incident.assessment_id:
        raise Refused("Somebody judged it meanwhile. Your answers are kept: look, then send again.")
    worked = assessing.work_out(incident, said, judged)
    if worked.is_overridden and not 0 < len(worked.reason.strip()) <= assessing.LONGEST_REASON:
        raise Refused(
            "reason: say why the level is another than the rules' or undetermined no more."
        )
    reason = assessing.reason_of(worked)
    if only_proposes(incident, worked.level):
        row = worked.row()
        proposals.propose(incident, worked.level, reason=reason, actor=actor, assessed=row)
        return incident
    assessment = weighing.in_full(incident, worked.row(), assessor=actor.user)
    return _apply(incident, assessment, reason=reason, actor=actor)


@transaction.atomic
def confirm(proposal: SeverityProposal, *, actor: Actor) -> Incident:
    """Make a proposed lower severity so.

    Raises:
        Refused: if it is decided already, or the person is the one who proposed it.
    """
    incident = _lock(proposal.incident)
    proposal = proposals.settle(proposal, actor=actor)
    reason = proposal.reason
    if proposal.assessed:
        # Whoever assessed is the assessor; that a second person agreed stands with the proposal.
        person = proposal.proposed_by
        assessment = weighing.in_full(incident, proposal.assessed, assessor=person)
    else:
        assessment = weighing.by_person(incident, Sev(proposal.level), reason, actor=actor)
    return _apply(incident, assessment, reason=reason, actor=actor)


@transaction.atomic
def withdraw(proposal: SeverityProposal, *, actor: Actor) -> None:
    """Drop a proposed lower severity; anybody who manages the incident may.

    Raises:
        Refused: if it is decided already.
    """
    incident = _lock(proposal.incident)
    if actor.user is None:
        raise Refused("Only a person can withdraw a proposal.")
    proposals.drop(incident, proposal, actor=actor)


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
    if not only_proposes(incident, weighed.sev):
        assessment = weighing.by_triage(
            incident.uuid, weighed, actor=actor, supersedes=incident.assessment
        )
        return _apply(incident, assessment, reason=reason, actor=actor, anew=moved)
    if moved:
        why = "It concerns another place than was thought."
        # First, as it drops what was proposed for the place before.
        incident = _again(incident, reason=why, actor=actor)
    proposals.propose(incident, weighed.sev, reason=f"Triage of new answers: {reason}", actor=actor)
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
    breadth.settle(incident, actor=actor)
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
    proposals.overtake(other, actor=actor)
    is_worse_peak = other.peak_sev < incident.peak_sev
    if is_worse_peak:
        # Before the rules act: some of them go by it.
        incident.peak_sev = other.peak_sev
        history.save(incident, "peak_sev", actor=actor, why="the peak of what was merged in")
    if other.counts_as < incident.counts_as:
        why = f"Merged with one that counts as {other.level.label}. {reason}"
        assessment = weighing.taken_over(incident, other, why, actor=actor)
        incident = _apply(incident, assessment, reason=why, actor=actor)
    elif is_worse_peak:
        firing.again(incident.pk)
    return incident


@transaction.atomic
def reopened(incident: Incident, *, reason: str, actor: Actor) -> Incident:
    """Let the rules act once more on an incident that became active again: the fix did not hold.

    Raises:
        Refused: if the incident is over.
    """
    return _again(_lock(incident), reason=reason, actor=actor)


def _again(incident: Incident, *, reason: str, actor: Actor) -> Incident:
    """What was assessed holds for another place or another fix, so it must be done anew."""
    assessment = weighing.once_more(incident, reason, actor=actor)
    return _apply(incident, assessment, reason=reason, actor=actor, anew=True)


def _apply(
    incident: Incident, assessment: Assessment, *, reason: str, actor: Actor, anew: bool = False
) -> Incident:
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
    breadth.settle(incident, actor=actor)
    if anew or was != assessment.level:
        proposals.overtake(incident, actor=actor)
    assessmentdue.plan(incident, was=was, anew=anew, actor=actor)
    announce(incident, actor=actor, was=was)
    return incident


def announce(incident: Incident, *, actor: Actor, was: int | None = None) -> None:
    """Do what a level brings with it, in the transaction that set it; `was` is the one before."""
    with gathered():
        if was is None:
            assessmentdue.begin(incident)
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
