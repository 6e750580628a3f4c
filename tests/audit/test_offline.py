"""The verifier that needs no Andon: RFC 8032's own vectors, checkpoints, and what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from audit import sealing, trail
from audit.keyring import ring
from audit.offline import verify_andon as offline
from audit.seal import Seal
from tests import make
from tests.audit import plant

SCRIPT = Path(offline.__file__)
# RFC 8032, section 7.1: secret key left out, public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_signatures_of_the_rfc_are_good(key, message, signature):
    given = [bytes.fromhex(each) for each in (key, message, signature)]
    assert offline.is_signed(*given)
    assert not offline.is_signed(given[0], given[1] + b"x", given[2])
    assert not offline.is_signed(given[0], given[1], given[2][:-1] + b"\x01")


def test_it_agrees_with_the_library_that_signs():
    for n in range(20):
        seal, message = Seal.from_seed(bytes([n]) * 32), bytes(range(n))
        signature = seal.private.sign(message)
        assert offline.is_signed(seal.key.raw, message, signature)
        assert not offline.is_signed(seal.key.raw, message + b"x", signature)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS[:1])
def test_what_is_no_key_or_no_signature_is_refused(key, message, signature):
    key, signature = bytes.fromhex(key), bytes.fromhex(signature)
    # s + L signs the same by a lazier rule, and would be a second signature of one text.
    again = int.from_bytes(signature[32:], "little") + offline.L
    assert not offline.is_signed(key, b"", signature[:32] + again.to_bytes(32, "little"))
    assert not offline.is_signed(key, b"", signature[:-1])
    assert not offline.is_signed(key[:-1], b"", signature)
    assert not offline.is_signed(b"\xff" * 32, b"", signature)


@pytest.fixture
def kept(tmp_path, db):
    """Three checkpoints in a file, and the key."""
    person, lines = make.user(), []
    for _ in range(3):
        trail.record("test.done", person, actor=make.SYSTEM)
        lines.append(sealing.seal().text)
    (tmp_path / "key.pem").write_text(ring().key.pem)
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))
    return tmp_path


def check(kept, *, what="checkpoints", file="mine.jsonl", key="key.pem"):
    return offline.main([what, str(kept / file), "--key", str(kept / key)])


def change(kept, old, new, count=-1):
    path = kept / "mine.jsonl"
    path.write_text(path.read_text().replace(old, new, count))


def test_checkpoints_that_follow_each_other_are_good(kept, capsys):
    assert check(kept) == 0
    said = capsys.readouterr().out
    assert "3 checkpoints are signed" in said
    assert "2 of them follow the one before it; the last knows 3 entries" in said


def test_the_script_runs_on_its_own(kept):
    """With nothing of ours around it, as an auditor has it."""
    alone = kept / "alone.py"
    alone.write_text(SCRIPT.read_text())
    given = [alone, "checkpoints", kept / "mine.jsonl", "--key", kept / "key.pem"]
    ran = subprocess.run(
        [sys.executable, "-I", "-S", *map(str, given)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.endswith("All is good.\n")


def test_a_checkpoint_that_was_changed_is_not_good(kept, capsys):
    change(kept, '"size":2', '"size":3')
    assert check(kept) == 1
    assert "was changed after it was signed" in capsys.readouterr().out


def test_a_checkpoint_of_another_installation_is_said_to_be_one(kept, capsys):
    (kept / "mine.jsonl").write_text(plant.lost_checkpoint(SECRET_KEY="another, " * 9))
    assert check(kept) == 1
    assert "is of another installation" in capsys.readouterr().out


def test_two_checkpoints_of_one_number_are_not_good(kept, capsys):
    with (kept / "mine.jsonl").open("a") as file:
        plant.sql("DELETE FROM audit_checkpoint WHERE number = 3")
        file.write("\n" + sealing.seal().text)
    assert check(kept) == 1
    assert "two checkpoints 3 say different things" in capsys.readouterr().out


@pytest.mark.parametrize("file", ["none.jsonl", "key.pem"])
def test_what_is_no_checkpoint_is_not_good(kept, file):
    assert check(kept, file=file) in (1, 2)


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_key_checks_nothing(kept, text):
    (kept / "odd.pem").write_text(text)
    assert check(kept, key="odd.pem") == 2


def test_checkpoints_without_a_key_are_not_checked(kept):
    assert offline.main(["checkpoints", str(kept / "mine.jsonl")]) == 2
