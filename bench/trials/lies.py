"""False acknowledgements. None may be stored."""

import http.client
import json
from functools import partial
from typing import Any

from bench import stand

# Statuses that a lie was answered with; a 200 would be a lie believed.
heard: dict[int, int] = {}


def tell(port: int, program: stand.Program) -> None:
    """Say of the fourth collector, which never stops, that it has stopped; each time falsely."""
    for word in _words(program):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            line.request(
                "POST",
                "/v1/ack",
                json.dumps(word),
                {
                    "Authorization": f"Bearer {program.tokens[3]}",
                    "Content-Type": "application/json",
                },
            )
            status = line.getresponse().status
        finally:
            line.close()
        heard[status] = heard.get(status, 0) + 1


def _words(program: stand.Program) -> list[dict[str, Any]]:
    generation = program.known_generation
    signed = partial(_signed, program)
    mine = signed(3, generation - 1)
    return [
        # Another collector's key and signature; the key of another generation.
        signed(0, generation - 1),
        signed(3, generation),
        signed(3, generation - 2),
        # An old word said again with the new number.
        signed(3, generation - 1, generation=generation - 1, lease_generation=generation - 2)
        | {"generation": generation},
        # What was signed is not what is said.
        mine | {"stopped_at": "2020-01-01T00:00:00Z"},
        mine | {"buffer": "purged"},
        mine | {"counter": 2},
        # No signature, half of one, another algorithm's.
        mine | {"signature": ""},
        mine | {"signature": "none"},
        mine | {"signature": mine["signature"][:32]},
        mine | {"signature": "0" * 64},
        mine | {"signature": None, "alg": "none"},
        mine | {"signature": mine["signature"][::-1], "alg": "HS512"},
    ]


def _signed(
    program: stand.Program, number: int, of_generation: int, **other: Any
) -> dict[str, Any]:
    """What a collector says, signed with its key of a generation."""
    from django.conf import settings
    from django.utils import timezone

    from programs import signing

    generation = program.known_generation
    said = {
        "program": program.slug,
        "generation": generation,
        "lease_generation": generation - 1,
        "stopped_at": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "buffer": "empty",
        "counter": 1,
    } | other
    master = signing.master_from(settings.SECRET_KEY)
    key = signing.key_for(master, collector_id=program.ids[number], generation=of_generation)
    word = signing.Word(collector=f"machine-{number}", **said)
    return said | {"signature": word.signature(key)}
