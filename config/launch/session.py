"""A launcher at work on one folder: holds it, and whatever happens stops what was started."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.launch import lock, places
from config.launch.bell import Bell
from config.launch.console import Console
from config.launch.keeper import Keeper
from config.launch.lock import Lock
from config.launch.places import Places
from config.launch.refusal import AskedToStop
from config.launch.supervisor import Supervisor


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    where: Places
    lock: Lock
    supervisor: Supervisor
    console: Console


@contextmanager
def on(var: Path, *, url: str, console: Console) -> Iterator[Session]:
    """Hold the folder; at the end, or when asked to stop, stop every child and let it go.

    Raises:
        CannotStart: if another launcher holds the folder, or it cannot be used.
    """
    places.make_var(var)
    with lock.held(var / "lock") as held:
        held.tell(url=url, env={})
        where = places.make(var)
        # Forked before anything else, so that it inherits nothing but the lock.
        keeper = Keeper()
        try:
            with Bell() as bell:
                supervisor = Supervisor(where.logs, bell=bell, keeper=keeper, console=console)
                with _stopped_at_the_end(supervisor, console):
                    yield Session(where, held, supervisor, console)
        finally:
            keeper.dismiss()
            places.clear(where)


@contextmanager
def _stopped_at_the_end(supervisor: Supervisor, console: Console) -> Iterator[None]:
    try:
        yield
    except AskedToStop:
        pass
    finally:
        if supervisor.has_children:
            console.step("stopping; press Ctrl-C again to hurry")
            supervisor.stop()
            console.step("stopped")
