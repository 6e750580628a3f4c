"""What people and other systems are told by the API of a real web process, while a round runs.

Whoever reads here shares no code with those who order and prove stops, only what they answer.
"""

import threading
import time
from collections import Counter, defaultdict
from typing import NamedTuple

from bench import stand
from bench.trials.world import Stamp, World

# A key may ask 240 times a minute.
ASK_SECONDS = 0.35
LOOK_SECONDS = 0.2
PROVEN = "paused_proven"


class Accepted(NamedTuple):
    """A stamp that the API said may be taken in; when it was asked, in seconds of wall time."""

    generation: int
    asked_at: float


class RecordsIn:
    """Asks `POST /api/v1/stamps/verify` about the newest stamps of each program, all the time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answers: Counter[int] = Counter()
        self.accepted: defaultdict[str, list[Accepted]] = defaultdict(list)
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self, program: stand.Program, texts: list[str]) -> list[bool]:
        """Return of each stamp whether its record may be taken in; nothing without an answer."""
        body = {"program": program.slug, "stamps": [{"stamp": text} for text in texts]}
        key = self._world.keys[program.slug]
        status, said = self._world.web.ask("POST", "/api/v1/stamps/verify", key, body)
        self.answers[status] += 1
        return [each["accepted"] for each in said["results"]] if status == 200 else []

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            for program in self._world.programs:
                self._look(program, self._world.stamps_of(program))
            time.sleep(max(0.0, began + ASK_SECONDS - time.monotonic()))

    def _look(self, program: stand.Program, stamps: list[Stamp]) -> None:
        asked_at = time.time()
        said = self.ask(program, [stamp.text for stamp in stamps]) if stamps else []
        self.accepted[program.slug] += [
            Accepted(stamp.generation, asked_at)
            for stamp, good in zip(stamps, said, strict=False)
            if good
        ]


class Reader:
    """Reads `GET /api/v1/programs` all the time, as a page that is left open does.

    `shown` maps a program and a generation to when its stop was first seen to be proven;
    `wrong` to what was seen to be wrong with it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.answers: Counter[int] = Counter()
        self.shown: dict[tuple[str, int], float] = {}
        self.wrong: dict[tuple[str, int], str] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            status, said = self._world.web.ask("GET", "/api/v1/programs", self._world.reader)
            self.answers[status] += 1
            for each in said if status == 200 else []:
                if each["stop"]:
                    self._read(each["slug"], each["stop"])
            time.sleep(LOOK_SECONDS)

    def _read(self, slug: str, stop: dict) -> None:
        which = slug, stop["generation"]
        if stop["proof"] == PROVEN:
            self.shown.setdefault(which, time.time())
            missing = stop["collectors"] - stop["acknowledged"] - stop["expired"]
            if missing:
                self.wrong[which] = f"shown as proven with {missing} collectors unaccounted for"
        elif which in self.shown:
            self.wrong[which] = f"shown as proven, then as {stop['proof']}"
