"""Whether an address of the environment is one that Andon calls, by its words. Pure.

Where a name leads config.outside asks.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from accounts.inside import is_inside


def problems(named: Iterable[tuple[str, str]], *, internal: list[str]) -> list[str]:
    """Say in a sentence each which variables hold an address that would be refused at each call.

    Args:
        named: (variable, address); an empty address is none.
        internal: the hosts that are listed, which need no TLS.
    """
    return [
        f"{name} is {url!r}: give https:// and a host outside, or list the host in"
        " ANDON_INTERNAL_HOSTS."
        for name, url in named
        if url and not _is_called(url, internal)
    ]


def _is_called(url: str, internal: list[str]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.netloc in internal:
        return parts.scheme in ("http", "https")
    host = parts.hostname or ""
    outside = bool(host) and not is_inside(host)
    return parts.scheme == "https" and outside and "@" not in parts.netloc
