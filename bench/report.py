"""How long a report takes by API until it is committed, with the pause that it brings."""

import http.client
import json
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

from bench.figure import Figure, spread
from config.launch import fresh, stack

ROUNDS = 40
WARM_UP = 5
GOAL_MS = 50.0
# Each report wakes an engine and a worker. The next one shall not wait for what they do: nobody
# files three reports a second.
REST_SECONDS = 0.4


def measure() -> list[Figure]:
    with fresh.andon("--no-demo") as instance:
        prepared = subprocess.run(
            [sys.executable, "-m", "bench.report_cast", str(ROUNDS + WARM_UP)],
            cwd=stack.ROOT,
            env={**instance.env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        cast = json.loads(prepared.stdout.splitlines()[-1])
        times = _report(instance.url, cast["token"], cast["programs"])
    return [
        Figure(
            "report by API, commit and pause included, median",
            statistics.median(times[WARM_UP:]),
            "ms",
            GOAL_MS,
            spread(times[WARM_UP:], "ms"),
        )
    ]


def _report(url: str, token: str, programs: list[str]) -> list[float]:
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    times = []
    for program in programs:
        body = {
            "title": f"Readable by everybody: {program}",
            "program": program,
            "audience": "everyone_inside",
            "still_open": "yes",
        }
        time.sleep(REST_SECONDS)
        begun = time.perf_counter()
        line.request("POST", "/api/v1/incidents", json.dumps(body), headers)
        answer = line.getresponse()
        said = json.loads(answer.read())
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 201 or not said["paused"]:
            raise RuntimeError(f"the report did not pause: {answer.status} {said}")
    return times
