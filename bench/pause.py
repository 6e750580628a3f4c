"""What a pause costs and how fast it is, with ten thousand collectors on a real gate.

Each has a lease and an open stream, held by bench/streams.c on the same machine. The
gate runs in two processes and the pause is `programs.pauses.pause`, all on a PostgreSQL
and a Redis of their own that write to the disk as production's do.
"""

import argparse
import contextlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bench import stand
from bench.client import Client
from bench.figure import Figure, machine, spread
from bench.pause_watch import Watch

STREAMS = 10_000
ROUNDS = 7
ACKNOWLEDGING = 9_000
WIDTH = 500
SDK_GATES = 10
IDLE_SECONDS = 20.0
RENEWING = 64
RENEW_MS = 5_000
# What each of the two ends needs besides its streams.
SPARE_FILES = 1_200


@dataclass
class Stand:
    """Everything that stands while rows are measured. `streams` are held, whatever was asked."""

    streams: int
    gate: stand.Gate
    client: Client
    program: stand.Program

    def lease(self, count: int, *, keep: bool = False) -> None:
        self._all(
            self.client.ask("lines" if keep else "lease", count, WIDTH, "starting"), "leased", count
        )

    def open(self, count: int) -> None:
        self._all(self.client.ask("open", count, WIDTH), "open", count)

    def resume(self) -> None:
        """Let the program go on, and wait until every stream has heard it."""
        self.client.tell("await", self.program.generation() + 1, "-")
        self.client.hear()
        self.program.resume()
        self.client.hear()

    @staticmethod
    def _all(said: dict[str, Any], what: str, count: int) -> None:
        if said[what] != count:
            raise RuntimeError(f"{what} {said[what]} of {count}: {said}")


@contextlib.contextmanager
def standing(streams: int, *, workers: int = 2) -> Iterator[Stand]:
    with stand.folder() as folder:
        program = stand.Program(streams + SDK_GATES)
        gate = stand.Gate(workers=workers)
        gate.start()
        client = Client(gate.port, program, folder)
        try:
            yield Stand(streams, gate, client, program)
        finally:
            client.close()
            gate.kill()


