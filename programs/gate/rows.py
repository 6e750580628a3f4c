"""What the gate reads of the database: statements, and what their rows mean."""

from collections.abc import Iterable, Sequence
from typing import Any

from programs.gate.registry import Hold, IngestKey, Key, Program
from programs.gate.subjects import Listed
from programs.presence import ALIVE_SECONDS, MOST_NAMED
from programs.reach import Place, Reach, Turn

# One statement, thus one moment: a program, the pauses that hold it and the generations that began
# for a part of it never differ.
PROGRAMS = """
    SELECT p.id, p.slug, p.state, p.generation, p.whole_generation, p.open_seats, p.lease_seconds,
           p.controls_end_at,
           ARRAY(SELECT ROW(h.dataset_id, h.drill_only, h.label, o.generation, o.deadline_at)
                   FROM programs_pause h LEFT JOIN programs_stoporder o ON o.id = h.order_id
                  WHERE h.program_id = p.id AND h.lifted_at IS NULL ORDER BY h.id),
           ARRAY(SELECT ROW(max(COALESCE(o.resumed_generation, o.generation)),
                            o.dataset_id, o.drill_only)
                   FROM programs_stoporder o
                  WHERE o.program_id = p.id
                    AND COALESCE(o.resumed_generation, o.generation) > p.whole_generation
                  GROUP BY o.dataset_id, o.drill_only ORDER BY o.dataset_id, o.drill_only),
           p.subjects_version
      FROM programs_program p
     ORDER BY p.id
"""
# One statement again: a list that says its version has every choice up to it.
SUBJECTS = """
    SELECT p.id, p.subjects_version,
           ARRAY(SELECT c.tag::text FROM programs_participantchoice c
                  WHERE c.program_id = p.id AND c.kind = 'opt_out' ORDER BY c.tag),
           ARRAY(SELECT ROW(c.tag::text, c.until) FROM programs_participantchoice c
                  WHERE c.program_id = p.id AND c.kind = 'break' AND c.until > clock_timestamp()
                  ORDER BY c.tag),
           ARRAY(SELECT DISTINCT c.key_print::text FROM programs_participantchoice c
                  WHERE c.program_id = p.id)
      FROM programs_program p
     WHERE p.id = ANY(%s)
"""
# Keys and collectors are added, and ended once. Whatever happens to them moves a number here,
# whichever clock wrote the times.
FINGERPRINT = f"""
    SELECT count(*), coalesce(max(k.id), 0), count(k.revoked_at), count(c.retired_at),
           (SELECT count(*) + count(revoked_at) FROM programs_programkey WHERE kind = 'i'),
           ARRAY(SELECT DISTINCT url FROM programs_gateprocess
                  WHERE seen_at > clock_timestamp() - interval '{ALIVE_SECONDS} s'
                  ORDER BY url LIMIT {MOST_NAMED}),
           clock_timestamp()
      FROM programs_collectorkey k JOIN programs_collector c ON c.id = k.collector_id
"""  # noqa: S608 - both are numbers of ours
KEYS = """
    SELECT k.key_id, k.secret_hash, k.expires_at,
           k.revoked_at IS NOT NULL OR c.retired_at IS NOT NULL,
           c.id, c.name, c.program_id, c.dataset_id, c.seat, c.is_drill, c.retired_at IS NOT NULL
      FROM programs_collectorkey k JOIN programs_collector c ON c.id = k.collector_id
"""
# Columns of a key; the three that follow say where its collector stands.
_OF_KEY = 7
INGEST_KEYS = """
    SELECT key_id, secret_hash, expires_at, revoked_at IS NOT NULL, label, program_id
      FROM programs_programkey WHERE kind = 'i'
"""
LEASES = """
    SELECT DISTINCT ON (l.collector_id) l.collector_id, l.generation,
           extract(epoch FROM clock_timestamp() - l.renewed_at)::float8
      FROM programs_lease l
      JOIN programs_program p ON p.id = l.program_id
       AND p.state IN ('collecting', 'resuming') AND l.generation >= p.whole_generation
     WHERE l.revoked_at IS NULL AND l.expires_at > clock_timestamp()
     ORDER BY l.collector_id, l.generation DESC
"""


def programs(found: Iterable[Sequence[Any]]) -> list[Program]:
    return [Program(*(*row, _holds(holds), _turns(turns))) for *row, holds, turns, _ in found]


def versions(found: Iterable[Sequence[Any]]) -> dict[int, int]:
    """Return the version of each program's list of choices, from the rows of PROGRAMS."""
    return {row[0]: row[-1] for row in found}


def subjects(found: Iterable[Sequence[Any]]) -> list[Listed]:
    return [
        Listed(program, version, tuple(out), tuple(map(tuple, breaks)), tuple(prints))
        for program, version, out, breaks, prints in found
    ]


def _holds(found: Iterable[Any]) -> tuple[Hold, ...]:
    return tuple(Hold(Reach(dataset, drill), *rest) for dataset, drill, *rest in found)


def _turns(found: Iterable[Any]) -> tuple[Turn, ...]:
    return tuple(Turn(generation, Reach(*reach)) for generation, *reach in found)


def keys(found: Iterable[Sequence[Any]]) -> list[Key]:
    return [Key(*(*row[:_OF_KEY], Place(*row[_OF_KEY:-1]), row[-1])) for row in found]


def ingest_keys(found: Iterable[Sequence[Any]]) -> list[IngestKey]:
    return [IngestKey(*row) for row in found]
