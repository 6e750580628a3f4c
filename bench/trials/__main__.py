"""`make chaos`, its second half: pauses while the machinery breaks, and what was promised.

In each round one thing breaks for 1 to 8 s, and ten pauses come at every stage of it. Prints
a line for each kind of fault and one of JSON last. Exit status 0 only if no promise was broken.
"""

import argparse
import json
import random
import secrets
import sys
import time
from collections import defaultdict
from typing import Any

from bench.figure import machine
from bench.trials.flawed_gate import FLAWS
from bench.trials.world import World

# One program is paused twice.
PAUSES_A_ROUND = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.trials", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the round to begin with")
    parser.add_argument("--fault", default="", help="only faults whose name holds this")
    parser.add_argument("--flaw", choices=list(FLAWS), help="plant a flaw that must be found")
    asked = parser.parse_args()
    print(f"seed {asked.seed}; {machine()}", flush=True)
    world = World(programs=PAUSES_A_ROUND - 1, flaw=asked.flaw)
    try:
        return _run(world, asked)
    finally:
        world.close()


def _run(world: World, asked: argparse.Namespace) -> int:
    from bench.trials import faults, verdict
    from bench.trials.round import play, ring
    from bench.trials.trial import Trial

    chosen = [one for one in faults.FAULTS if asked.fault in one.name]
    on, began = ring(world), time.monotonic()
    told: defaultdict[str, list[Trial]] = defaultdict(list)
    number = asked.first
    while sum(map(len, told.values())) < asked.trials and not on.stuck:
        dice = random.Random(f"{asked.seed}/{number}")
        fault = chosen[number % len(chosen)]
        trials = play(on, fault, dice)
        told[fault.name] += trials
        print(f"round {number}: {fault.name}", file=sys.stderr, flush=True)
        for trial in trials:
            _complain(f"--seed {asked.seed} --first {number}, {fault.name}", trial)
        number += 1
    found = [_line(name, trials) for name, trials in told.items()]
    forgeries = verdict.forgeries(on)
    broken = sum(one["broken"] for one in found) + len(forgeries)
    for wrong in forgeries:
        print(f"WRONG --seed {asked.seed}: {wrong}")
    told_of = {"seed": asked.seed, "seconds": round(time.monotonic() - began), "faults": found}
    print(json.dumps(told_of | _beside(on)))
    trials = sum(map(len, told.values()))
    print(f"{trials} pauses, {'no promise broken' if not broken else f'{broken} BROKEN'}")
    return 1 if broken else 0


def _complain(which: str, trial: Any) -> None:
    for wrong in dict.fromkeys(trial.wrong):
        print(f"WRONG {which}, at {trial.stage}: {wrong}", flush=True)


def _beside(on: Any) -> dict[str, Any]:
    """Return what was asked and answered beside the pauses."""
    from bench.trials import attacks, lies

    return {
        "lies": lies.heard,
        "forged_stamps": lies.forged["stamps"],
        "floods": attacks.flood.told,
        "stamps_asked": on.records.answers,
        "programs_read": on.reader.answers,
    }


def _line(name: str, trials: list) -> dict:
    last = sorted(trial.last for trial in trials)
    broken = sum(bool(trial.wrong) for trial in trials)
    stamp = max(trial.last_stamp for trial in trials)
    print(
        f"{name:<36}{len(trials):>4} pauses   last capture after the commit: median"
        f" {last[len(last) // 2]:5.2f} s, most {last[-1]:5.2f} s; last stamp taken"
        f" {stamp:5.2f} s   {broken or 'none'} broken",
        flush=True,
    )
    return {
        "fault": name,
        "pauses": len(trials),
        "most": round(last[-1], 3),
        "last_stamp": round(stamp, 3),
        "broken": broken,
    }


if __name__ == "__main__":
    sys.exit(main())
