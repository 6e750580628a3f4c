"""Until when a program may run, as far as its controls go.

The only module that writes Program.controls_end_at, which the gates read.
"""

import uuid
from datetime import datetime, timedelta

from accounts.actors import Actor
from audit import clockwork, history
from programs import controlling
from programs.controlling import Standing
from programs.models import Program

LOOK = "programs.look_at_controls"
# How soon it is tried again to let go what is valid while a stop is in the way.
AGAIN = timedelta(minutes=1)


def reckon(program: Program, *, actor: Actor) -> None:
    """Write down from when on its controls stop a locked program, and have that looked at then."""
    now = clockwork.now()
    end = end_of(program, controlling.standings(program, now=now))
    if end == program.controls_end_at:
        return
    program.controls_end_at = end
    history.save(program, "controls_end_at", actor=actor, why="controls")
    # Never called off: whoever comes then looks for itself whether it is over.
    _look(program, uuid.uuid4().hex, due_at=end if end and end > now else None)


def look_again(program: Program) -> None:
    """Have a locked program looked at once more in a while."""
    due_at = clockwork.now() + AGAIN
    # However often it is asked for, once a minute.
    _look(program, f"again:{due_at:%Y%m%d%H%M}", due_at=due_at)


def _look(program: Program, what: str, *, due_at: datetime | None) -> None:
    clockwork.schedule(
        LOOK,
        key=f"controls:{program.pk}:{what}",
        payload={"program": program.pk},
        due_at=due_at,
        priority=0,
    )


def end_of(program: Program, standings: list[Standing]) -> datetime | None:
    """Return when the first of these controls stops a program; None if one does so now."""
    ends = [_stops_at(program, each) for each in standings if each.applies and each.control.blocks]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def _stops_at(program: Program, standing: Standing) -> datetime | None:
    # What an older Andon let run without controls has until then to show what it never did.
    return standing.stops_at or program.controls_due_at


def blocking(program: Program) -> list[Standing]:
    """The controls without which nothing starts: not valid now, days of grace or not."""
    # By the same clock as `lapsed`: else a process whose own is slow lets go on what it stops
    # again at once, without end.
    standings = controlling.standings(program, now=clockwork.now())
    return [each for each in standings if each.blocks]


def lapsed(program: Program) -> list[Standing]:
    """The controls that stop a program that runs: not valid, and no day of grace is left."""
    now = clockwork.now()
    found = []
    for each in controlling.standings(program, now=now):
        end = _stops_at(program, each)
        if each.blocks and (end is None or end <= now):
            found.append(each)
    return found


def names(standings: list[Standing]) -> str:
    return ", ".join(f"{each.control.id} {each.control.name}" for each in standings)
