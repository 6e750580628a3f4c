"""What an escalation is about: an incident, or a stop that somebody has to look into."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from audit.gathering import Turn, write_soon
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
        write_soon(_admit, grants.Admission(self.incident, person, why), turn=Turn.SUBJECTS)


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


def _admit(people: list[grants.Admission]) -> None:
    grants.admit_all(people, level="contribute", actor=ENGINE)


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
    # What an escalation is about never changes.
    run = Escalation.objects.filter(pk=escalation_pk)
    for incident in _held().filter(pk__in=run.values("incident")):
        return AnIncident(incident), _about(incident, run.select_for_update().get())
    concern = AStop(stops.lock(run.values_list("order", flat=True).get()))
    return concern, run.select_for_update().get()


def locked_free(escalation_pks: Collection[int]) -> dict[int, tuple[Concern, Escalation]]:
    """Return those of several escalations about incidents that nobody else holds, by key.

    Each incident once. Whoever holds one may wait for another: so nothing here waits for anybody.
    """
    run = Escalation.objects.filter(pk__in=escalation_pks)
    incidents = _held(skip_locked=True).filter(pk__in=run.values("incident")).in_bulk()
    found: dict[int, tuple[Concern, Escalation]] = {}
    for escalation in run.filter(incident__in=incidents).select_for_update(skip_locked=True):
        incident = incidents.pop(escalation.incident_id, None)
        if incident:
            found[escalation.pk] = AnIncident(incident), _about(incident, escalation)
    return found


def _about(incident: Incident, escalation: Escalation) -> Escalation:
    escalation.incident = incident
    return escalation


def lock_incident(pk: int) -> Incident:
    return _held().get(pk=pk)


def _held(*, skip_locked: bool = False) -> QuerySet[Incident]:
    return Incident.objects.select_for_update(no_key=True, skip_locked=skip_locked)
