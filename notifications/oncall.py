"""Who is on call in a rota, then and next. Reads only."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db.models import Q

from accounts.models import User
from notifications.models import CalendarShift, Override, Rota, RotaLayer
from notifications.rotation import Given, Hours, Layer, Span, Turns, shifts

# How far ahead the next shift is looked for.
AHEAD = timedelta(days=60)
_INSTANT = timedelta(microseconds=1)
_UNIT = {
    RotaLayer.Unit.HOURS: timedelta(hours=1),
    RotaLayer.Unit.DAYS: timedelta(days=1),
    RotaLayer.Unit.WEEKS: timedelta(weeks=1),
}


def on_call(rota_pk: int, at: datetime) -> list[User]:
    """Return who is on call at an instant, by name; nobody if there is a gap, or no such rota.

    A retired rota has nobody on call, and a deactivated person is not on call.
    """
    found = between(rota_pk, at, at + _INSTANT)
    return people(found[0].who) if found else []


def next_up(rota_pk: int, at: datetime) -> tuple[datetime, list[User]] | None:
    """Return who is on call next, and from when; None if that never changes within 60 days.

    A gap is passed over: the next are those who come after it.
    """
    found = between(rota_pk, at, at + AHEAD)
    now = found[0].who if found else ()
    for span in found[1:]:
        if span.who and span.who != now:
            return span.start, people(span.who)
    return None


def between(rota_pk: int, start: datetime, end: datetime) -> list[Span]:
    """Return the shifts of a rota between two instants, without overlap; one of nobody is a gap.

    Empty if there is no such rota, or it is retired.
    """
    if not Rota.objects.filter(pk=rota_pk, retired_at=None).exists():
        return []
    layers = layers_between(rota_pk, start, end)
    return shifts(layers, start, end, away=deactivated(_named(layers)))


def people(who: Iterable[int]) -> list[User]:
    """Return the active people with these keys, by name."""
    found = User.objects.filter(pk__in=list(who), is_active=True)
    return sorted(found, key=lambda person: (person.name, person.pk))


def deactivated(who: Iterable[int]) -> frozenset[int]:
    """Return those of these keys behind which nobody is, or nobody any more."""
    named = set(who)
    there = User.objects.filter(pk__in=named, is_active=True).values_list("pk", flat=True)
    return frozenset(named - set(there))


def layers_between(rota_pk: int, start: datetime, end: datetime) -> list[Layer]:
    """Return what counts in a rota between two instants, that which counts most first."""
    made = Override.objects.filter(
        rota=rota_pk, withdrawn_at=None, starts_at__lt=end, ends_at__gt=start
    )
    in_force = RotaLayer.objects.filter(Q(until=None) | Q(until__gt=start), rota=rota_pk)
    ranked = [(layer.rank, _turns(layer)) for layer in in_force.filter(since__lt=end)]
    given = _calendars(rota_pk, start, end)
    below: list[tuple[int, Layer]] = sorted([*ranked, *given], key=lambda each: -each[0])
    # One by one: of two overrides the later one counts, as long as its person is there.
    above: list[Layer] = [Given((_override(each),)) for each in made.order_by("-pk")]
    return [*above, *(layer for _rank, layer in below)]


def _override(made: Override) -> Span:
    return Span(made.starts_at, made.ends_at, (made.person_id,), f"override:{made.pk}")


def _turns(layer: RotaLayer) -> Turns:
    return Turns(
        zone=layer.zone,
        start=layer.starts_on,
        handover=layer.handover,
        step=layer.every * _UNIT[RotaLayer.Unit(layer.unit)],
        people=tuple(layer.people),
        weekday=layer.weekday,
        hours=tuple(hours_of(each) for each in layer.hours),
        since=layer.since,
        until=layer.until,
        source=f"layer:{layer.pk}",
    )


def hours_of(kept: dict[str, object]) -> Hours:
    """Return hours as a layer keeps them."""
    days = kept["weekdays"]
    assert isinstance(days, list)
    start, end = time.fromisoformat(str(kept["start"])), time.fromisoformat(str(kept["end"]))
    return Hours(frozenset(days), start, end)


def _calendars(rota_pk: int, start: datetime, end: datetime) -> list[tuple[int, Given]]:
    held: dict[tuple[int, int], list[Span]] = {}
    found = CalendarShift.objects.filter(
        calendar__rota=rota_pk,
        calendar__removed_at=None,
        starts_at__lt=end,
        ends_at__gt=start,
    )
    for each in found.select_related("calendar").order_by("starts_at", "pk"):
        key = (each.calendar.rank, each.calendar_id)
        span = Span(each.starts_at, each.ends_at, (each.person_id,), f"calendar:{key[1]}")
        held.setdefault(key, []).append(span)
    return [(rank, Given(tuple(spans))) for (rank, _pk), spans in held.items()]


def _named(layers: Iterable[Layer]) -> set[int]:
    named: set[int] = set()
    for layer in layers:
        if isinstance(layer, Turns):
            named |= set(layer.people)
        else:
            named |= {each for span in layer.spans for each in span.who}
    return named
