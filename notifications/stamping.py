"""Ask a time-stamping authority to say when a checkpoint was there (RFC 3161). Pure.

What it signs says: this hash existed at this moment. Its answer is kept as it came; `openssl ts
-verify` checks it, with the certificate of the authority.
"""

import hashlib

TYPE = "application/timestamp-query"
ANSWER = "application/timestamp-reply"
# SHA-256: 2.16.840.1.101.3.4.2.1
_SHA256 = bytes.fromhex("0609608648016503040201")
_GRANTED = (0, 1)
MOST = 64 * 1024


class NotStamped(Exception):
    """The answer is no time stamp of what was asked for; the message says why."""


def _der(tag: int, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    size = len(inside)
    if size < 128:
        return bytes([tag, size]) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + inside


def _integer(number: int) -> bytes:
    return _der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def question(text: str, *, nonce: int) -> bytes:
    """Return the request for a stamp on a text, with the certificate in the answer."""
    digest = hashlib.sha256(text.encode()).digest()
    imprint = _der(0x30, _der(0x30, _SHA256, b"\x05\x00"), _der(4, digest))
    return _der(0x30, _integer(1), imprint, _integer(nonce), b"\x01\x01\xff")


def checked(answer: bytes, text: str, *, nonce: int) -> bytes:
    """Return an answer once it was seen to be a stamp of this text, for this question.

    The signature of the authority is not checked here.

    Raises:
        NotStamped: if it is anything else.
    """
    try:
        outer, _rest = _opened(answer, 0x30)
        status, token = _opened(outer, 0x30)
        said, _rest = _opened(status, 2)
    except (ValueError, IndexError) as error:
        raise NotStamped("the answer is no time stamp") from error
    if int.from_bytes(said, "big") not in _GRANTED or not token:
        raise NotStamped(f"the authority refused with status {int.from_bytes(said, 'big')}")
    digest = hashlib.sha256(text.encode()).digest()
    if _der(4, digest) not in token or _integer(nonce) not in token:
        raise NotStamped("the answer is a time stamp of something else")
    return answer


def _opened(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return what the first value holds, and what stands behind it."""
    if der[0] != tag:
        raise ValueError(f"tag {der[0]}")
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    if len(der) < start + size:
        raise ValueError("cut off")
    return der[start : start + size], der[start + size :]
