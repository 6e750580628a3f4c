"""Those who use Andon meanwhile: they report, and say again what was not taken; some answer."""

import heapq
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

REST_SECONDS = 0.3
TRIES = 400


@dataclass
class Outside:
    """`accepted` maps each report to the incident that the API promised: nothing else may be lost.

    In seconds of wall time, `filed` holds when the report that was taken was sent, and `answered`
    when the API said that the incident is acknowledged.
    """

    port: int
    reporter: str
    commander: str
    programs: list[str]
    count: int
    each_seconds: float
    dice: random.Random
    share_answered: float = 0.2
    answered_within: float = 30.0
    accepted: dict[str, str] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    filed: dict[str, float] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    given_up: list[str] = field(default_factory=list)
    # Of no other seed: what is sent again under the same key is the same report.
    name: str = field(default_factory=lambda: uuid.uuid4().hex)

    def start(self) -> list[threading.Thread]:
        self._later: list[tuple[float, str]] = []
        self._over = threading.Event()
        threads = [threading.Thread(target=t, daemon=True) for t in (self._report, self._answer)]
        for thread in threads:
            thread.start()
        return threads

    def _report(self) -> None:
        for number in range(self.count):
            begun = time.monotonic()
            self._file(f"report-{self.name}-{number}", number)
            time.sleep(max(0.0, self.each_seconds - (time.monotonic() - begun)))
        self._over.set()

    def _file(self, key: str, number: int) -> None:
        body = {
            "title": f"Readable by everybody: {self.name} {number}",
            "audience": "everyone_inside",
            "still_open": "yes",
        }
        if self.programs and number == self.count // 2:
            body["program"] = self.programs[0]
        for _ in range(TRIES):
            sent = time.time()
            status, said = self._ask("/api/v1/incidents", self.reporter, body, key)
            if status in (200, 201):
                self.accepted[key] = said["incident"]
                self.filed[said["incident"]] = sent
                if self.dice.random() < self.share_answered:
                    when = time.monotonic() + self.dice.uniform(1, self.answered_within)
                    heapq.heappush(self._later, (when, said["incident"]))
                return
            self.refused[str(status)] += 1
            time.sleep(REST_SECONDS)
        self.given_up.append(key)

    def _answer(self) -> None:
        while not self._over.is_set() or self._later:
            if not self._later or self._later[0][0] > time.monotonic():
                time.sleep(0.1)
                continue
            _when, ref = heapq.heappop(self._later)
            for _ in range(TRIES):
                path = f"/api/v1/incidents/{ref}/acknowledge"
                status, _said = self._ask(path, self.commander)
                if status == 200:
                    self.answered[ref] = time.time()
                    break
                self.refused[f"answer {status}"] += 1
                time.sleep(REST_SECONDS)

    def _ask(self, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Return the status and what was said; 0 and None if there is no answer in time."""
        line = http.client.HTTPConnection("localhost", self.port, timeout=15)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            line.request("POST", path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            line.close()
