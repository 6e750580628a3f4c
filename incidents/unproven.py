"""Which programs of an incident are not proven to stand still. Reads only."""

from incidents import duplicates
from incidents.models import Incident
from programs import pauses
from programs.models import StopOrder


def programs_of(incident: Incident) -> list[str]:
    """Return the names of programs that it concerns and whose standstill is not proven."""
    holds = [hold for name in duplicates.holders(incident) for hold in pauses.held_by(name)]
    missing = {
        hold.program.name
        for hold in holds
        if hold.order and hold.order.proof != StopOrder.Proof.PROVEN
    }
    program = incident.program
    must_stand_still = program and incident.counts_as <= program.pause_at
    if program and must_stand_still and not any(hold.program == program for hold in holds):
        missing.add(program.name)
    return sorted(missing)
