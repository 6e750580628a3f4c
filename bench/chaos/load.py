"""Reports, one after the other, each said again until it was taken.

And the receiver of the pages.
"""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TRIES = 600
REST_SECONDS = 0.2


@dataclass
class Load:
    """`accepted` maps each program to the incident that the API promised.

    Nothing else may be lost.
    """

    url: str
    token: str
    programs: list[str]
    pause_seconds: float
    accepted: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    given_up: list[str] = field(default_factory=list)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run)
        thread.start()
        return thread

    def _run(self) -> None:
        for program in self.programs:
            self._report(program)
            time.sleep(self.pause_seconds)

    def _report(self, program: str) -> None:
        body = {
            "title": f"Readable by everybody: {program}",
            "program": program,
            "audience": "everyone_inside",
            "still_open": "yes",
        }
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": program,
        }
        for _ in range(TRIES):
            try:
                line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=15)
                line.request("POST", "/api/v1/incidents", json.dumps(body), headers)
                answer = line.getresponse()
                said = answer.read()
                line.close()
                if answer.status in (200, 201):
                    self.accepted[program] = json.loads(said)["incident"]
                    return
                self.refused[str(answer.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                self.refused[type(error).__name__] += 1
            time.sleep(REST_SECONDS)
        self.given_up.append(program)
