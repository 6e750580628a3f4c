"""Where the names of other systems lead now. Asks the resolver, so never within a transaction.

It tells whoever saves an address what is wrong with it. What protects is `notifications.outbound`,
which looks again at each call: a name may lead elsewhere by then.
"""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from accounts import addresses
from accounts.inside import is_inside

# Somebody waits for their form; whoever runs a slow resolver still has the look at each call.
SECONDS = 2.0


def why_not_kept(url: str) -> str:
    """Return why an address that somebody gives is not kept, or nothing.

    As `addresses.why_not_kept`, and what has a name that leads inside at this moment. A name that
    leads nowhere yet is kept, and one whose answer takes longer than 2 s.
    """
    if wrong := addresses.why_not_kept(url):
        return wrong
    host = urlsplit(url).hostname or ""
    if addresses.is_internal(url) or not any(map(is_inside, led_to(host))):
        return ""
    return addresses.INSIDE


def led_to(host: str) -> list[str]:
    """Return the numbers that a name leads to now; none if nobody says so in time."""
    found: list[str] = []

    def look() -> None:
        # ValueError: a name that no resolver is asked for, such as one of a hundred letters.
        with suppress(OSError, ValueError):
            found.extend(str(each[4][0]) for each in socket.getaddrinfo(host, None))

    # The resolver has time-outs of its own, longer than anybody waits.
    asking = threading.Thread(target=look, name="andon-resolving", daemon=True)
    asking.start()
    asking.join(SECONDS)
    return list(found)
