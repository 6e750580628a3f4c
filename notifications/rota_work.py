"""What the engine does for rotas, and what may have been lost of that."""

from collections.abc import Iterator
from typing import Any

from audit import clockwork, reconciling
from audit.models import Due
from audit.reconciling import Found
from notifications import calendars, holes, rotamail, swaps
from notifications.models import Method, Rota, RotaCalendar

clockwork.outward(rotamail.SEND, way=Method.EMAIL)(rotamail.send)
clockwork.outward(calendars.READ)(calendars.read)
clockwork.within_transaction(holes.LOOK)(holes.look)
clockwork.within_transaction(holes.REMIND)(holes.remind)
clockwork.within_transaction(swaps.EXPIRE)(swaps.expire)

_GIVEN_UP: dict[str, Any] = {calendars.READ: calendars.give_up, holes.LOOK: holes.give_up}


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind in _GIVEN_UP:
        _GIVEN_UP[due.kind](due.payload)


@reconciling.check("rota forgotten")
def forgotten() -> Iterator[Found]:
    """Rotas whose gaps nobody would look for again, and calendars that nobody would read again."""
    for rota in Rota.objects.filter(retired_at=None).exclude(pk__in=_planned(holes.LOOK, "rota")):
        holes.look_after(rota.pk)
        yield Found(f"rota-{rota.pk}", f"rota {rota.pk} was not looked at any more", mended=True)
    read = RotaCalendar.objects.filter(removed_at=None, rota__retired_at=None)
    there = read.exclude(sealed_address="").exclude(pk__in=_planned(calendars.READ, "calendar"))
    for pk in there.values_list("pk", flat=True):
        calendars.read_later(pk, clockwork.now())
        yield Found(f"calendar-{pk}", f"calendar {pk} of a rota was not read any more", mended=True)


def _planned(kind: str, name: str) -> list[int]:
    waiting = Due.objects.waiting().filter(kind=kind)
    return [payload[name] for payload in waiting.values_list("payload", flat=True)]
