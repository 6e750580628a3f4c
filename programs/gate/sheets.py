"""What a verifier of stamps needs to know of a program. Made anew only when it changed."""

import hashlib
import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from programs import rfc3339, signing
from programs.gate.figures import Figures
from programs.gate.registry import Key, Program, Registry, Verdict, decide, views
from programs.stamps import Sheet, Standing

# How long a verifier may judge by a sheet, from before it asked.
GOOD_SECONDS = 1.0
_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A program's sheet as bytes, but for the time; and what it was made from."""

    source: tuple[Program, tuple[Key, ...], tuple[str, ...]]
    standings: dict[str, Standing]
    root: bytes
    tail: bytes
    tag: str

    def at(self, now: datetime) -> bytes:
        """Return the sheet as it is answered at this moment."""
        return b'{"server_time":"' + rfc3339.write(now).encode() + b'",' + self.tail

    def sheet(self, now: datetime) -> Sheet:
        """Return the sheet to judge by here."""
        return Sheet(self.source[0].slug, self.root, self.standings, now)


class Sheets:
    """The sheets of all programs that anybody asked for.

    Args:
        master: every stamp key is derived from it.
    """

    def __init__(self, registry: Registry, *, master: bytes, figures: Figures) -> None:
        self._registry = registry
        self._master = master
        self._drawn: dict[int, Drawn] = {}
        self._made = figures.sheets.labels("made")

    def root(self, program_id: int) -> bytes:
        return signing.stamp_root(self._master, program_id=program_id)

    def of(self, program: Program) -> Drawn:
        """Return the sheet of a program of the copy, of which only a change makes a new one."""
        collectors = self._registry.collectors_of(program.id)
        source = (program, collectors, self._registry.gates)
        drawn = self._drawn.get(program.id)
        # The collectors are the same tuple while no key changed: ten thousand are not compared.
        if drawn and drawn.source[1] is collectors and drawn.source == source:
            return drawn
        self._made.inc()
        drawn = self._drawn[program.id] = self._draw(source)
        return drawn

    def _draw(self, source: tuple[Program, tuple[Key, ...], tuple[str, ...]]) -> Drawn:
        program, collectors, gates = source
        view_of, seen = views(program), dict[Hashable, Verdict]()
        groups: dict[Verdict, int] = {}
        places: dict[str, int] = {}
        standings: dict[str, Standing] = {}
        for key in collectors:
            view = view_of(key.place)
            if view not in seen:
                seen[view] = decide(program, key.place)
            verdict = seen[view]
            places[key.collector] = groups.setdefault(verdict, len(groups))
            standings[key.collector] = Standing(
                key.collector_id, key.place, verdict.state, verdict.generation
            )
        root = self.root(program.id)
        said = {
            "program": program.slug,
            "good_seconds": GOOD_SECONDS,
            "stamp_root": root.hex(),
            "groups": [_group(program, verdict) for verdict in groups],
            "collectors": places,
            "gates": gates,
        }
        tail = _ENCODER.encode(said).encode()[1:]
        return Drawn(source, standings, root, tail, f'"{hashlib.sha256(tail).hexdigest()[:32]}"')


def _group(program: Program, verdict: Verdict) -> dict[str, Any]:
    said: dict[str, Any] = {"generation": verdict.generation, "state": verdict.state}
    for hold in program.holds:
        if hold.deadline and not verdict.collecting and hold.generation == verdict.generation:
            said["deadline_at"] = rfc3339.write(hold.deadline)
    return said
