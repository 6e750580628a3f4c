"""What was promised of a pause, held against what was seen. Judges; it plays nothing."""

import time
from collections.abc import Iterator

from bench.trials import lies
from bench.trials.trial import Ring, Trial
from bench.trials.watch import BOUND_SECONDS, holds_a_lease
from bench.trials.world import LEASE_SECONDS, label
from programs.gate.registry import STALE_SECONDS
from programs.gate.sheets import GOOD_SECONDS

PROMPT_SECONDS = 1.0
# Clocks are told by the gate's answers: half a round trip, and what is rounded to a millisecond.
CLOCK_SECONDS = 0.25


def judge(on: Ring, trial: Trial) -> None:
    """Write down what is wrong with a pause, and when its collectors captured last."""
    trial.wrong += _captures(on, trial)
    trial.wrong += _leases(on, trial)
    trial.wrong += _records(on, trial)
    trial.wrong += _accounts(on, trial)


def believed(trial: Trial) -> Iterator[str]:
    """Say whether a false acknowledgement was stored."""
    from programs.models import StopProof

    false = StopProof.objects.filter(
        order=trial.order, collector=trial.program.ids[3], state="acknowledged"
    )
    if false.exists():
        yield "a lie was believed: who never stopped counts as stopped"


def _captures(on: Ring, trial: Trial) -> Iterator[str]:
    shown = on.shown_at(trial)
    for name in on.world.names(trial.program):
        last = on.world.of(name).last_within(name, trial.committed, trial.went_on)
        trial.last = max(trial.last, last - trial.committed if last else 0.0)
        if last > shown:
            yield f"{name} captured {last - shown:.2f} s after the stop was shown"
    limit = PROMPT_SECONDS if trial.fault.alive else BOUND_SECONDS
    if trial.last > limit:
        yield f"captured {trial.last:.2f} s after the commit, bound {limit:g} s"


def _leases(on: Ring, trial: Trial) -> Iterator[str]:
    liar_held = holds_a_lease(on.world, trial.program)
    limit = PROMPT_SECONDS if trial.fault.alive else STALE_SECONDS
    for liar in on.liars:
        for one in list(liar.given):
            if one.program != trial.program.slug or one.generation >= trial.generation:
                continue
            late = one.asked_at - trial.committed
            if late > 0 and (late > limit or not liar_held):
                yield f"a lease of generation {one.generation} {late:.2f} s after the commit"
            is_its = one.asked_at > trial.committed - LEASE_SECONDS
            if is_its and one.asked_at + LEASE_SECONDS > on.shown_at(trial):
                yield "shown as proven while a lease that was given could still be used"


def _records(on: Ring, trial: Trial) -> Iterator[str]:
    """Look at what was taken in after the commit of what was captured before it."""
    since = trial.committed
    for one in list(on.records.accepted[trial.program.slug]):
        if one.generation < trial.generation and one.asked_at > trial.heard:
            late = one.asked_at - since
            yield f"the API took a stamp of generation {one.generation} {late:.2f} s after"
    # A gate that cannot read its database hands out its last sheet until it is too old itself.
    limit = PROMPT_SECONDS if trial.fault.alive else STALE_SECONDS + GOOD_SECONDS
    for stamp in trial.stamps:
        name = label(stamp.name, stamp.generation)
        # To this moment: that the program goes on makes no old stamp good again.
        last = on.world.verifiers.last_within(name, since, time.time())
        trial.last_stamp = max(trial.last_stamp, last - since if last else 0.0)
        if last - since > limit:
            yield f"a verifier took {name} {last - since:.2f} s after the commit, bound {limit:g} s"


def _accounts(on: Ring, trial: Trial) -> Iterator[str]:
    """Hold the proof against who had captured, which the collectors themselves wrote down."""
    from programs.models import StopProof

    if on.proofs.missing[trial.order]:
        yield f"proven with {on.proofs.missing[trial.order]} collectors unaccounted for"
    which = trial.program.slug, trial.generation
    if which in on.reader.wrong:
        yield on.reader.wrong[which]
    rows = StopProof.objects.filter(order=trial.order).select_related("collector")
    told = {
        f"{trial.program.slug}/{row.collector.name.removeprefix('machine-')}": row for row in rows
    }
    for name in trial.had_captured - set(told):
        yield f"proven, and nothing is said of {name}, which had captured"
    for name, row in told.items():
        if row.violations:
            yield f"{name} keeps the protocol and is called a violator"
        end = row.stopped_at if row.state == "acknowledged" else row.settled_at
        if end is None or name not in on.world.names(trial.program):
            continue
        last = on.world.of(name).last_within(name, trial.committed, trial.went_on)
        if last > end.timestamp() + CLOCK_SECONDS:
            yield f"{name} captured {last - end.timestamp():.2f} s after its {row.state} end"


def forgeries(on: Ring) -> list[str]:
    """Return which false stamps were taken in anywhere."""
    taken = [name for name in list(on.world.verifiers.runs) if name.startswith(lies.FORGED)]
    return lies.wrong + [f"a verifier took {name}" for name in taken]
