"""Tell the story of an incident to those who lead, as it stood at any moment. Reads only.

Every part is read from history: what is shown of yesterday is what stood there yesterday. Who may
see it is asked now.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from incidents import access, blacking, duplicates, exposure, redacted
from incidents.briefs import Brief, Duty, Exposed, Line, Redaction, Refused, Stop, in_utc
from incidents.models import Exposure, Incident, Obligation, Role, TimelineEntry
from programs.models import Pause, StopOrder

Model = TypeVar("Model", bound=models.Model)
Audience, Kind = TimelineEntry.Audience, TimelineEntry.Kind
# Entries in which somebody decided something.
DECISIONS = (Kind.SEVERITY, Kind.STATUS, Kind.LEGAL)
MOST_ENTRIES = 500


def of(
    user: User, incident: Incident, *, redaction: Redaction, at: datetime | None, now: datetime
) -> Brief:
    """Return the story as it stood at a moment, as far as this person may read it.

    Args:
        at: the moment; the present if it is None.

    Raises:
        Refused: if it lies before the report or in the future.
    """
    moment = at or now
    if moment > now:
        raise Refused(_("at: %(at)s UTC has not come yet.") % {"at": in_utc(moment)})
    if moment < incident.reported_at:
        told = {"ref": incident.ref, "at": in_utc(incident.reported_at)}
        raise Refused(_("at: %(ref)s was reported at %(at)s UTC; before nothing was known.") % told)
    return _Telling(user, incident, redaction, moment, is_now=at is None).brief()


def as_of(model: type[Model], moment: datetime, **which: Any) -> list[Model]:
    """Return the rows of a model with history as they stood at a moment, in the order of keys."""
    found: dict[Any, Any] = {}
    # Not by the latest date alone: two changes of one transaction may have the same.
    rows = model.history.filter(history_date__lte=moment, **which)  # type: ignore[attr-defined]
    for row in rows.order_by("history_date", "history_id"):
        found[row.id] = row
    return [found[key].instance for key in sorted(found) if found[key].history_type != "-"]


class _Telling:
    """One telling: whom it is for, and as of when."""

    def __init__(
        self,
        user: User,
        incident: Incident,
        redaction: Redaction,
        moment: datetime,
        *,
        is_now: bool,
    ) -> None:
        self.user, self.real, self.redaction, self.moment = user, incident, redaction, moment
        stood = [] if is_now else as_of(Incident, moment, id=incident.pk)
        # What was reported before there was a history stands as it is.
        self.incident = stood[0] if stood else incident
        self.outside = redaction == Redaction.OUTSIDE
        self.names = self._names()

    def _names(self) -> set[str]:
        if self.redaction == Redaction.WHOLE:
            return set()
        names = redacted.names_of(self.real)
        return names if self.outside else redacted.people_of(self.real)

    def brief(self) -> Brief:
        incident = self.incident
        exposures = as_of(Exposure, self.moment, incident=incident.pk)
        stops = list(self._stops())
        told = self._lines(self._entries())
        return Brief(
            incident=incident,
            at=self.moment,
            redaction=self.redaction,
            title=_("An exposure of data") if self.outside else self._out(incident.title),
            program=incident.program.name if incident.program and not self.outside else "",
            reported=self._when(incident.reported_at),
            lengths=self._lengths(exposures, stops),
            exposed=[self._exposed(row) for row in exposures],
            stops=stops,
            duties=[
                self._duty(row) for row in as_of(Obligation, self.moment, incident=incident.pk)
            ],
            decided=self._lines(self._entries().filter(kind__in=DECISIONS))[:MOST_ENTRIES],
            told=told[:MOST_ENTRIES],
            is_all=len(told) <= MOST_ENTRIES,
        )

    def _out(self, text: str) -> str:
        if self.redaction == Redaction.WHOLE:
            return text
        return (blacking.out if self.outside else blacking.names_out)(text, self.names)

    def _when(self, moment: datetime | None) -> datetime | None:
        return None if self.outside else moment

    def _lengths(self, exposures: list[Exposure], stops: list[Stop]) -> dict[str, timedelta | None]:
        incident = self.incident
        begun = [row.since for row in exposures if row.since]
        since, report = min(begun, default=incident.occurred_from), incident.reported_at
        proven = [stop.took for stop in stops if stop.took is not None]
        return {
            "detect": max(report - since, timedelta(0)) if since else None,
            "acknowledge": _spent(report, incident.acknowledged_at),
            "pause": min(proven, default=None),
            "contain": _spent(report, incident.contained_at),
            "recover": _spent(report, incident.recovered_at),
        }

    def _exposed(self, row: Exposure) -> Exposed:
        window = exposure.window(self.incident, [row])
        until = window.until if window else None
        lasted = (until or self.moment) - window.since if window else None
        return Exposed(
            what=_("Data") if self.outside else self._out(str(row)),
            kinds=row.kind_words,
            whose=row.get_whose_display(),
            people=(row.people_min, row.people_known, row.people_max),
            declared="" if self.outside else self._out(row.declared_audience),
            effective=row.get_effective_audience_display(),
            since=self._when(window.since if window else None),
            until=self._when(until),
            lasted=lasted,
            accessed=row.get_accessed_display(),
            is_open=row.until is None,
        )

    def _stops(self) -> Iterable[Stop]:
        holders = duplicates.holders(self.real)
        orders: dict[int, StopOrder | None] = {}
        for hold in as_of(Pause, self.moment, holder__in=holders):
            if hold.order_id and hold.order_id not in orders:
                stood = as_of(StopOrder, self.moment, id=hold.order_id)
                orders[hold.order_id] = stood[0] if stood else None
            order = orders.get(hold.order_id) if hold.order_id else None
            yield self._stop(hold, order)

    def _stop(self, hold: Pause, order: StopOrder | None) -> Stop:
        proven = order.proven_at if order else None
        tells = not self.outside and duplicates.tells(self.real, hold.program)
        return Stop(
            program=_("A program") if self.outside else duplicates.said_of(self.real, hold),
            ordered=self._when(hold.since),
            proven=self._when(proven),
            took=_spent(self.incident.reported_at, proven),
            proof=str(order.get_proof_display())
            if order
            else _("Nothing ran, so none was ordered"),
            lifted=hold.lifted_at is not None,
            path=(hold.program.slug, order.generation) if order and tells else None,
        )

    def _duty(self, row: Obligation) -> Duty:
        late = row.due_at is not None and (row.submitted_at or self.moment) > row.due_at
        return Duty(
            cited=row.cited,
            recipient=row.recipient,
            state=row.get_state_display() if row.is_owed else row.get_clock_display(),
            due=self._when(row.due_at),
            submitted=self._when(row.submitted_at),
            is_owed=row.is_owed,
            is_late=late and (row.is_owed or row.was_late),
        )

    def _entries(self) -> models.QuerySet[TimelineEntry]:
        standing = Q(superseded_by=None) | Q(superseded_by__recorded_at__gt=self.moment)
        rows = self.real.timeline.filter(standing, recorded_at__lte=self.moment)
        inside = self.redaction == Redaction.WHOLE and access.may(
            self.user, access.Level.CONTRIBUTE, self.real
        )
        if not inside:
            told = [Audience.TOLD] if self.outside else [Audience.LEADERSHIP, Audience.TOLD]
            rows = rows.filter(audience__in=told)
        return rows.order_by("occurred_at", "pk")

    def _lines(self, rows: models.QuerySet[TimelineEntry]) -> list[Line]:
        kinds = dict(Kind.choices)
        return [
            Line(
                at=self._when(row.occurred_at),
                after=max(row.occurred_at - self.real.reported_at, timedelta(0)),
                kind=str(kinds.get(row.kind, row.kind)),
                who=self._who(row),
                text=self._out(row.text),
            )
            for row in rows[: MOST_ENTRIES + 1]
        ]

    def _who(self, row: TimelineEntry) -> str:
        if self.redaction == Redaction.WHOLE:
            return row.actor_name
        if row.actor_id is None:
            return _("Andon")
        roles = self._duties().get(row.actor_id)
        return str(Role(roles).label) if roles else _("Somebody")

    def _duties(self) -> dict[int, str]:
        if not hasattr(self, "_roles"):
            held = self.real.roles.filter(since__lte=self.moment).order_by("pk")
            self._roles = dict(held.values_list("person", "role"))
        return self._roles


def _spent(since: datetime, until: datetime | None) -> timedelta | None:
    return max(until - since, timedelta(0)) if until else None
