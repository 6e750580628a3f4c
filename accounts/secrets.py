"""Make, read and compare API secrets. Pure: no database, no settings."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

PREFIX = "andon"
KEY_ID_BYTES = 8
SECRET_BYTES = 32
LONGEST = 200
SEALING_BYTES = 32
# Whether it was made for a file name or not, it is the same key.
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class Minted:
    """A new secret. `text` is shown once and stored nowhere."""

    key_id: str
    secret_hash: str
    text: str


@dataclass(frozen=True)
class Presented:
    """What a caller sent: who it says it is, and the secret to prove it."""

    kind: str
    key_id: str
    secret: str


def mint(kind: str) -> Minted:
    """Return a fresh secret of 256 random bits for a kind: `c` collector, `t` token of a person."""
    key_id = secrets.token_hex(KEY_ID_BYTES)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return Minted(key_id, digest(secret), f"{PREFIX}_{kind}_{key_id}_{secret}")


def mint_webhook() -> str:
    """Return a fresh secret that signs webhooks, in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sealing_key(text: str) -> bytes:
    """Return the key with which addresses are sealed: 32 bytes, of a text in Base64.

    Raises:
        ValueError: if it is anything else; the message does not hold it.
    """
    try:
        key = base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except ValueError:
        key = b""
    if len(key) != SEALING_BYTES:
        raise ValueError(f"not {SEALING_BYTES} bytes in Base64")
    return key


def digest(secret: str) -> str:
    """Return what is stored. A plain hash is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse(text: str) -> Presented | None:
    """Take a secret apart; None if it does not have the form of one of ours."""
    # A control character would be refused by the database, as an error of ours.
    fit = len(text) <= LONGEST and text.isascii() and text.isprintable()
    parts = text.split("_", 3) if fit else []
    if len(parts) != 4 or parts[0] != PREFIX or not all(parts):
        return None
    return Presented(kind=parts[1], key_id=parts[2], secret=parts[3])


def from_header(value: str) -> Presented | None:
    """Return what an `Authorization: Bearer …` header presents, or None."""
    scheme, _, text = value.strip().partition(" ")
    return parse(text.strip()) if scheme.lower() == "bearer" else None


def matches(presented: Presented, secret_hash: str) -> bool:
    """True if the presented secret is the one stored; takes the same time either way."""
    return hmac.compare_digest(digest(presented.secret), secret_hash)
