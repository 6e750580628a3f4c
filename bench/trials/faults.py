"""What breaks in a round: how it begins and how it ends.

With those that leave every part alive, no collector may capture a second after the commit.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from bench.trials.attacks import flood, half_open, lying, unread
from bench.trials.world import World


def _nothing(_world: World) -> None:
    return None


@dataclass(frozen=True)
class Fault:
    """`alive`: every part works on, so that a pause reaches everybody within a second."""

    name: str
    begin: Callable[[World], None] = _nothing
    end: Callable[[World], None] = _nothing
    alive: bool = False


# --- Killed, and started again


def _kill_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGKILL)


def _start_gate(world: World) -> None:
    world.gates[0].start()


def _kill_gates(world: World) -> None:
    for gate in world.gates:
        gate.signal(signal.SIGKILL)


def _start_gates(world: World) -> None:
    for gate in world.gates:
        gate.start()


# --- Frozen


def _freeze_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGSTOP)


def _thaw_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGCONT)


def _freeze_gates(world: World) -> None:
    for gate in world.gates:
        gate.signal(signal.SIGSTOP)


def _thaw_gates(world: World) -> None:
    for gate in world.gates:
        gate.signal(signal.SIGCONT)


def _freeze_collectors(world: World) -> None:
    for one in world.collectors:
        one.process.send_signal(signal.SIGSTOP)


def _thaw_collectors(world: World) -> None:
    for one in world.collectors:
        one.process.send_signal(signal.SIGCONT)


# --- Cut off


def _blind_one(world: World) -> None:
    world.gates[0].database.silence()
    world.gates[0].redis.silence()


def _blind_all(world: World) -> None:
    for gate in world.gates:
        gate.database.silence()
        gate.redis.silence()


def _deafen_all(world: World) -> None:
    for gate in world.gates:
        gate.database.silence(up=False)


def _cut_databases(world: World) -> None:
    for gate in world.gates:
        gate.database.cut()


def _part_redis(world: World) -> None:
    for gate in world.gates:
        gate.redis.silence()


def _part_collectors(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence()


def _lose_answers(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence(up=False)


def _lose_news(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence(up=False, down=False)


def _mend(world: World) -> None:
    for gate in world.gates:
        for wire in (gate.database, gate.redis, gate.collectors):
            wire.mend()


FAULTS = (
    Fault("nothing", alive=True),
    Fault("gate killed", _kill_gate, _start_gate),
    Fault("both gates killed", _kill_gates, _start_gates),
    Fault("gate frozen", _freeze_gate, _thaw_gate),
    Fault("both gates frozen", _freeze_gates, _thaw_gates),
    Fault(
        "PostgreSQL killed",
        lambda world: world.postgres.signal(signal.SIGKILL),
        lambda world: world.postgres.start(),
    ),
    Fault(
        "PostgreSQL frozen",
        lambda world: world.postgres.signal(signal.SIGSTOP),
        lambda world: world.postgres.signal(signal.SIGCONT),
    ),
    Fault(
        "Redis killed",
        lambda world: world.redis.signal(signal.SIGKILL),
        lambda world: world.redis.start(),
        alive=True,
    ),
    Fault(
        "Redis frozen",
        lambda world: world.redis.signal(signal.SIGSTOP),
        lambda world: world.redis.signal(signal.SIGCONT),
        alive=True,
    ),
    Fault("gates cut off from Redis", _part_redis, _mend, alive=True),
    Fault("one gate cut off from its database", _blind_one, _mend),
    Fault("both gates cut off from it", _blind_all, _mend),
    Fault("answers of the database lost", _deafen_all, _mend),
    Fault("connections to it closed", _cut_databases, _mend),
    Fault("collectors cut off", _part_collectors, _mend),
    Fault("answers to collectors lost", _lose_answers, _mend),
    Fault("news to collectors lost", _lose_news, _mend),
    Fault("collectors frozen", _freeze_collectors, _thaw_collectors),
    Fault("10,000 bad tokens a second", flood.begin, flood.end, alive=True),
    Fault("800 half-open requests", half_open.begin, half_open.end, alive=True),
    Fault("readers that stop reading", unread.begin, unread.end, alive=True),
    Fault("a collector that lies", lying.begin, lying.end, alive=True),
)
