"""Who is on call in a rota, then and next. Reads only."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from django.db.models import Q

from accounts.models import User
from notifications.models import CalendarShift, Override, Rota, RotaLayer
from notifications.rotation import Given, Hours, Layer, Span, Turns, closed_outside_hours, shifts

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
    span = change_in(between(rota_pk, at, at + AHEAD))
    return (span.start, people(span.who)) if span else None


def change_in(found: Sequence[Span]) -> Span | None:
    """Return the first of these shifts that others have than the first one; gaps are no others."""
    later = (span for span in found[1:] if span.who and span.who != found[0].who)
    return next(later, None)


def between(rota_pk: int, start: datetime, end: datetime) -> list[Span]:
    """Return the shifts of a rota between two instants, without overlap; one of nobody is a gap.

    Empty if there is no such rota, or it is retired.
    """
    return between_all([rota_pk], start, end).get(rota_pk, [])


def between_all(rota_pks: Iterable[int], start: datetime, end: datetime) -> dict[int, list[Span]]:
    """Return the shifts of several rotas, as `between`, in as many queries as for one."""
    there = Rota.objects.filter(pk__in=list(rota_pks), retired_at=None)
    closes = dict(there.values_list("pk", "within_hours"))
    layers = layers_between(list(closes), start, end)
    away = deactivated({each for found in layers.values() for each in _named(found)})
    spans = {pk: shifts(found, start, end, away=away) for pk, found in layers.items()}
    return {
        pk: closed_outside_hours(found, layers[pk]) if closes[pk] else found
        for pk, found in spans.items()
    }


def is_on_call_throughout(person: User, rota_pk: int, start: datetime, end: datetime) -> bool:
    """True if a person is on call in a rota from one instant to another without a break."""
    found = between(rota_pk, start, end)
    return bool(found) and all(person.pk in span.who for span in found)


def who_takes_turns(rota_pk: int, at: datetime) -> list[User]:
    """Return the active people in the layers of a rota, or with shifts to come in its calendars."""
    layers = RotaLayer.objects.filter(rota=rota_pk, until=None)
    given = CalendarShift.objects.filter(
        calendar__rota=rota_pk, calendar__removed_at=None, ends_at__gt=at
    )
    named = {pk for some in layers.values_list("people", flat=True) for pk in some}
    return people(named | set(given.values_list("person", flat=True)))


def people(who: Iterable[int]) -> list[User]:
    """Return the active people with these keys, by name."""
    found = User.objects.filter(pk__in=list(who), is_active=True)
    return sorted(found, key=lambda person: (person.name, person.pk))


def deactivated(who: Iterable[int]) -> frozenset[int]:
    """Return those of these keys behind which nobody is, or nobody any more."""
    named = set(who)
    there = User.objects.filter(pk__in=named, is_active=True).values_list("pk", flat=True)
    return frozenset(named - set(there))


def layers_between(
    rota_pks: Sequence[int], start: datetime, end: datetime
) -> dict[int, list[Layer]]:
    """Return what counts in each rota between two instants, that which counts most first.

    Overrides, of which the later one counts; below them layers and calendars by their rank.
    """
    # One by one: of two overrides the later one counts, as long as its person is there.
    found: dict[int, list[Layer]] = {pk: [] for pk in rota_pks}
    for made in Override.objects.filter(
        _still("withdrawn_at", start), rota__in=rota_pks, starts_at__lt=end, ends_at__gt=start
    ).order_by("-pk"):
        if span := _override(made):
            found[made.rota_id].append(Given((span,)))
    below: dict[int, list[tuple[int, Layer]]] = {pk: [] for pk in rota_pks}
    for layer in RotaLayer.objects.filter(
        _still("until", start), rota__in=rota_pks, since__lt=end
    ).order_by("-rank", "pk"):
        below[layer.rota_id].append((layer.rank, _turns(layer)))
    for pk, rank, given in _calendars(rota_pks, start, end):
        below[pk].append((rank, given))
    for pk, ranked in below.items():
        found[pk] += [layer for _rank, layer in sorted(ranked, key=lambda each: -each[0])]
    return found


def _still(ended: str, start: datetime) -> Q:
    # What was ended later than that counted then, and who was on call in the past stays so.
    return Q(**{ended: None}) | Q(**{f"{ended}__gt": start})


def _override(made: Override) -> Span | None:
    ends = min(made.ends_at, made.withdrawn_at or made.ends_at)
    if ends <= made.starts_at:
        return None
    return Span(made.starts_at, ends, (made.person_id,), f"override:{made.pk}")


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


def _calendars(
    rota_pks: Sequence[int], start: datetime, end: datetime
) -> list[tuple[int, int, Given]]:
    held: dict[tuple[int, int, int], list[Span]] = {}
    found = CalendarShift.objects.filter(
        _still("calendar__removed_at", start),
        calendar__rota__in=rota_pks,
        starts_at__lt=end,
        ends_at__gt=start,
    )
    for each in found.select_related("calendar").order_by("starts_at", "pk"):
        calendar = each.calendar
        ends = min(each.ends_at, calendar.removed_at or each.ends_at)
        span = Span(each.starts_at, ends, (each.person_id,), f"calendar:{calendar.pk}")
        if span.start < span.end:
            held.setdefault((calendar.rota_id, calendar.rank, calendar.pk), []).append(span)
    return [(rota, rank, Given(tuple(spans))) for (rota, rank, _pk), spans in held.items()]


def _named(layers: Iterable[Layer]) -> set[int]:
    named: set[int] = set()
    for layer in layers:
        if isinstance(layer, Turns):
            named |= set(layer.people)
        else:
            named |= {each for span in layer.spans for each in span.who}
    return named
