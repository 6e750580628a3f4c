"""`make chaos`: reports under load while processes and servers are killed; then what was lost.

Prints what was hit and found, and one JSON line last. Exit status 0 only if
nothing was lost, the record is clean, and no collector captured past its bound.
"""

import argparse
import base64
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.chaos.load import Load
from bench.chaos.victims import Victims, captures, flush_redis
from bench.figure import machine
from config.drill.receiver import Receiver
from config.launch import fresh, stack

COLLECTORS = 5
BOUND_NS = 13 * 10**9
SETTLE_SECONDS = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--reports", type=int, default=60)
    asked = parser.parse_args()
    print(f"seed {asked.seed}; {machine()}", flush=True)
    (pager,) = fresh.free_ports(1)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    with (
        Receiver(secret, port=pager) as receiver,
        fresh.andon("--no-demo", ANDON_INTERNAL_HOSTS=receiver.address) as andon,
        tempfile.TemporaryDirectory() as logs,
    ):
        cast = _inside(andon, "cast", str(asked.reports), str(COLLECTORS), receiver.address, secret)
        machines = [_collector(key, andon, Path(logs), n) for n, key in enumerate(cast["keys"])]
        try:
            found = _attack(andon, cast, asked.seed, receiver)
        finally:
            for process in machines:
                process.kill()
        found["captured_past_bound"] = _past_bound(found.pop("paused_at_ns"), Path(logs))
    print(json.dumps(found))
    wrong = [name for name in _MUST_BE_NOTHING if found[name]]
    print("nothing lost" if not wrong else f"WRONG: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


_MUST_BE_NOTHING = (
    *(
        "not_taken",
        "lost_incidents",
        "not_held",
        "not_escalated",
        "lost_pages",
        "failed_pages",
        "given_up",
    ),
    *("unproven", "flaws", "captured_past_bound"),
)


def _attack(andon: fresh.Fresh, cast: Any, seed: int, receiver: Receiver) -> dict[str, Any]:
    dice = random.Random(seed)
    victims = Victims(andon.launcher.pid, dice)
    load = Load(andon.url, cast["token"], cast["programs"], pause_seconds=1.0)
    reporting = load.start()
    flushes = 0
    while reporting.is_alive():
        time.sleep(dice.uniform(2.0, 5.0))
        if dice.random() < 0.15:
            flushes += flush_redis(andon.env.get("REDIS_URL", ""))
        else:
            victims.kill_one()
    seen = _settle(andon)
    delivered = Counter(receiver.arrivals)
    return {
        "reports": len(load.accepted),
        "said_again": load.refused,
        "not_taken": load.given_up,
        "killed": victims.killed,
        "flushes": flushes,
        "lost_incidents": sorted(set(load.accepted.values()) - set(seen["incidents"])),
        "not_held": sorted(set(load.accepted.values()) - set(seen["held"])),
        "not_escalated": sorted(set(load.accepted.values()) - set(seen["escalated"])),
        "pages": len(seen["pages"]),
        "lost_pages": sorted(set(seen["pages"]) - set(receiver.pages)),
        "extra_deliveries": sum(delivered.values()) - len(delivered),
        "failed_pages": seen["failed_pages"],
        "given_up": seen["given_up"],
        "unproven": seen["unproven"],
        "flaws": seen["flaws"],
        "paused_at_ns": seen["paused_at_ns"],
    }


def _settle(andon: fresh.Fresh) -> Any:
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            seen = _inside(andon, "check")
        except subprocess.CalledProcessError:
            seen = None
        if (seen and seen["settled"]) or time.monotonic() > end:
            return seen
        time.sleep(1.0)


def _inside(andon: fresh.Fresh, *words: str) -> Any:
    said = subprocess.run(
        [sys.executable, "-m", "bench.chaos.inside", *words],
        cwd=stack.ROOT,
        env={**andon.env, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(said.splitlines()[-1])


def _collector(key: str, andon: fresh.Fresh, logs: Path, number: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench.chaos.collector", str(logs / f"{number}.log")],
        cwd=stack.ROOT,
        env={
            "PYTHONPATH": str(stack.ROOT / "sdk"),
            "ANDON_GATE_URL": andon.gate_url,
            "ANDON_PROGRAM": "chaos-0",
            "ANDON_TOKEN": key,
        },
        stderr=subprocess.DEVNULL,
    )


def _past_bound(paused_at: list[int], logs: Path) -> int:
    """Count captures later than the pause plus lease plus staleness."""
    if not paused_at:
        return 0
    return sum(when > paused_at[0] + BOUND_NS for when in captures(logs))


if __name__ == "__main__":
    sys.exit(main())
