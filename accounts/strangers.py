"""How often an address without a good key may try at this web process. Asks no database.

Each try costs a look-up there, and whoever guesses keys would otherwise pay nothing for it.
"""

import threading
import time
from collections import OrderedDict

from accounts.throttle import Throttle

MOST_TRUSTED = 10_000

_lock = threading.Lock()
_tries = Throttle()
_trusted: OrderedDict[str, None] = OrderedDict()


class TooMany(Exception):
    """This address has used up its tries; the message is a sentence for the caller."""


def check(address: str, key_id: str) -> None:
    """Refuse an address that guessed too often, before anything is looked up for it.

    A key that opened here before goes on opening: a stranger behind the same address must not
    be able to keep a monitor from the cord.

    Raises:
        TooMany: if the address has no try left and the key never opened here.
    """
    with _lock:
        if key_id not in _trusted and not _tries.has_one(address, now=time.monotonic()):
            raise TooMany("Too many requests with bad keys came from this address; wait a minute.")


def note(address: str) -> None:
    """Count a request with a bad key."""
    with _lock:
        _tries.allow(address, now=time.monotonic())


def trust(key_id: str) -> None:
    """Remember a key that was good."""
    with _lock:
        _trusted[key_id] = None
        _trusted.move_to_end(key_id)
        if len(_trusted) > MOST_TRUSTED:
            _trusted.popitem(last=False)
