"""Say who takes turns in a rota. The only module that writes RotaLayer.

A changed layer ends and begins anew, so that who was on call in the past stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history
from notifications import rotas
from notifications.models import Rota, RotaLayer
from notifications.rotation import Hours

MOST_LAYERS = 10
MOST_PEOPLE = 50
MOST_HOURS = 14
YEARS = range(2000, 2101)
# How long a turn may be, by its unit.
EVERY = {
    RotaLayer.Unit.HOURS: range(1, 721),
    RotaLayer.Unit.DAYS: range(1, 367),
    RotaLayer.Unit.WEEKS: range(1, 53),
}


@dataclass(frozen=True)
class Terms:
    """How a layer's people take turns; see notifications.rotation.Turns."""

    name: str
    rank: int
    zone: str
    unit: RotaLayer.Unit
    starts_on: date
    handover: time
    people: Sequence[User]
    every: int = 1
    weekday: int | None = None
    hours: Sequence[Hours] = ()


@transaction.atomic
def add(rota: Rota, terms: Terms, *, actor: Actor) -> RotaLayer:
    """Let people take turns in a rota from now on, or from the day on which the turns start.

    Raises:
        Refused: if a term is wrong; the message names the field.
    """
    rota = rotas.lock(rota)
    if rota.layers.filter(until=None).count() >= MOST_LAYERS:
        raise rotas.Refused(f"rank: a rota has at most {MOST_LAYERS} layers; end one first.")
    layer = _begin(rota, terms, since=clockwork.now(), actor=actor)
    rotas.record("rota.layer_added", rota, actor=actor, **_facts(layer))
    return layer


@transaction.atomic
def change(layer: RotaLayer, terms: Terms, *, actor: Actor) -> RotaLayer:
    """Put a layer on other terms from now on; return the one that counts now.

    Raises:
        Refused: if a term is wrong, or the layer has ended already.
    """
    rota = rotas.lock(layer.rota)
    now = clockwork.now()
    _end(layer, at=now, actor=actor)
    begun = _begin(rota, terms, since=now, actor=actor)
    rotas.record("rota.layer_changed", rota, actor=actor, ended=layer.pk, **_facts(begun))
    return begun


@transaction.atomic
def end(layer: RotaLayer, *, actor: Actor) -> None:
    """Let a layer count no more from now on.

    Raises:
        Refused: if it has ended already.
    """
    rota = rotas.lock(layer.rota)
    _end(layer, at=clockwork.now(), actor=actor)
    rotas.record("rota.layer_ended", rota, actor=actor, layer=layer.pk, name=layer.name)


def _begin(rota: Rota, terms: Terms, *, since: datetime, actor: Actor) -> RotaLayer:
    _check_terms(terms)
    if rotas.rank_taken(rota, terms.rank):
        raise rotas.Refused(f"rank: there is a layer of rank {terms.rank} already; choose another.")
    layer: RotaLayer = history.create(
        RotaLayer,
        actor=actor,
        rota=rota,
        name=terms.name,
        rank=terms.rank,
        zone=terms.zone,
        unit=terms.unit,
        every=terms.every,
        starts_on=terms.starts_on,
        handover=terms.handover,
        weekday=terms.weekday,
        people=[person.pk for person in terms.people],
        hours=[_kept(hours) for hours in terms.hours],
        since=since,
    )
    return layer


def _end(layer: RotaLayer, *, at: datetime, actor: Actor) -> None:
    layer.refresh_from_db()
    if layer.until:
        raise rotas.Refused(f"layer: {layer.name} has been changed or ended; read the page again.")
    layer.until = at
    history.save(layer, "until", actor=actor)


def _check_terms(terms: Terms) -> None:
    rotas.check_text(terms.name, "name", rotas.LONGEST_NAME)
    rotas.check_zone(terms.zone)
    rotas.check_rank(terms.rank)
    every = EVERY[terms.unit]
    if terms.every not in every:
        raise rotas.Refused(f"every: from {every[0]} to {every[-1]} {terms.unit.label.lower()}.")
    if terms.starts_on.year not in YEARS:
        raise rotas.Refused(f"starts_on: a day from {YEARS[0]} to {YEARS[-1]}.")
    weeks = terms.unit == RotaLayer.Unit.WEEKS
    if weeks != (terms.weekday is not None) or terms.weekday not in (None, *range(7)):
        raise rotas.Refused(
            "weekday: say on which day turns of weeks change, and leave it out else."
        )
    if not 1 <= len(terms.people) <= MOST_PEOPLE:
        raise rotas.Refused(f"people: one to {MOST_PEOPLE} people, in the order of their turns.")
    for person in terms.people:
        rotas.check_person(person, "people")
    _check_hours(terms.hours)


def _check_hours(hours: Sequence[Hours]) -> None:
    if len(hours) > MOST_HOURS:
        raise rotas.Refused(f"hours: at most {MOST_HOURS}.")
    for each in hours:
        if not each.weekdays or not each.weekdays <= frozenset(range(7)):
            raise rotas.Refused("hours: choose at least one weekday.")


def _kept(hours: Hours) -> dict[str, Any]:
    start, end = hours.start.isoformat("minutes"), hours.end.isoformat("minutes")
    return {"weekdays": sorted(hours.weekdays), "start": start, "end": end}


def _facts(layer: RotaLayer) -> dict[str, Any]:
    return {"layer": layer.pk, "name": layer.name, "rank": layer.rank, "people": layer.people}
