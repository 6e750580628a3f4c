"""A bundle in the hands of somebody outside: by the script alone, damaged, and made up."""

import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.offline import verify_andon as offline
from tests.incidents import test_bundles
from tests.incidents.test_bundles import check

pytestmark = pytest.mark.django_db
folder, incident, manager = test_bundles.folder, test_bundles.incident, test_bundles.manager
given = test_bundles.given


def test_whichever_bit_is_flipped_it_is_seen_or_changes_nothing_that_is_read(given):
    whole = (given / "bundle.zip").read_bytes()
    held = contents(given / "bundle.zip")
    unseen = []
    for at in range(7, len(whole), max(len(whole) // 120, 1)):
        raw = bytearray(whole)
        raw[at] ^= 1 << at % 8
        (given / "flipped.zip").write_bytes(raw)
        if check(given, file="flipped.zip") == 0 and contents(given / "flipped.zip") != held:
            unseen.append(at)
    assert unseen == []


def contents(path):
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


POINT = {"kind": "andon-checkpoint", "version": 1}
WHOLE_POINT = POINT | {"number": 1, "size": 1, "made_at": "x", "root": "0" * 64, "log": "l"}
ODD_PROOF = b'{"stream": "s", "seq": 1, "hash": "x", "size": 1, "place": "a", "path": 3}'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("manifest.json", {"kind": "andon-bundle", "version": 1}),
        ("manifest.json", {"kind": "andon-bundle", "version": 1, "files": 3}),
        ("checkpoint.json", POINT),
        ("checkpoint.json", b"[]"),
        ("proof.json", b"{}"),
        ("proof.json", b"[]"),
        ("proof.json", ODD_PROOF),
        ("chain.jsonl", b"[]\n"),
        ("chain.jsonl", b'{"at": 1, "body": 2}\n'),
        ("chain.jsonl", b"3\n"),
    ],
)
def test_a_bundle_that_somebody_made_up_is_not_good_and_nothing_breaks(given, capsys, name, said):
    """Signed with a key of their own, which who gives none cannot tell from ours."""
    own = Key.generate()
    pem = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sealed(document):
        if isinstance(document, bytes):
            return document
        value = base64.b64encode(own.sign(offline.canonical(document))).decode()
        signature = {"key_id": offline.key_id(offline.key_of(pem.decode())), "value": value}
        return json.dumps({"document": document, "signature": signature}).encode()

    files = {"proof.json": ODD_PROOF, "chain.jsonl": b"", "checkpoint.json": sealed(WHOLE_POINT)}
    files |= {"key.pem": pem, name: sealed(said)}
    manifest = {"kind": "andon-bundle", "version": 1, "left_out": [], "files": listed(files)}
    manifest |= {"incident": "INC-1", "made_at": "x", "made_by": "y"}
    with zipfile.ZipFile(given / "made-up.zip", "w") as bundle:
        for each, text in ({"manifest.json": sealed(manifest)} | files).items():
            bundle.writestr(each, text)
    assert offline.main(["bundle", str(given / "made-up.zip")]) == 1
    assert "NOT GOOD" in capsys.readouterr().out


def listed(files):
    return [
        {"name": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        for name, text in files.items()
        if name != "manifest.json"
    ]


def test_it_is_checked_by_the_script_alone(given):
    """With nothing of ours around it, as an auditor has it."""
    alone = given / "alone.py"
    alone.write_text(Path(offline.__file__).read_text())
    asked = [alone, "bundle", given / "bundle.zip", "--key", given / "key.pem"]
    ran = subprocess.run(
        [sys.executable, "-I", "-S", *map(str, asked)],
        capture_output=True,
        text=True,
        check=True,
        cwd=given,
    )
    assert ran.stdout.endswith("All is good.\n")
