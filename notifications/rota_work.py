"""What the engine does for rotas."""

from typing import Any

from audit import clockwork
from audit.models import Due
from notifications import calendars, holes, rotamail, swaps

clockwork.outward(rotamail.SEND)(rotamail.send)
clockwork.outward(calendars.READ)(calendars.read)
clockwork.within_transaction(holes.LOOK)(holes.look)
clockwork.within_transaction(swaps.EXPIRE)(swaps.expire)

_GIVEN_UP: dict[str, Any] = {calendars.READ: calendars.give_up, holes.LOOK: holes.give_up}


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind in _GIVEN_UP:
        _GIVEN_UP[due.kind](due.payload)
