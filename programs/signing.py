"""The keys of collectors, monitors and participants' tags. Pure: the master key comes in."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass


def master_from(secret_key: str) -> bytes:
    """Derive the master key; nothing else that SECRET_KEY signs can then pass for one of ours."""
    return hmac.digest(secret_key.encode(), b"andon-collector-master-v1", hashlib.sha256)


def key_for(master: bytes, *, collector_id: int, generation: int) -> bytes:
    """Return the 32 bytes that a collector signs with during one generation."""
    return hmac.digest(
        master, f"andon-collector-key|{collector_id}|{generation}".encode(), hashlib.sha256
    )


def stamp_root(master: bytes, *, program_id: int) -> bytes:
    """Return the 32 bytes that every stamp key of a program comes from; for its verifiers."""
    return hmac.digest(master, f"andon-stamp-program|{program_id}".encode(), hashlib.sha256)


def stamp_key(root: bytes, *, collector: str, generation: int) -> bytes:
    """Return the 32 bytes with which a collector stamps records during one generation."""
    return hmac.digest(root, f"andon-stamp-key|{collector}|{generation}".encode(), hashlib.sha256)


def stamp_signature(key: bytes, lines: Iterable[str]) -> str:
    """Return the signature, in hex, over what a stamp says."""
    text = "\n".join(("andon-stamp-v1", *lines))
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def webhook_key(master: bytes, *, key_id: str) -> bytes:
    """Return the 32 bytes with which a monitor signs its webhooks, named by its key."""
    return hmac.digest(master, f"andon-monitor-key|{key_id}".encode(), hashlib.sha256)


def subject_key_for(master: bytes, *, program_id: int) -> bytes:
    """Return the 32 bytes with which a program's participants get their tags."""
    return hmac.digest(master, f"andon-subject-program|{program_id}".encode(), hashlib.sha256)


def tag_of(subject: str, *, key: bytes) -> str:
    """Return what stands for a pseudonym, 64 hex digits; without the key nobody can guess back."""
    return hmac.digest(key, f"andon-subject-v1|{subject}".encode(), hashlib.sha256).hex()


def print_of(key: bytes) -> str:
    """Return 16 hex digits by which a key is known again, and that say nothing else of it."""
    return hmac.digest(key, b"andon-subject-key-print", hashlib.sha256).hex()[:16]


@dataclass(frozen=True, slots=True)
class Word:
    """What a collector signs: each value as it was sent, `stopped_at` as text."""

    program: str
    collector: str
    generation: int
    lease_generation: int
    stopped_at: str
    buffer: str
    counter: int

    def text(self) -> str:
        """Return the eight lines of docs/collector-protocol.md."""
        lines = (
            "andon-ack-v1",
            self.program,
            self.collector,
            str(self.generation),
            str(self.lease_generation),
            self.stopped_at,
            self.buffer,
            str(self.counter),
        )
        return "\n".join(lines)

    def signature(self, key: bytes) -> str:
        return hmac.digest(key, self.text().encode(), hashlib.sha256).hex()

    def is_signed(self, signature: str, *, key: bytes) -> bool:
        """True if the signature, 64 hex digits, was made with this key; takes the same time."""
        return hmac.compare_digest(self.signature(key), signature.lower())
