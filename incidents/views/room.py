"""One incident as one reader opens it: what several panels of its page show, each read once."""

from dataclasses import dataclass
from functools import cached_property

from accounts.functions import Function
from accounts.http import SignedInRequest
from accounts.models import User
from incidents import access, duplicates, obligations
from incidents.models import AccessGrant, Exposure, Incident, Obligation, RoleAssignment
from programs import access as program_access
from programs import summary
from programs.models import Pause
from programs.summary import Line


@dataclass(frozen=True)
class May:
    """What the reader may do here. Reading is settled before."""

    contribute: bool
    # As `contribute`, also when it is over: a follow-up of what is closed is named then.
    take_part: bool
    manage: bool
    close: bool
    decide_awareness: bool

    @classmethod
    def of(cls, request: SignedInRequest, incident: Incident) -> "May":
        return Room(incident, request.user).may


class Room:
    """Made anew for each answer: what it has read once it does not read again."""

    def __init__(self, incident: Incident, reader: User) -> None:
        self.incident = incident
        self.reader = reader

    @cached_property
    def held(self) -> frozenset[AccessGrant.Level]:
        """The levels that the reader holds here."""
        return access.may_which(self.reader, self.incident)

    @cached_property
    def may(self) -> May:
        over = self.incident.is_over
        return May(
            contribute=AccessGrant.Level.CONTRIBUTE in self.held and not over,
            take_part=AccessGrant.Level.CONTRIBUTE in self.held,
            manage=AccessGrant.Level.MANAGE in self.held,
            close=AccessGrant.Level.CLOSE in self.held,
            decide_awareness=self.reader.is_any(Function.PRIVACY_OFFICER),
        )

    @cached_property
    def exposures(self) -> list[Exposure]:
        return list(self.incident.exposures.select_related("dataset"))

    @cached_property
    def duties(self) -> list[Obligation]:
        """What it owes or owed by law, the first to end first."""
        return obligations.all_of(self.incident)

    @cached_property
    def roles(self) -> list[RoleAssignment]:
        """Who has a role now, whoever has it longest first."""
        held = self.incident.roles.filter(until=None)
        return list(held.select_related("person").order_by("since"))

    @cached_property
    def pauses(self) -> list[Pause]:
        """What was and is held for it, and for what was merged into it, the oldest first."""
        holds = Pause.objects.filter(holder__in=duplicates.holders(self.incident))
        return list(holds.select_related("program", "dataset", "order").order_by("since"))

    @cached_property
    def lines(self) -> dict[int, Line]:
        """How its own program stands, and those that are held for it, by their keys."""
        programs = [hold.program for hold in self.pauses]
        if self.incident.program:
            programs.append(self.incident.program)
        return {line.program.pk: line for line in summary.of(programs)} if programs else {}

    @cached_property
    def known(self) -> set[int]:
        """Those of these programs that the reader may know of."""
        own, others = self.incident.program_id, {*self.lines} - {self.incident.program_id}
        seen = program_access.visible_to(self.reader).filter(pk__in=others) if others else []
        return {program.pk for program in seen} | ({own} if own else set())

    @property
    def holds(self) -> bool:
        """True if it holds its own program as a whole now."""
        return any(
            hold.holder == self.incident.ref
            and hold.program_id == self.incident.program_id
            and hold.dataset_id is None
            and hold.lifted_at is None
            for hold in self.pauses
        )
