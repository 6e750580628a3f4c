"""Decides the waits that no lease decides. Changed only by tests."""

from __future__ import annotations

from typing import NamedTuple


class Timing(NamedTuple):
    """All in seconds."""

    answer: float = 5.0  # the longest exchange, if a third of the lease is not shorter
    silence: float = 25.0  # a stream without a byte for so long is dead; the gate beats every 10
    jitter: float = 0.3  # before an acknowledgement, so that ten thousand do not come at once
    tick: float = 0.5  # between two looks whether the lease ran out
    reconnect: float = 5.0  # the longest wait before the stream is opened again
    retry: float = 5.0  # the longest wait before an acknowledgement is tried again
    farewell: float = 2.0  # the longest that close() takes to say goodbye
    sheet: float = 2.0  # the longest wait before a verifier asks for its sheet again
    report: float = 30.0  # the longest wait before refused stamps are reported again
    gather: float = 0.5  # from a refused stamp to the report, so that others come along
    pace: float = 3.3  # from question to question, until a lease says otherwise


USUAL = Timing()
