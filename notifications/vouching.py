"""Whether a mail is from whom it says, by the word of the one mail server that is trusted. Pure."""

from collections.abc import Sequence


def passes(results: Sequence[str], *, authority: str, domain: str) -> bool:
    """True if the trusted server says that DMARC passed for the domain of the sender.

    Args:
        results: each Authentication-Results header, from the top of the mail down. Only the
            topmost counts: what stands below came with the mail.
        authority: the name under which the trusted server writes (RFC 8601, authserv-id).
    """
    if not results or not domain:
        return False
    named, _semicolon, rest = _bare(results[0]).partition(";")
    if named.split()[:1] != [authority.lower()]:
        return False
    found = [part for part in map(_words, rest.split(";")) if part[:1] and _method(part) == "dmarc"]
    # One, and for this very domain: of two that differ nobody knows which one is meant.
    return len(found) == 1 and found[0][0] == "dmarc=pass" and f"header.from={domain}" in found[0]


def _method(words: list[str]) -> str:
    return words[0].partition("=")[0].partition("/")[0]


def _words(part: str) -> list[str]:
    return "=".join(piece.strip() for piece in part.split("=")).split()


def _bare(text: str) -> str:
    """The text in small letters, without comments; what is quoted holds no semicolon any more."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append("_" if quoted and not char.isalnum() and char not in ".-" else char)
    return "".join(kept).lower()
