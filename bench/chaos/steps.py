"""`python -m bench.chaos.steps`: page people while everything that can be killed is killed.

Real processes: web, gate, two engines, two workers, PostgreSQL, Redis; a receiver of its own notes
each page. Then the verdict: eight invariants, held against what others wrote down. Prints the
seeds, what was hit, what did not hold, and JSON. Exit status 0 only if all of them held.
"""

import argparse
import base64
import json
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench import stand
from bench.chaos import picture, settling, verdict
from bench.chaos.cast import cast
from bench.chaos.outside import Outside
from bench.chaos.plant import Plant
from bench.chaos.victims import captures
from bench.figure import machine

FIXED_SEEDS = (17, 4242)
# Whom a kill hits, by lot: what does the work most often.
ODDS = {
    "engine-1": 4,
    "engine-2": 4,
    "worker-1": 5,
    "worker-2": 5,
    **dict.fromkeys(("redis", "postgres"), 3),
    **dict.fromkeys(("web", "gate"), 1),
}
SMALL = {"flush": 0.08}
LARGE = {
    "flush": 0.05,
    "freeze": 0.06,
    "receiver": 0.06,
    "redis away": 0.01,
    "sessions": 0.02,
    "clock": 0.02,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos.steps", description=__doc__)
    parser.add_argument("--steps", type=int, default=300, help="at least so many, over all seeds")
    parser.add_argument("--kills", type=int, default=30, help="at least so many, over all seeds")
    parser.add_argument("--seed", type=int, nargs="*", help="instead of two fixed and a random one")
    parser.add_argument("--faults", choices=["kills", "all"], default="kills")
    parser.add_argument("--per-incident", type=int, default=8, help="steps until nobody answered")
    parser.add_argument("--wait", type=int, default=1, help="seconds between two steps")
    parser.add_argument("--rate", type=float, default=4.5, help="steps a second")
    parser.add_argument(
        "--no-kills", action="store_true", help="how late it is with nothing broken"
    )
    parser.add_argument("--to", type=Path, default=Path("var/chaos"), help="folder of the report")
    asked = parser.parse_args()
    seeds = asked.seed or [*FIXED_SEEDS, secrets.randbelow(10**6)]
    print(f"seeds {', '.join(map(str, seeds))}; {machine()}", flush=True)
    begun = time.monotonic()
    plant = Plant(random.Random(seeds[0]))
    try:
        run = Run(plant, asked)
        for seed in seeds:
            run.play(random.Random(seed), len(seeds))
        told = run.judge(seeds, begun)
    finally:
        plant.close()
    print(json.dumps(told))
    wrong = sorted(name for name, said in told["broken"].items() if said)
    print("all invariants held" if not wrong else f"BROKEN: {', '.join(wrong)}", flush=True)
    return 1 if wrong else 0


class Run:
    """One Andon under attack, for each seed after the other."""

    def __init__(self, plant: Plant, asked: argparse.Namespace) -> None:
        self.plant, self.asked = plant, asked
        self.faults: Counter[str] = Counter()
        self.accepted: dict[str, str] = {}
        self.filed: dict[str, float] = {}
        self.refused: Counter[str] = Counter()
        self.given_up: list[str] = []
        self.log = plant.folder / "received.jsonl"
        self.log.touch()
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.receiver = subprocess.Popen(
            [sys.executable, "-m", "bench.chaos.receiver", str(self.log), secret],
            cwd=stand.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.receiver.stdout
        address = f"127.0.0.1:{int(self.receiver.stdout.readline())}"
        self.cast = cast(address, secret, asked)
        # The same few people answer for all: what waits for their next minute is not late.
        plant.start(ANDON_INTERNAL_HOSTS=address, ANDON_PAGES_PER_MINUTE="1000")
        self.machines = [self._collector(key, n) for n, key in enumerate(self.cast["keys"])]

    def _collector(self, key: str, number: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "bench.chaos.collector", f"{self.plant.folder}/{number}.log"],
            cwd=stand.ROOT,
            env={
                "PYTHONPATH": str(stand.ROOT / "sdk"),
                "ANDON_PROGRAM": "chaos-0",
                "ANDON_GATE_URL": f"http://localhost:{self.plant.gate_port}",
                "ANDON_TOKEN": key,
            },
            stderr=subprocess.DEVNULL,
        )

    def play(self, dice: random.Random, shares: int) -> None:
        """Let people report and answer, and break things, until this seed's share is done."""
        asked, plant = self.asked, self.plant
        plant.dice = dice
        # A fifth is answered, on the average after half of the steps.
        incidents = -(-asked.steps * 10 // (9 * asked.per_incident * shares)) + 1
        programs = self.cast["programs"][:1] if not self.accepted else []
        outside = Outside(
            plant.port,
            self.cast["reporter"],
            self.cast["commander"],
            programs,
            incidents,
            asked.per_incident / asked.rate,
            dice,
            answered_within=asked.per_incident * asked.wait,
        )
        threads = outside.start()
        begun, kills = time.monotonic(), plant.kills.total()
        wanted = 0 if asked.no_kills else -(-asked.kills // shares)
        # So long lasts what is reported; the kills are spread over it.
        lasts = incidents * outside.each_seconds
        every = lasts / max(wanted, 1)
        while any(t.is_alive() for t in threads) or plant.kills.total() - kills < wanted:
            if asked.no_kills:
                plant.look_after(0.5)
                continue
            plant.look_after(dice.uniform(0.5, 1.3) * max(min(every, 4.0), 0.3))
            self._hit(dice)
            half = time.monotonic() - begun > lasts / 2
            if asked.faults == "all" and half and not self.faults["upgrades"]:
                self.upgrade()
        self._count(outside, took=time.monotonic() - begun)

    def _count(self, outside: Outside, *, took: float) -> None:
        self.accepted |= outside.accepted
        self.filed |= outside.filed
        self.refused += outside.refused
        self.given_up += outside.given_up
        print(
            f"{took:6.0f} s  {len(self.accepted)} reports, {self.plant.kills.total()} kills,"
            f" {dict(self.faults)}",
            file=sys.stderr,
            flush=True,
        )

    def _hit(self, dice: random.Random) -> None:
        odds = LARGE if self.asked.faults == "all" else SMALL
        drawn = dice.random()
        for name, chance in odds.items():
            drawn -= chance
            if drawn < 0:
                getattr(self, f"_{name.replace(' ', '_')}")(dice)
                return
        self.plant.kill(dice.choices(list(ODDS), list(ODDS.values()))[0])

    def _flush(self, _dice: random.Random) -> None:
        self.faults["Redis emptied"] += self.plant.flush_redis()

    def _freeze(self, dice: random.Random) -> None:
        name = dice.choice(["worker-1", "worker-2", "engine-1", "engine-2"])
        self.plant.freeze(name, dice.uniform(8, 40))
        self.faults["process frozen"] += 1

    def _receiver(self, dice: random.Random) -> None:
        way = dice.choice(["error", "silent", "drip", "garbage"])
        self._say(way)
        self.faults[f"receiver: {way}"] += 1
        self.plant.look_after(dice.uniform(1, 4))
        self._say("good")

    def _say(self, way: str) -> None:
        assert self.receiver.stdin
        self.receiver.stdin.write(way + "\n")
        self.receiver.stdin.flush()

    def _redis_away(self, dice: random.Random) -> None:
        self.faults["Redis away"] += self.plant.kill("redis", away=dice.uniform(15, 40))

    def _sessions(self, _dice: random.Random) -> None:
        import psycopg

        with suppress(psycopg.Error), psycopg.connect(self.plant.url, autocommit=True) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            self.faults["sessions ended"] += 1

    def _clock(self, dice: random.Random) -> None:
        """The clock of one process is four minutes wrong from its next start on."""
        post = dice.choice(self.plant.posts[:4])
        post.shift = 0.0 if post.shift else dice.choice([-240.0, 240.0])
        self.plant.kill(post.name)
        self.faults["clock wrong"] += 1

    def upgrade(self) -> None:
        """Change the tables while all run, then start each anew in turn, as an upgrade does."""
        import psycopg

        with psycopg.connect(self.plant.url, autocommit=True) as database:
            database.execute("SET lock_timeout = '2s'")
            database.execute("ALTER TABLE audit_due ADD COLUMN IF NOT EXISTS later text")
            database.execute(
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS later ON audit_due (later)"
                " WHERE later IS NOT NULL"
            )
        for name in self.plant.names():
            self.plant.ask_to_stop(name)
            self.plant.look_after(1.5)
        self.faults["upgrades"] += 1

    def judge(self, seeds: list[int], begun: float) -> dict[str, Any]:
        """Wait until nothing is due any more, and say what held."""
        self._say("good")
        for post in self.plant.posts:
            post.shift = 0.0
        end = settling.end(self.plant, self.accepted.values())
        broken_for = settling.settle(self.plant, end)
        for machine_ in self.machines:
            machine_.kill()
        found = verdict.judge(
            self.plant.url,
            self.log,
            end=end,
            accepted=self.accepted,
            captures=captures(self.plant.folder),
            filed=self.filed,
        )
        self.receiver.kill()
        found.hold("I1", not self.given_up, f"{len(self.given_up)} reports were never taken")
        steps, pages = found.figures.pop("_steps"), found.figures.pop("_pages")
        told = {
            "machine": machine(),
            "seeds": seeds,
            "seconds": round(time.monotonic() - begun),
            "kills": dict(self.plant.kills),
            "faults": dict(self.faults),
            "settled_after": round(broken_for, 1),
            "said_again": dict(self.refused),
            **found.figures,
            "broken": dict(found.broken),
        }
        told["goals"] = picture.goals(told, self.asked)
        for file in picture.write(self.asked.to, told, steps, pages):
            print(f"wrote {file}", file=sys.stderr)
        return told


if __name__ == "__main__":
    sys.exit(main())
