"""A lower severity that one person proposes and a second one confirms.

The only module that writes SeverityProposal; what follows from it is for incidents.judgement.
"""

from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import timeline
from incidents.models import Incident, SeverityProposal, TimelineEntry
from severity.ladder import Sev

OPEN = SeverityProposal.State.OPEN


class Refused(Exception):
    """The severity cannot be set so; the message says what is missing."""


def propose(
    incident: Incident,
    level: Sev,
    *,
    reason: str,
    actor: Actor,
    assessed: dict[str, Any] | None = None,
) -> None:
    """Write a proposal down. The caller has locked the incident.

    Args:
        assessed: the fields of the full assessment that it rests on.

    Raises:
        Refused: if no person proposes it, or one is open already.
    """
    if actor.user is None:
        raise Refused("Only a person can propose a lower severity.")
    if incident.proposals.filter(state=OPEN).exists():
        raise Refused("A lower severity is proposed already; it must be confirmed or withdrawn.")
    proposal: SeverityProposal = history.create(
        SeverityProposal,
        actor=actor,
        incident=incident,
        level=level.value,
        reason=reason,
        assessed=assessed,
        proposed_by=actor.user,
    )
    _tell(incident, proposal, level, actor)


def _tell(incident: Incident, proposal: SeverityProposal, level: Sev, actor: Actor) -> None:
    trail.record(
        "severity.lowering_proposed",
        proposal,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=proposal.reason,
        level=level.value,
    )
    said = f"{actor.name} proposes {level.label}; a second person must confirm. {proposal.reason}"
    timeline.write(incident, TimelineEntry.Kind.SEVERITY, said, actor=actor)


def settle(proposal: SeverityProposal, *, actor: Actor) -> SeverityProposal:
    """Let a second person confirm a proposal; return it as it stands.

    Raises:
        Refused: if it is decided already, or the person is the one who proposed it.
    """
    proposal = _open(proposal)
    if actor.user is None or actor.user.pk == proposal.proposed_by_id:
        raise Refused("A second person must confirm a lower severity, not the one who proposes it.")
    _decide(proposal, SeverityProposal.State.CONFIRMED, actor.user, actor)
    return proposal


def drop(incident: Incident, proposal: SeverityProposal, *, actor: Actor, why: str = "") -> None:
    """Withdraw a proposal.

    Raises:
        Refused: if it is decided already.
    """
    proposal = _open(proposal)
    _decide(proposal, SeverityProposal.State.WITHDRAWN, actor.user, actor)
    timeline.write(
        incident,
        TimelineEntry.Kind.SEVERITY,
        f"The proposal of SEV {proposal.level} was withdrawn{why}.",
        actor=actor,
    )


def overtake(incident: Incident, *, actor: Actor) -> None:
    """Drop what is proposed: it was weighed against a level that no longer holds."""
    for proposal in incident.proposals.filter(state=OPEN):
        drop(incident, proposal, actor=actor, why=", as what it rests on holds no more")


def _open(proposal: SeverityProposal) -> SeverityProposal:
    proposal = SeverityProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if proposal.state != OPEN:
        raise Refused(f"This proposal is {proposal.state} already.")
    return proposal


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
