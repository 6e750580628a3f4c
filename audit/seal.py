"""Sign documents so that anybody can check them without asking us.

Pure: the secret comes in. Ed25519 (RFC 8032) over the canonical text of audit.chain.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.chain import canonical

ALGORITHM = "Ed25519"


class BadDocument(Exception):
    """This is no sealed document, or not what was sealed; the message says which."""


@dataclass(frozen=True)
class Key:
    """A public key and its name, 16 hex digits of its SHA-256."""

    public: Ed25519PublicKey

    @classmethod
    def from_raw(cls, raw: bytes) -> "Key":
        """Return the key that these 32 bytes of RFC 8032 are."""
        return cls(Ed25519PublicKey.from_public_bytes(raw))

    @property
    def raw(self) -> bytes:
        """The 32 bytes of RFC 8032."""
        return self.public.public_bytes_raw()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def pem(self) -> str:
        """The form that openssl reads."""
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    @property
    def jwk(self) -> dict[str, str]:
        """The form of RFC 8037."""
        x = base64.urlsafe_b64encode(self.raw).rstrip(b"=").decode()
        return {"kty": "OKP", "crv": ALGORITHM, "use": "sig", "kid": self.id, "x": x}


@dataclass(frozen=True)
class Seal:
    """The key that signs. The same secret always gives the same key."""

    private: Ed25519PrivateKey

    @classmethod
    def from_secret(cls, secret_key: str, *, label: str = "andon-proof-key-v1") -> "Seal":
        # A name of its own: nothing else that SECRET_KEY signs can then pass for a proof.
        return cls.from_seed(hmac.digest(secret_key.encode(), label.encode(), hashlib.sha256))

    @classmethod
    def from_seed(cls, seed: bytes) -> "Seal":
        """Return the seal that these 32 bytes are, the private key of RFC 8032."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def key(self) -> Key:
        return Key(self.private.public_key())

    def signature(self, document: dict[str, Any]) -> dict[str, str]:
        """Return the signature of this seal under a document."""
        value = base64.b64encode(self.private.sign(canonical(document).encode())).decode()
        return {"algorithm": ALGORITHM, "key_id": self.key.id, "value": value}

    def sign(self, document: dict[str, Any]) -> str:
        """Return a document with its signature, as one line of canonical JSON.

        Raises:
            TypeError: if it holds a float or anything that is not JSON.
        """
        return canonical({"document": document, "signature": self.signature(document)})


def key_from_pem(text: str) -> Key:
    """Read a public key.

    Raises:
        BadDocument: if it is none, or not of Ed25519.
    """
    try:
        public = serialization.load_pem_public_key(text.encode())
    except ValueError as error:
        raise BadDocument("The key cannot be read; give a public key in PEM.") from error
    if not isinstance(public, Ed25519PublicKey):
        raise BadDocument(f"The key is not of {ALGORITHM}.")
    return Key(public)


def opened(text: str, key: Key) -> dict[str, Any]:
    """Return the document in a sealed text, once its signature has been checked.

    Spaces and the order of names do not matter, as what is signed is the canonical text.

    Raises:
        BadDocument: if it is no sealed document, was signed with another key, or was changed.
    """
    document, signature = parts(text)
    if signature["key_id"] != key.id:
        raise BadDocument(
            f"It was signed with the key {signature['key_id']}, and this is {key.id}."
            " Ask its maker for that key."
        )
    check(document, signature["value"], key)
    return document


def check(document: dict[str, Any], value: str, key: Key) -> None:
    """Check the signature, in Base64, under a document.

    Raises:
        BadDocument: if it is not by this key, or the document was changed.
    """
    try:
        key.public.verify(base64.b64decode(value, validate=True), canonical(document).encode())
    except (InvalidSignature, ValueError, TypeError, RecursionError) as error:
        raise BadDocument("The signature does not fit: the document was changed.") from error


def parts(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the document and the signature of a sealed text; nothing is checked but its form.

    Raises:
        BadDocument: if it is no sealed document.
    """
    try:
        sealed = json.loads(text, object_pairs_hook=_once)
        document, signature = sealed["document"], sealed["signature"]
        said = {name: signature[name] for name in ("algorithm", "key_id", "value")}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadDocument("This is no sealed document of Andon.") from error
    if not isinstance(document, dict) or not all(isinstance(each, str) for each in said.values()):
        raise BadDocument("This is no sealed document of Andon.")
    if said["algorithm"] != ALGORITHM:
        raise BadDocument(f"It was not signed with {ALGORITHM}.")
    return document, said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of a name that is said twice readers see different ones.
    names = [name for name, _value in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name is said twice")
    return dict(pairs)
