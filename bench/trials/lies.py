"""False acknowledgements and false stamps. None may be believed."""

import http.client
import json
from typing import Any

from bench import stand
from bench.trials.world import World

# Statuses that false acknowledgements were answered with, and how many stamps were forged.
heard: dict[int, int] = {}
forged: dict[str, int] = {"stamps": 0}
# The true word that each liar said once; told again of every later stop.
_truths: dict[str, dict[str, Any]] = {}
FORGED = "forged"
wrong: list[str] = []


def tell(port: int, program: stand.Program) -> None:
    """Say of the fourth collector, which never stops, that it has stopped; each time falsely."""
    truth = _truths.get(program.slug)
    # What was true of an earlier stop, to the letter and as if it were of this one.
    again = [truth, truth | {"generation": program.known_generation}] if truth else []
    for word in _words(program) + again:
        status = _say(port, program, word)
        heard[status] = heard.get(status, 0) + 1


def tell_the_truth(port: int, program: stand.Program) -> int:
    """Say it once as it is; return the status. All lies differ from this in one thing each."""
    _truths[program.slug] = word = _signed(program, 3, program.known_generation - 1)
    return _say(port, program, word)


def _say(port: int, program: stand.Program, word: dict[str, Any]) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    headers = {
        "Authorization": f"Bearer {program.tokens[3]}",
        "Content-Type": "application/json",
    }
    try:
        line.request("POST", "/v1/ack", json.dumps(word), headers)
        return line.getresponse().status
    finally:
        line.close()


def _signed(
    program: stand.Program, number: int, of_generation: int, **other: Any
) -> dict[str, Any]:
    from django.utils import timezone

    from programs import signing

    generation = program.known_generation
    told = {
        "program": program.slug,
        "generation": generation,
        "lease_generation": generation - 1,
        "stopped_at": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "buffer": "empty",
        "counter": 1,
    } | other
    key = signing.key_for(_master(), collector_id=program.ids[number], generation=of_generation)
    word = signing.Word(collector=f"machine-{number}", **told)
    return told | {"signature": word.signature(key)}


def _master() -> bytes:
    from django.conf import settings

    from programs import signing

    return signing.master_from(settings.SECRET_KEY)


def _words(program: stand.Program) -> list[dict[str, Any]]:
    generation = program.known_generation
    mine = _signed(program, 3, generation - 1)
    return [
        # Another collector's key and signature; the key of another generation.
        _signed(program, 0, generation - 1),
        _signed(program, 3, generation),
        _signed(program, 3, generation - 2),
        # An old word said again with the new number.
        _signed(
            program, 3, generation - 1, generation=generation - 1, lease_generation=generation - 2
        )
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


def forge(world: World, program: stand.Program) -> None:
    """Let the verifier of a program and the API judge stamps that nobody made."""
    texts = _forgeries(program)
    for text in texts:
        forged["stamps"] += 1
        world.verifiers.say(f"{program.slug} {FORGED}{forged['stamps']} {text}")
    body = {"program": program.slug, "stamps": [{"stamp": text} for text in texts]}
    status, said = world.web.ask("POST", "/api/v1/stamps/verify", world.keys[program.slug], body)
    if status != 200 or said["accepted"]:
        wrong.append(f"{program.slug}: forged stamps were answered {status} {said}")


def _forgeries(program: stand.Program) -> list[str]:
    # As its collectors live in it until the pause of this round, the generation is a good one.
    generation = program.generation()
    own, other = f"machine-{0}", f"machine-{1}"
    good = _stamp(program, own, generation, key_of=own)
    kind, *parts, signature = good.split(";")
    return [
        _stamp(program, own, generation, key_of=other),
        _stamp(program, own, generation, key_of=own, key_generation=generation - 1),
        _stamp(program, own, generation, key_of=own, root=b"0" * 32),
        *(";".join((kind, *parts, said)) for said in ("", "none", "0" * 64, signature[:32])),
        ";".join((kind, *parts, signature.upper().replace("0", "O"))),
        ";".join(("andon0", *parts, signature)),
        ";".join((kind, *parts, signature, "alg=none")),
        good.replace(own, other),
        good.replace(f";{generation};", f";0{generation};"),
        good.replace(f";{generation};", f";{generation + 1};"),
        good.replace(";-;", f";{'0' * 64};"),
    ]


def _stamp(
    program: stand.Program,
    name: str,
    generation: int,
    *,
    key_of: str,
    key_generation: int | None = None,
    root: bytes = b"",
) -> str:
    from django.utils import timezone

    from programs import rfc3339, signing

    root = root or signing.stamp_root(_master(), program_id=program.row.pk)
    key = signing.stamp_key(root, collector=key_of, generation=key_generation or generation)
    lines = (program.slug, name, str(generation), rfc3339.write(timezone.now()), "-")
    return ";".join(("andon1", *lines, signing.stamp_signature(key, lines)))
