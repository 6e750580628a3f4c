"""What is seen while a round runs: proofs in the database, and what a gate gives to a liar.

Also does the engine's part, at the earliest moment that it may: it closes stops at the bound.
"""

import http.client
import json
import threading
import time
from dataclasses import dataclass

from bench import stand
from bench.trials.outside import PROVEN
from bench.trials.world import LEASE_SECONDS, World
from programs.gate.registry import STALE_SECONDS

BOUND_SECONDS = LEASE_SECONDS + STALE_SECONDS
LOOK_SECONDS = 0.04
ASK_SECONDS = 0.2
# Of so many programs the liar holds a lease before the pause; of the others it wants one after.
LIARS = 2

_ORDERS = """
    SELECT o.id, o.proof, extract(epoch FROM pg_xact_commit_timestamp(o.xmin))::float8,
           extract(epoch FROM clock_timestamp() - pg_xact_commit_timestamp(h.xmin))::float8,
           (SELECT count(*) FROM programs_stopproof p
             WHERE p.order_id = o.id AND p.state NOT IN ('acknowledged', 'expired'))
           + (SELECT count(*) FROM programs_lease l
               WHERE l.program_id = o.program_id AND l.generation < o.generation
                 AND l.expires_at > clock_timestamp()
                 AND NOT EXISTS (SELECT FROM programs_stopproof p
                                   JOIN programs_stoporder w ON w.id = p.order_id
                                  WHERE w.generation > l.generation
                                    AND p.collector_id = l.collector_id
                                    AND (p.order_id = o.id
                                         OR p.state IN ('acknowledged', 'expired'))))
      FROM programs_stoporder o
      JOIN LATERAL (SELECT h.xmin FROM programs_pause h WHERE h.order_id = o.id
                     ORDER BY h.id LIMIT 1) h ON true
     WHERE NOT o.id = ANY(%s)
"""


def holds_a_lease(world: World, program: stand.Program) -> bool:
    """True if the liar of this program asks for leases before the pause as well."""
    return program in world.programs[-LIARS:]


class Proofs:
    """`shown` maps an order to when its proof was committed, in seconds of wall time.

    `missing` maps it to how many collectors the same look at the tables found that had not
    acknowledged, nor run out, nor were written down at all.
    """

    def __init__(self) -> None:
        self.shown: dict[int, float] = {}
        self.missing: dict[int, int] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        from django.db import Error, connection

        while True:
            try:
                self._look()
            except Error:
                connection.close()
            time.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        from django.db import connection

        from programs import stops

        with connection.cursor() as cursor:
            cursor.execute(_ORDERS, [list(self.shown)])
            rows = cursor.fetchall()
        for order, proof, at, age, missing in rows:
            if proof == PROVEN:
                self.shown[order] = at
                self.missing[order] = missing
            elif age is not None and age >= BOUND_SECONDS:
                stops.close(order)


@dataclass(frozen=True)
class Given:
    """A lease that a liar was given, by one of the gates."""

    program: str
    generation: int
    asked_at: float


class Liar:
    """Asks one gate for leases without end, and says that it runs, whatever it is told."""

    def __init__(self, world: World, number: int, paused: set[str]) -> None:
        self._world = world
        self._gate = world.gates[number]
        self._paused = paused
        self.given: list[Given] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            # What it says that it heard last: nothing, the generation that is over, the present.
            for back in (None, 1, 0):
                for program in self._world.programs:
                    if holds_a_lease(self._world, program) or program.slug in self._paused:
                        self._ask(program, back)
                time.sleep(max(0.0, began + ASK_SECONDS - time.monotonic()))
                began = time.monotonic()

    def _ask(self, program: stand.Program, back: int | None) -> None:
        generation = None if back is None else program.known_generation - back
        body = {"program": program.slug, "generation": generation, "status": "running"}
        headers = {
            "Authorization": f"Bearer {program.tokens[3]}",
            "Content-Type": "application/json",
        }
        asked_at = time.time()
        line = http.client.HTTPConnection("127.0.0.1", self._gate.port, timeout=1.0)
        try:
            line.request("POST", "/v1/lease", json.dumps(body), headers)
            answer = line.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return
        finally:
            line.close()
        if answer.status == 200:
            self.given.append(Given(program.slug, json.loads(said)["generation"], asked_at))
