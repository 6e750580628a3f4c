#!/usr/bin/env python3
"""Check what Andon gave you without Andon: an evidence bundle, or checkpoints of its record.

    python3 verify_andon.py bundle INC-17.zip --key andon-record-key.pem [--checkpoint MINE.jsonl]
    python3 verify_andon.py checkpoints MINE.jsonl --key andon-record-key.pem

Needs Python 3.9 or newer and nothing else, and no network. Get the key from the installation once,
by a way that you trust. Ends with 0 if all is good, 1 if something is not, 2 if the file cannot be
read, as when it was cut off, 3 if all fits together but no key was given, so that anybody may have
made it, and 4 if none of your checkpoints could be compared, so that this may be a second record.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

# --- Ed25519, RFC 8032, section 5.1: checking only, so nothing here is secret

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def _added(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = _added(result, point)
        point, factor = _added(point, point), factor >> 1
    return result


def _point(raw: bytes) -> Point:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _packed(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """True if the signature, 64 bytes, of the message was made with the key, 32 bytes."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    try:
        a = _point(key)
    except ValueError:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    right = _added(_times(s, BASE), _times(k, minus_a))
    return (len(key), len(signature)) == (32, 64) and s < L and _packed(right) == r


# --- What is signed, and the tree of RFC 6962


class Bad(Exception):
    """Something does not hold; the message says what."""


class NotCompared(Exception):
    """All else is good, but a checkpoint that was kept could not be compared with it."""


