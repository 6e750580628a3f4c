"""Where records come in: is a stamp of the generation that a pause ended taken after it?

Asked all the time in the two ways that there are: of the SDK's verifier, which judges from
memory by the sheets of both gates, and of what `POST /api/v1/stamps/verify` judges by.
"""

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench import stand
from bench.trials.world import World
from programs.gate.registry import STALE_SECONDS
from programs.gate.sheets import GOOD_SECONDS

ASK_SECONDS = 0.1
PROMPT_SECONDS = 1.0
# Of a verifier whose gate is cut off: its sheet, and by how much the gate's copy may be old.
LATEST_SECONDS = STALE_SECONDS + GOOD_SECONDS


@dataclass(frozen=True)
class Taken:
    """A record that was taken in, `at` in seconds of wall time."""

    program: str
    generation: int
    at: float
    from_memory: bool


class Records:
    """Asks whether a record of the generation is good that each program last collected in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.taken: list[Taken] = []
        self.asked = 0
        self._verifiers = {one.slug: _verifier(one, world) for one in world.programs}
        # Long before any stop: a record that comes late is refused, and is no violation.
        self._captured = time.time() - 60
        threading.Thread(target=self._run, daemon=True).start()

    def wrong(
        self,
        program: stand.Program,
        generation: int,
        committed: float,
        heard: float,
        *,
        alive: bool,
    ) -> Iterator[str]:
        """Say what is wrong with what was taken after a pause that began this generation.

        Args:
            committed: of the pause, in seconds of wall time, as is `heard`.
            heard: when it was known to be committed: the database takes nothing old from then on.
            alive: every part worked.
        """
        prompt = PROMPT_SECONDS if alive else LATEST_SECONDS
        for one in list(self.taken):
            if one.program != program.slug or one.generation >= generation:
                continue
            limit = committed + prompt if one.from_memory else heard
            if one.at > limit:
                by = "a verifier" if one.from_memory else "the database"
                late = one.at - committed
                yield f"{by} took a record of generation {one.generation} {late:.2f} s after"

    def _run(self) -> None:
        from django.db import Error, connection

        while True:
            began = time.monotonic()
            for program in self._world.programs:
                try:
                    self._ask(program)
                except Error:
                    connection.close()
            time.sleep(max(0.0, began + ASK_SECONDS - time.monotonic()))

    def _ask(self, program: stand.Program) -> None:
        from programs import judging
        from programs.judging import Claim

        # Not refreshed by a pause: the generation that it last went on in.
        generation = program.row.generation
        stamp = _stamp(program, generation, self._captured)
        self.asked += 1
        at = time.time()
        if self._verifiers[program.slug].check(stamp).accepted:
            self.taken.append(Taken(program.slug, generation, at, from_memory=True))
        at = time.time()
        (judged,) = judging.judge(program.row, [Claim(stamp)], by=program.maker)
        if judged.accepted:
            self.taken.append(Taken(program.slug, generation, at, from_memory=False))


def _verifier(program: stand.Program, world: World) -> Any:
    sys.path.insert(0, str(stand.ROOT / "sdk"))
    import andon

    from accounts.actors import Actor
    from programs import keys

    owner = Actor.person(program.row.owner, via="command")
    _, text = keys.issue_for_ingest(program.row, label="Trials", actor=owner)
    urls = ",".join(f"http://127.0.0.1:{gate.public}" for gate in world.gates)
    return andon.Verifier(program.slug, urls, text)


def _stamp(program: stand.Program, generation: int, captured: float) -> str:
    from datetime import UTC, datetime

    from django.conf import settings

    from programs import rfc3339, signing

    root = signing.stamp_root(signing.master_from(settings.SECRET_KEY), program_id=program.row.pk)
    name = "machine-0"
    key = signing.stamp_key(root, collector=name, generation=generation)
    at = rfc3339.write(datetime.fromtimestamp(captured, UTC))
    lines = (program.slug, name, str(generation), at, "-")
    return ";".join(("andon1", *lines, signing.stamp_signature(key, lines)))
