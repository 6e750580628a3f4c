"""What an escalation is about: an incident, or a stop that somebody has to look into."""

from dataclasses import dataclass
from typing import Protocol

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents import grants, timeline
from incidents.models import Incident, TimelineEntry
from notifications.models import Escalation
from programs import silence, stops
from programs.models import State, StopOrder

ENGINE = Actor.machine("escalation")


class Concern(Protocol):
    """What paging has to know of it."""

    @property
    def is_over(self) -> bool:
        """True if nobody has to be paged for it any more."""

    @property
    def stream(self) -> str:
        """The stream of the record that its escalations stand in."""

    @property
    def facts(self) -> dict[str, int]:
        """How an event of the outbox names it."""

    def tell(self, text: str, *, widely: bool = False) -> None:
        """Write into its story what became of the paging."""

    def admit(self, person: User, *, why: str) -> None:
        """Let somebody in who is paged for it."""


@dataclass(frozen=True)
class AnIncident:
    incident: Incident

    @property
    def is_over(self) -> bool:
        return self.incident.is_over

    @property
    def stream(self) -> str:
        return trail.stream_of(self.incident)

    @property
    def facts(self) -> dict[str, int]:
        return {"incident": self.incident.pk}

    def tell(self, text: str, *, widely: bool = False) -> None:
        _write(self.incident, text, widely=widely)

    def admit(self, person: User, *, why: str) -> None:
        grants.admit(self.incident, person=person, level="contribute", reason=why, actor=ENGINE)


@dataclass(frozen=True)
class AStop:
    order: StopOrder

    @property
    def is_over(self) -> bool:
        lifted = (
            self.order.program.state != State.RETIRED and not self.order.pauses.in_force().exists()
        )
        return lifted or silence.about(self.order).nobody

    @property
    def stream(self) -> str:
        return trail.stream_of(self.order.program)

    @property
    def facts(self) -> dict[str, int]:
        return {"order": self.order.pk}

    def tell(self, text: str, *, widely: bool = False) -> None:
        name = f"{self.order.program.name}, stop {self.order.generation}"
        # A stop by hand has no story but the record, where its escalations stand.
        for incident in Incident.objects.filter(codename__in=self.order.pauses.values("label")):
            _write(incident, f"{name}: {text}", widely=widely)

    def admit(self, person: User, *, why: str) -> None:
        """Nothing: who owns a program or handles incidents sees its stops."""


def _write(incident: Incident, text: str, *, widely: bool) -> None:
    audience = TimelineEntry.Audience.LEADERSHIP if widely else TimelineEntry.Audience.RESPONDERS
    timeline.write(incident, TimelineEntry.Kind.ESCALATION, text, actor=ENGINE, audience=audience)


def of(escalation: Escalation) -> Concern:
    if escalation.incident:
        return AnIncident(escalation.incident)
    assert escalation.order
    return AStop(escalation.order)


def locked(escalation_pk: int) -> tuple[Concern, Escalation]:
    """Return an escalation with what it is about, both as they are now and held."""
    # Nothing joined: after waiting for the lock PostgreSQL gives the new row with the old joins.
    about = Escalation.objects.values("incident", "order").get(pk=escalation_pk)
    concern: Concern
    if about["incident"]:
        concern = AnIncident(lock_incident(about["incident"]))
    else:
        concern = AStop(stops.lock(about["order"]))
    return concern, Escalation.objects.select_for_update().get(pk=escalation_pk)


def lock_incident(pk: int) -> Incident:
    return Incident.objects.select_for_update(no_key=True).get(pk=pk)