class Unreadable(Exception):
    """This is not what it should be, or its end is missing; nothing was checked."""


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parsed(text: "str | bytes", what: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Bad(f"{what} cannot be read: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) < len(pairs):
        raise ValueError("a name is said twice")
    return dict(pairs)


def key_of(pem: str) -> bytes:
    """Return the 32 bytes of a public key in PEM."""
    try:
        raw = base64.b64decode("".join(line for line in pem.split("\n") if "--" not in line))
    except ValueError:
        raw = b""
    if len(raw) != 44 or raw[:12].hex() != "302a300506032b6570032100":
        raise Unreadable("the key is no public key of Ed25519 in PEM")
    return raw[12:]


def key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def opened(text: "str | bytes", key: bytes, what: str, kind: str) -> dict[str, Any]:
    """Return the document in a sealed text once its signature by this key was checked."""
    sealed = parsed(text, what)
    try:
        document = sealed["document"]
        signatures = [sealed["signature"], *sealed.get("older", [])]
        ours = [each["value"] for each in signatures if each["key_id"] == key_id(key)]
        if not ours:
            named = signatures[0]["key_id"]
            raise Bad(f"{what} is of another installation: it was signed with the key {named}")
        value = base64.b64decode(ours[0], validate=True)
        found: dict[str, Any] = document
        if not is_signed(key, canonical(document), value):
            raise Bad(f"{what} was changed after it was signed")
        if (found["kind"], found["version"]) != (kind, 1):
            raise Bad(f"{what} is no {kind} of version 1")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Bad(f"{what} does not say what it must: {error!r}") from None
    return found


def root_of(entry_hash: str, place: int, size: int, path: list[str]) -> str:
    """Return the root to which a path leads from an entry, as in RFC 6962, section 2.1.1."""
    sides, start, end = [], 0, size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        sides.append(place >= middle)
        start, end = (middle, end) if place >= middle else (start, middle)
    if not 0 <= place < size or len(sides) != len(path):
        raise Bad("the path of the entry does not fit the tree")
    whole = hashlib.sha256(b"\0" + bytes.fromhex(entry_hash)).digest()
    for is_right, step in zip(reversed(sides), path):  # noqa: B905 - since Python 3.10 only
        other = bytes.fromhex(step)
        pair = other + whole if is_right else whole + other
        whole = hashlib.sha256(b"\1" + pair).digest()
    return whole.hex()


# --- An evidence bundle

# What Python says of a file that is no ZIP as it writes them, and of one that was made to be none.
_ODD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError)
NO_BUNDLE = (*_ODD, struct.error)


def check_bundle(path: str, key: "bytes | None", mine: "str | None") -> Iterator[str]:
    """Yield what was found good; raise at the first thing that is not."""
    try:
        bundle = zipfile.ZipFile(path)
        names = bundle.namelist()
    except (OSError, zipfile.BadZipFile, *NO_BUNDLE) as error:
        raise Unreadable(f"it is no ZIP, or its end is missing: {error}") from None
    if "manifest.json" not in names or "key.pem" not in names:
        raise Unreadable("it is no evidence bundle of Andon: it has no manifest or no key")
    key = key or key_of(_text(bundle, "key.pem"))
    manifest = opened(_read(bundle, "manifest.json"), key, "the manifest", "andon-bundle")
    yield f"{manifest['incident']}, made {manifest['made_at']} by {manifest['made_by']}"
    yield f"the manifest is signed with the key {key_id(key)}"
    listed = manifest["files"]
    if sorted(names) != sorted([*(each["name"] for each in listed), "manifest.json"]):
        raise Bad("the bundle does not hold the files that its manifest names, each once")
    for each in listed:
        _check_file(bundle, each)
    yield f"{len(listed)} files are what was put in, by size and SHA-256"
    for each in manifest["left_out"]:
        yield f"LEFT OUT of the bundle: {each['name']}: {each['why']}"
    point = opened(_read(bundle, "checkpoint.json"), key, "the checkpoint", "andon-checkpoint")
    yield f"checkpoint {point['number']} over {point['size']} entries, {point['made_at']}"
    yield from _check_chain(bundle, point)
    yield from _check_stops(bundle, names)
    if mine:
        yield _compared(point, mine, key)


def _read(bundle: zipfile.ZipFile, name: str) -> bytes:
    return b"".join(_pieces(bundle, name))


def _text(bundle: zipfile.ZipFile, name: str) -> str:
    return _read(bundle, name).decode("ascii", "replace")


def _pieces(bundle: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with bundle.open(name) as file:
            yield from iter(lambda: file.read(1 << 16), b"")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, *NO_BUNDLE) as error:
        raise Bad(f"{name} is damaged or missing: {error}") from None


def _check_file(bundle: zipfile.ZipFile, said: dict[str, Any]) -> None:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(bundle, said["name"]):
        digest.update(piece)
        size += len(piece)
    if (size, digest.hexdigest()) != (said["size"], said["sha256"]):
        raise Bad(f"{said['name']} is not what was put in")


def _check_chain(bundle: zipfile.ZipFile, point: dict[str, Any]) -> Iterator[str]:
    proof = parsed(_read(bundle, "proof.json"), "the proof")
    prev, texts, seq, hashes = "0" * 64, 0, 0, {}
    for line in _read(bundle, "chain.jsonl").splitlines():
        entry = parsed(line, "an entry of the chain")
        seq += 1
        fields = (prev, proof["stream"], str(seq), entry["at"], entry["body"])
        digest = hashlib.sha256("\n".join(fields).encode()).hexdigest()
        said = (entry["stream"], entry["seq"], entry["prev"], entry["hash"])
        if said != (proof["stream"], seq, prev, digest):
            raise Bad(f"entry {seq} of {proof['stream']} was changed, or one before it is missing")
        prev, hashes[seq] = digest, digest
        if entry["remark"]:
            words = f"{entry['remark']['salt']}\n{entry['remark']['text']}"
            commitment = hashlib.sha256(words.encode()).hexdigest()
            if parsed(entry["body"], "a body").get("remark") != commitment:
                raise Bad(f"the text of entry {seq} is not the one that was written")
            texts += 1
    yield f"{seq} entries of {proof['stream']} follow each other, {texts} with their texts"
    if hashes.get(proof["seq"]) != proof["hash"] or proof["size"] != point["size"]:
        raise Bad("the proof is of another entry or another checkpoint")
    if root_of(proof["hash"], proof["place"], proof["size"], proof["path"]) != point["root"]:
        raise Bad("the checkpoint does not seal the chain")
    yield f"the checkpoint seals entry {proof['seq']}, and with it all before it"
    if seq > proof["seq"]:
        yield f"NOT SEALED yet when it was made: the {seq - proof['seq']} after it"


def _check_stops(bundle: zipfile.ZipFile, names: list[str]) -> Iterator[str]:
    for name in sorted(name for name in names if name.startswith("stops/")):
        key = key_of(_text(bundle, "stop-key.pem"))
        facts = opened(_read(bundle, name), key, name, "andon-stop-proof")["facts"]
        order, state = facts["order"]["generation"], facts["proof"]["state"]
        yield f"stop {order} of {facts['program']['slug']}: {state}"


# --- Checkpoints


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            found = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None
    if not found:
        raise Unreadable(f"{path} is empty")
    return found


def _compared(point: dict[str, Any], path: str, key: bytes) -> str:
    # All of them, and not only up to one that fits: any of them may be of another history.
    kept = [opened(line, key, "your checkpoint", "andon-checkpoint") for line in _lines(path)]
    for mine in kept:
        _check_together(mine, point)
    same = [mine["number"] for mine in kept if mine["size"] == point["size"]]
    if not same:
        raise NotCompared(
            "none of your checkpoints is over as many entries: ask for verify_audit with yours"
        )
    return f"your checkpoint {same[0]} seals the same record"


def _check_together(mine: dict[str, Any], point: dict[str, Any]) -> None:
    """Raise if a record cannot have had both checkpoints."""
    if mine["log"] != point["log"]:
        raise Bad("your checkpoint is of another record")
    if mine["number"] == point["number"] and mine != point:
        raise Bad(f"your checkpoint {mine['number']} and that of the bundle differ: a fork")
    older, newer = sorted([mine, point], key=lambda each: each["number"])
    if newer["size"] < older["size"] or newer["made_at"] < older["made_at"]:
        raise Bad(
            f"checkpoint {newer['number']} is earlier or smaller than {older['number']}:"
            " your checkpoint and the one in the bundle seal different records"
        )
    if newer["number"] == older["number"] + 1 and newer["previous"] != _digest(older):
        raise Bad(f"checkpoint {newer['number']} does not follow {older['number']}: a fork")
    if mine["size"] == point["size"] and mine["root"] != point["root"]:
        raise Bad("your checkpoint and the one in the bundle seal different records")


def _digest(point: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(point)).hexdigest()


def check_checkpoints(path: str, key: bytes) -> Iterator[str]:
    """Yield what was found good of checkpoints that follow each other."""
    known: dict[int, dict[str, Any]] = {}
    for line in _lines(path):
        point = opened(line, key, "a checkpoint", "andon-checkpoint")
        if known.setdefault(point["number"], point) != point:
            raise Bad(f"two checkpoints {point['number']} say different things")
    pairs = [(known[n - 1], point) for n, point in sorted(known.items()) if n - 1 in known]
    for before, point in pairs:
        if (point["previous"], point["log"]) != (_digest(before), before["log"]):
            raise Bad(f"checkpoint {point['number']} does not follow the one before it")
        if point["size"] < before["size"] or point["made_at"] < before["made_at"]:
            raise Bad(f"checkpoint {point['number']} is earlier or smaller than the one before")
    last = known[max(known)]
    yield f"{len(known)} checkpoints are signed with the key {key_id(key)}"
    yield f"{len(pairs)} of them follow the one before it; the last knows {last['size']} entries"


def main(given: "list[str] | None" = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=["bundle", "checkpoints"])
    parser.add_argument("file")
    parser.add_argument("--key", help="the public key of the installation, in PEM")
    parser.add_argument("--checkpoint", help="a checkpoint that you kept, to compare with")
    asked = parser.parse_args(given)
    try:
        key = key_of("\n".join(_lines(asked.key))) if asked.key else None
        if asked.what == "bundle":
            found = check_bundle(asked.file, key, asked.checkpoint)
        elif key:
            found = check_checkpoints(asked.file, key)
        else:
            raise Unreadable("checkpoints need --key")
        for sentence in found:
            sys.stdout.write(f"  {sentence}\n")
    except NO_BUNDLE as error:
        sys.stdout.write(f"NOT GOOD: it does not say what it must: {error!r}\n")
        return 1
    except Bad as error:
        sys.stdout.write(f"NOT GOOD: {error}\n")
        return 1
    except NotCompared as error:
        sys.stdout.write(f"NOT COMPARED: {error}\n")
        return 4 if key else 3
    except Unreadable as error:
        sys.stdout.write(f"NOT CHECKED: {error}\n")
        return 2
    sys.stdout.write(
        "All is good.\n"
        if key
        else "It fits together, but without --key ANYBODY may have made it.\n"
    )
    return 0 if key else 3


if __name__ == "__main__":
    sys.exit(main())
