"""A sealed document: the same key each time, and no change goes unseen."""

import base64
import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.seal import BadDocument, Seal, key_from_pem, opened

SEAL = Seal.from_secret("a secret of fifty characters, as the settings demand it")
DOCUMENT = {"program": "gaze", "collectors": [{"name": "bär-7", "after_ms": 41}], "made": None}


def sealed(**changes):
    """A sealed text of which parts were changed afterwards."""
    return json.dumps(json.loads(SEAL.sign(DOCUMENT)) | changes)


def test_a_document_that_was_not_changed_opens():
    assert opened(SEAL.sign(DOCUMENT), SEAL.key) == DOCUMENT


def test_the_key_follows_from_the_secret_alone():
    again = Seal.from_secret("a secret of fifty characters, as the settings demand it")
    assert again.key.raw == SEAL.key.raw
    assert Seal.from_secret("another").key.id != SEAL.key.id


def test_spaces_and_the_order_of_names_do_not_matter():
    loose = json.dumps(json.loads(SEAL.sign(DOCUMENT)), indent=4, sort_keys=False)
    assert opened(loose, SEAL.key) == DOCUMENT


@pytest.mark.parametrize(
    "document",
    [
        {},
        DOCUMENT | {"program": "gaza"},
        DOCUMENT | {"more": 1},
        DOCUMENT | {"made": 1.5},
        DOCUMENT | {"collectors": []},
    ],
)
def test_every_change_of_the_document_is_seen(document):
    with pytest.raises(BadDocument, match="was changed"):
        opened(sealed(document=document), SEAL.key)


def test_a_signature_of_another_document_does_not_fit():
    other = json.loads(SEAL.sign({"program": "other"}))["signature"]
    with pytest.raises(BadDocument, match="was changed"):
        opened(sealed(signature=other), SEAL.key)


def test_another_key_is_named():
    other = Seal.from_secret("another")
    with pytest.raises(BadDocument, match=f"with the key {other.key.id}"):
        opened(other.sign(DOCUMENT), SEAL.key)


def test_another_key_under_our_name_does_not_pass():
    forged = json.loads(Seal.from_secret("another").sign(DOCUMENT))
    forged["signature"]["key_id"] = SEAL.key.id
    with pytest.raises(BadDocument, match="was changed"):
        opened(json.dumps(forged), SEAL.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"document": {}}',
        sealed(document=[]),
        sealed(signature="x"),
        sealed(signature={"algorithm": "none", "key_id": SEAL.key.id, "value": ""}),
        sealed(signature={"algorithm": "Ed25519", "key_id": SEAL.key.id, "value": 7}),
        '{"document": {}, "document": {}, "signature": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_sealed_document_is_said_to_be_none(text):
    with pytest.raises(BadDocument, match=r"no sealed document|not signed with Ed25519"):
        opened(text, SEAL.key)


@pytest.mark.parametrize("value", ["", "!!!", "AAAA", base64.b64encode(b"x" * 64).decode()])
def test_a_signature_that_is_none_does_not_fit(value):
    signature = json.loads(SEAL.sign(DOCUMENT))["signature"] | {"value": value}
    with pytest.raises(BadDocument, match="was changed"):
        opened(sealed(signature=signature), SEAL.key)


def test_a_float_is_not_signed():
    with pytest.raises(TypeError):
        SEAL.sign({"seconds": 0.1})


def test_the_key_in_the_form_of_openssl_and_of_jwk_is_the_same():
    assert key_from_pem(SEAL.key.pem).raw == SEAL.key.raw
    raw = base64.urlsafe_b64decode(SEAL.key.jwk["x"] + "=")
    assert Ed25519PublicKey.from_public_bytes(raw) == SEAL.key.public


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_what_is_no_key_is_said_to_be_none(text):
    with pytest.raises(BadDocument, match="cannot be read"):
        key_from_pem(text)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_openssl_believes_what_we_sign(tmp_path):
    text = json.loads(SEAL.sign(DOCUMENT))
    plain = json.dumps(text["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (tmp_path / "document").write_bytes(plain.encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(text["signature"]["value"]))
    (tmp_path / "key.pem").write_text(SEAL.key.pem)
    command = "pkeyutl -verify -pubin -inkey key.pem -rawin -in document -sigfile signature"
    done = subprocess.run(
        ["openssl", *command.split()], cwd=tmp_path, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully")
