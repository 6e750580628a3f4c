"""One round: a fault, and a pause of each program at another stage of it; then the verdict."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench import stand
from bench.trials.faults import Fault
from bench.trials.records import Records
from bench.trials.watch import BOUND_SECONDS, Liar, Proofs, holds_a_lease
from bench.trials.world import LEASE_SECONDS, World
from programs.gate.registry import STALE_SECONDS

# When each program is paused, in seconds from the beginning of the fault.
STAGES = {
    "its proof": -0.9,
    "its acknowledgements": -0.15,
    "its fan-out": -0.01,
    "its commit": 0.0,
    "just before it": 0.15,
    "before it": 0.8,
    "as the copy grows old": 2.6,
}
RESUME = "its resume"
LEAD_SECONDS = 1.6
PROMPT_SECONDS = 1.0
RETRY_SECONDS = 30.0


@dataclass
class Trial:
    """One pause. Times in seconds of wall time; `wrong` says which promises were broken."""

    program: stand.Program
    fault: Fault
    stage: str
    order: int = 0
    generation: int = 0
    committed: float = 0.0
    # When whoever paused heard of the commit: a slow disk lies between, and then others see it.
    heard: float = 0.0
    went_on: float = float("inf")
    last: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Ring:
    """The world and those who watch it."""

    world: World
    proofs: Proofs
    records: Records
    liars: list[Liar]
    paused: set[str]


def ring(world: World) -> Ring:
    paused: set[str] = set()
    return Ring(world, Proofs(), Records(world), [Liar(world, n, paused) for n in (0, 1)], paused)


def play(on: Ring, fault: Fault, dice: random.Random) -> list[Trial]:
    """Play one round; return its trials, judged."""
    world = on.world
    world.wait(lambda: all(world.capturing(one) for one in world.programs), "captures everywhere")
    zero = time.time() + LEAD_SECONDS
    lasts = dice.uniform(1.0, 7.0)
    jitter = dice.uniform(-0.01, 0.01)
    work: list[Callable[[], Any]] = []
    trials: list[Trial] = []
    for program, stage in zip(world.programs, [RESUME, *STAGES], strict=True):
        trial = Trial(program, fault, stage)
        trials.append(trial)
        if stage == RESUME:
            again = Trial(program, fault, "a second pause")
            trials.append(again)
            work.append(lambda first=trial, second=again: _resumed(on, first, second, zero))
        else:
            at = zero + STAGES[stage] + jitter
            work.append(lambda one=trial, at=at: _paused(on, one, at))
    threads = [threading.Thread(target=_closing(each), daemon=True) for each in work]
    for thread in threads:
        thread.start()
    _sleep_until(zero)
    fault.begin(world)
    _sleep_until(zero + lasts)
    fault.end(world)
    for thread in threads:
        thread.join(2 * RETRY_SECONDS)
    _recover(on, trials)
    for trial in trials:
        if trial.committed:
            _judge(on, trial)
    return [trial for trial in trials if trial.committed]


def _closing(work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        from django.db import connections

        try:
            work()
        finally:
            connections.close_all()

    return run


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))


def _paused(on: Ring, trial: Trial, at: float) -> None:
    """Pause at a moment; try again, as a person would, until it is committed."""
    from django.db import Error, connection

    from programs import pauses

    _sleep_until(at)
    program = trial.program
    program.pauses += 1
    end = time.time() + RETRY_SECONDS
    while time.time() < end:
        try:
            hold = pauses.pause(
                program.row,
                holder=f"INC-{program.pauses}",
                label="Amber Otter",
                reason="A trial.",
                actor=program.maker,
            )
            # Only what was asked after the commit may be held against a gate.
            on.paused.add(program.slug)
            trial.heard = time.time()
            trial.order, trial.generation = hold.order.pk, hold.order.generation
            trial.committed = _committed(hold.pk)
            program.known_generation = trial.generation
            return
        except Error:
            connection.close()
            time.sleep(0.1)


def _committed(pause: int) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
            " FROM programs_pause WHERE id = %s",
            [pause],
        )
        return float(cursor.fetchone()[0])


def _resumed(on: Ring, first: Trial, second: Trial, zero: float) -> None:
    """Pause, go on as the fault begins, and pause again."""
    _paused(on, first, zero - 1.4)
    _sleep_until(zero)
    if first.order not in on.proofs.shown:
        return
    _go_on(on, [first])
    _paused(on, second, time.time() + 0.7)


def _go_on(on: Ring, trials: list[Trial]) -> None:
    from django.db import Error, connection

    program = trials[0].program
    end = time.time() + RETRY_SECONDS
    while time.time() < end:
        try:
            on.paused.discard(program.slug)
            began = time.time()
            program.go_on()
            for trial in trials:
                trial.went_on = min(trial.went_on, began)
            return
        except Error:
            connection.close()
            time.sleep(0.1)


def _recover(on: Ring, trials: list[Trial]) -> None:
    """Wait until all that was killed is back and every stop is proven; then go on everywhere."""
    world = on.world
    world.wait(lambda: all(gate.ready() for gate in world.gates), "gates after the fault")
    orders = [trial.order for trial in trials if trial.committed]
    world.wait(lambda: all(order in on.proofs.shown for order in orders), "proofs of all stops")
    # Captures of these generations are told by now: the bound is long over.
    time.sleep(0.3)
    for program in world.programs:
        open_ = [
            trial
            for trial in trials
            if trial.program is program and trial.committed and trial.went_on == float("inf")
        ]
        if open_:
            _go_on(on, open_)


def _judge(on: Ring, trial: Trial) -> None:
    world, committed, shown = on.world, trial.committed, on.proofs.shown[trial.order]
    for name in world.names(trial.program):
        last = world.of(name).last_within(name, committed, trial.went_on)
        trial.last = max(trial.last, last - committed if last else 0.0)
        if last > shown:
            trial.wrong.append(f"{name} captured {last - shown:.2f} s after the stop was shown")
    limit = PROMPT_SECONDS if trial.fault.alive else BOUND_SECONDS
    if trial.last > limit:
        trial.wrong.append(f"captured {trial.last:.2f} s after the commit, bound {limit:g} s")
    trial.wrong += on.records.wrong(
        trial.program, trial.generation, committed, trial.heard, alive=trial.fault.alive
    )
    trial.wrong += _judge_leases(on, trial, shown)
    trial.wrong += _judge_proof(trial)


def _judge_leases(on: Ring, trial: Trial, shown: float) -> list[str]:
    liar_held = holds_a_lease(on.world, trial.program)
    limit = PROMPT_SECONDS if trial.fault.alive else STALE_SECONDS
    wrong = []
    for liar in on.liars:
        for one in list(liar.given):
            if one.program != trial.program.slug or one.generation >= trial.generation:
                continue
            late = one.asked_at - trial.committed
            if late > 0 and (late > limit or not liar_held):
                wrong.append(
                    f"a lease of generation {one.generation} {late:.2f} s after the commit"
                )
            if (
                one.asked_at > trial.committed - LEASE_SECONDS
                and one.asked_at + LEASE_SECONDS > shown
            ):
                wrong.append("shown as proven while a lease that was given could still be used")
    return wrong


def _judge_proof(trial: Trial) -> list[str]:
    from programs.models import StopProof

    false = StopProof.objects.filter(
        order=trial.order, collector=trial.program.ids[3], state="acknowledged"
    )
    return ["a lie was believed: who never stopped counts as stopped"] if false.exists() else []
