"""One round: a fault, and a pause of each program at another stage of it; then the verdict."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from bench import stand
from bench.trials import lies, verdict
from bench.trials.faults import Fault
from bench.trials.outside import Reader, RecordsIn
from bench.trials.trial import Ring, Trial
from bench.trials.watch import BOUND_SECONDS, Liar, Proofs, holds_a_lease
from bench.trials.world import World

# When each program is paused, in seconds from the beginning of the fault.
ITS_BOUND = "the end of its bound"
STAGES = {
    "its proof": -0.9,
    "its acknowledgements": -0.15,
    "its fan-out": -0.01,
    "its commit": 0.0,
    "just before it": 0.15,
    "before it": 0.8,
    "as the copy grows old": 2.6,
    # Of a collector that never acknowledges, whose stop is proven as its lease has run out.
    ITS_BOUND: 0.1 - BOUND_SECONDS,
}
RESUME = "its resume"
LEAD_SECONDS = BOUND_SECONDS + 0.2
RETRY_SECONDS = 30.0
# A fault that is over before anybody notices, and one that outlasts every lease.
LASTS = ((1.0, 4.0), (BOUND_SECONDS + 0.5, BOUND_SECONDS + 2.0))


def ring(world: World) -> Ring:
    paused: set[str] = set()
    liars = [Liar(world, number, paused) for number in (0, 1)]
    return Ring(world, Proofs(), RecordsIn(world), Reader(world), liars, paused)


def _stages(world: World, dice: random.Random) -> list[tuple[stand.Program, str]]:
    """Return at which stage of its pause each program is hit."""
    first, *others, last = world.programs
    # Only a liar's stop waits for its bound, and its resume could not begin in time.
    stages = [stage for stage in STAGES if stage != ITS_BOUND]
    dice.shuffle(stages)
    return [(first, RESUME), *zip(others, stages, strict=True), (last, ITS_BOUND)]


def play(on: Ring, fault: Fault, dice: random.Random) -> list[Trial]:
    """Play one round; return its trials, judged."""
    world = on.world
    world.wait(lambda: all(world.capturing(one) for one in world.programs), "captures everywhere")
    zero = time.time() + LEAD_SECONDS
    lasts = dice.uniform(*dice.choice(LASTS))
    trials, work = _plan(on, fault, dice, zero)
    threads = [threading.Thread(target=_closing(each), daemon=True) for each in work]
    for thread in threads:
        thread.start()
    _sleep_until(zero)
    fault.begin(world)
    _sleep_until(zero + lasts)
    fault.end(world)
    for thread in threads:
        thread.join(2 * RETRY_SECONDS)
    trials = [trial for trial in trials if trial.committed]
    _recover(on, trials)
    for trial in trials:
        verdict.judge(on, trial)
    return trials


def _plan(
    on: Ring, fault: Fault, dice: random.Random, zero: float
) -> tuple[list[Trial], list[Callable[[], Any]]]:
    jitter = dice.uniform(-0.01, 0.01)
    trials: list[Trial] = []
    work: list[Callable[[], Any]] = []
    for program, stage in _stages(on.world, dice):
        trial = Trial(program, fault, stage)
        trials.append(trial)
        if stage == RESUME:
            again = Trial(program, fault, "a second pause")
            trials.append(again)
            work.append(lambda first=trial, second=again: _resumed(on, first, second, zero))
        else:
            at = zero + STAGES[stage] + jitter
            work.append(lambda one=trial, at=at: _paused(on, one, at))
    return trials, work


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
            trial.heard = time.time()
            # Only what was asked after the commit may be held against a gate.
            on.paused.add(program.slug)
            trial.order, trial.generation = hold.order.pk, hold.order.generation
            trial.committed = _committed(hold.pk)
            before, program.known_generation = program.known_generation, trial.generation
            trial.stamps = [
                stamp
                for stamp in on.world.stamps_of(program)
                if before <= stamp.generation < trial.generation
            ]
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

    from programs.pauses import Refused

    program = trials[0].program
    end = time.time() + RETRY_SECONDS
    while time.time() < end:
        try:
            on.paused.discard(program.slug)
            began = time.time()
            program.go_on()
            for trial in trials:
                trial.went_on = began
            return
        except Refused as why:
            on.stuck = True
            for trial in trials:
                trial.went_on = began
                trial.wrong.append(f"does not go on: {why}")
            return
        except Error:
            connection.close()
            time.sleep(0.1)


def _recover(on: Ring, trials: list[Trial]) -> None:
    """Wait until all that was killed is back and every stop is proven; then go on everywhere."""
    from django.db import connections

    # Its server may have been killed under it.
    connections.close_all()
    world = on.world
    for part in (*world.gates, world.web):
        world.wait(part.ready, "gates and pages after the fault")
    orders = [trial.order for trial in trials]
    world.wait(lambda: all(order in on.proofs.shown for order in orders), "proofs of all stops")
    # Captures of these generations are told by now: the bound is long over.
    time.sleep(0.3)
    for trial in trials:
        trial.wrong += verdict.believed(trial)
        if trial.went_on == float("inf"):
            trial.wrong += _truth(on, trial)
    for program in world.programs:
        open_ = [
            trial for trial in trials if trial.program is program and trial.went_on == float("inf")
        ]
        if open_:
            _go_on(on, open_)


def _truth(on: Ring, trial: Trial) -> list[str]:
    """Let the liar say for once what is true: were that refused, no lie would have been tested."""
    if not holds_a_lease(on.world, trial.program):
        return []
    status = lies.tell_the_truth(on.world.gates[0].port, trial.program)
    return [] if status == 200 else [f"a true acknowledgement was answered {status}"]
