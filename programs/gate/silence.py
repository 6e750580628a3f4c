"""Ends a conversation with a database that says nothing any more.

libpq waits for an answer as long as the network lets it, and cancelling a query
needs the very network that is away. Only the socket can be ended from here.
"""

import os
import socket
from contextlib import suppress


def hang_up(descriptor: int) -> None:
    """Make whoever reads from this socket see its end now. Closes nothing of theirs."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)