def within_limits(streams: int) -> int:
    """Raise the limit of open files as far as it goes; return how many streams it allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed = streams if most == resource.RLIM_INFINITY else min(streams, most - SPARE_FILES)
    if allowed < streams:
        print(f"this machine allows {most:,} open files: {allowed:,} streams", flush=True)
    return allowed


# --- Rows


def opening(on: Stand) -> list[Figure]:
    on.lease(1)
    time.sleep(1.0)
    before = on.gate.memory_kib()
    on.open(on.streams)
    time.sleep(1.0)
    each = (on.gate.memory_kib() - before) / on.streams
    cpu, began = on.gate.cpu_seconds(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = 100 * (on.gate.cpu_seconds() - cpu) / (time.monotonic() - began)
    return [
        Figure("memory of the gate per open stream", each, "KiB", 15, f"{on.streams:,} streams"),
        Figure(f"{on.streams:,} idle streams with their beats", share, "% core", 15),
    ]


def telling(on: Stand) -> list[Figure]:
    rounds: list[Told] = []
    watch = Watch(on.gate.port, on.program.slug, on.program.tokens[on.streams :])
    try:
        rounds += [_told(on, watch) for _ in range(ROUNDS)]
    finally:
        watch.close()
    told = [each.last for each in rounds]
    ours = [each.ours for each in rounds]
    seen = sorted(at for each in rounds for at in each.seen)
    median, most = (150, 300) if on.streams > 1_000 else (25, 60)
    share = seen[min(len(seen) - 1, int(len(seen) * 0.99))]
    name = f"BEGIN of the pause → last of {on.streams:,} streams told"
    return [
        Figure(
            f"{name}, median",
            statistics.median(told),
            "ms",
            median,
            f"{spread(told, 'ms')}; pause() itself {statistics.median(ours):.3g} ms",
        ),
        Figure(f"{name}, most", max(told), "ms", most),
        Figure(
            f"commit → allowed() is false in an SDK beside {on.streams:,}, p99",
            share,
            "ms",
            300,
            f"median {statistics.median(seen):.3g} ms, n={len(seen)}",
        ),
    ]


@dataclass
class Told:
    """One pause, in milliseconds: until the last stream was told, and its own call returned, from
    its BEGIN; and until each SDK gate said no, from its commit.
    """

    last: float
    ours: float
    seen: list[float]


def _told(on: Stand, watch: Watch) -> Told:
    on.lease(on.streams)
    watch.wait(allowed=True)
    on.client.tell("await", on.program.generation() + 1, "-")
    on.client.hear()
    time.sleep(0.3)
    began = on.program.pause()
    ours = (time.monotonic_ns() - began) / 1e6
    said = on.client.hear()
    if said["told"] != said["of"]:
        raise RuntimeError(f"not all were told: {said}")
    committed = on.program.committed_at()
    seen = [(at - committed) * 1e3 for at in watch.wait(allowed=False)]
    on.resume()
    return Told((said["last"] - began) / 1e6, ours, seen)


def acknowledging(on: Stand) -> list[Figure]:
    count = min(ACKNOWLEDGING, on.streams)
    times, again, cpu = [], 0, 0.0
    for _ in range(3):
        on.lease(count, keep=True)
        generation = on.program.generation()
        words = on.client.words([_word(on.program, n, generation) for n in range(count)])
        on.client.tell("await", generation + 1, words)
        on.client.hear()
        before = on.gate.cpu_seconds()
        began = on.program.pause()
        said = on.client.hear()
        cpu += on.gate.cpu_seconds() - before
        if said["stored"] != count:
            raise RuntimeError(f"not all were stored: {said}")
        times.append((said["stored_last"] - began) / 1e9)
        again += said["again"]
        on.resume()
    goal = 1.3 if count > 1_000 else 0.5
    return [
        Figure(
            f"BEGIN of the pause → all {count:,} acknowledged",
            statistics.median(times),
            "s",
            goal,
            f"{spread(times, 's')}; {again} said again; {cpu / len(times):.2g} s of CPU",
        )
    ]


def _word(program: stand.Program, number: int, lease_generation: int) -> str:
    from django.conf import settings
    from django.utils import timezone

    from programs import signing

    said = {
        "program": program.slug,
        "generation": lease_generation + 1,
        "lease_generation": lease_generation,
        "stopped_at": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "buffer": "empty",
        "counter": 1,
    }
    master = signing.master_from(settings.SECRET_KEY)
    key = signing.key_for(master, collector_id=program.ids[number], generation=lease_generation)
    word = signing.Word(collector=f"machine-{number}", **said)
    return json.dumps(said | {"signature": word.signature(key)})


def restarting(on: Stand) -> list[Figure]:
    on.lease(on.streams)
    said = _again(on, "both", on.streams, WIDTH, "running")
    seconds = (said["last"] - said["answered"]) / 1e9
    starting = (said["answered"] - said["first"]) / 1e9
    on.program.pause()
    paused = _again(on, "lease", on.streams, WIDTH, "running")
    on.program.resume()
    return [
        Figure(
            f"gate killed and started → {said['leased']:,} leased, listening again",
            seconds if said["leased"] == said["open"] == on.streams else float("inf"),
            "s",
            5,
            f"from its first answer on, {starting:.1f} s after it listened",
        ),
        Figure(
            f"the same during a pause: leases given, of {paused['refused']:,} that asked",
            paused["leased"],
            "",
            0,
        ),
    ]


def _again(on: Stand, *command: object) -> dict[str, Any]:
    on.gate.kill()
    while on.client.ask("state")["open"]:
        time.sleep(0.05)
    on.gate.start()
    return on.client.ask(*command)


def renewing() -> list[Figure]:
    with standing(RENEWING, workers=1) as on:
        on.lease(RENEWING, keep=True)
        cpu = on.gate.cpu_seconds()
        said = on.client.ask("renew", RENEWING, RENEW_MS)
        cost = (on.gate.cpu_seconds() - cpu) / said["renewals"] * 1e6
    return [
        Figure(
            "renewals by one gate process",
            said["renewals"] / said["seconds"],
            "/s",
            10_000,
            f"{said['bad']} refused; {cost:.0f} µs of CPU each",
            at_least=True,
        )
    ]


def measure(streams: int = STREAMS) -> Iterator[Figure]:
    streams = within_limits(streams)
    with stand.database():
        with standing(streams) as on:
            for rows in (opening, telling, restarting):
                yield from rows(on)
        with standing(min(streams, 9_000)) as on:
            on.open(on.streams)
            yield from acknowledging(on)
        if streams > 1_000:
            with standing(1_000) as on:
                on.open(1_000)
                yield from telling(on)
        yield from renewing()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pause", description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS)
    asked = parser.parse_args()
    print(machine(), flush=True)
    figures = []
    for figure in measure(asked.streams):
        print(figure.line(), flush=True)
        figures.append(figure)
    print(json.dumps([asdict(figure) | {"met": figure.met} for figure in figures]))
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
