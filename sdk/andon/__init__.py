"""Lets a collector run only while its gate says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from andon.buffer import Buffer, BufferState
from andon.endpoint import ConfigError
from andon.gate import Gate
from andon.permit import State
from andon.refusals import (
    Full,
    NoStampKey,
    NotAllowed,
    NotStored,
    Sealed,
    Stopped,
    SubjectNotAllowed,
)
from andon.sheet import Verdict
from andon.subjects import Choice
from andon.verifier import Verifier, VerifierState
from andon.version import VERSION as __version__

if TYPE_CHECKING:
    from andon.async_gate import AsyncGate

__all__ = [
    "AsyncGate",
    "Buffer",
    "BufferState",
    "Choice",
    "ConfigError",
    "Full",
    "Gate",
    "NoStampKey",
    "NotAllowed",
    "NotStored",
    "Sealed",
    "State",
    "Stopped",
    "SubjectNotAllowed",
    "Verdict",
    "Verifier",
    "VerifierState",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # A collector that has no event loop need not load asyncio.
    if name != "AsyncGate":
        raise AttributeError(f"module 'andon' has no attribute {name!r}")
    from andon.async_gate import AsyncGate  # noqa: PLC0415

    return AsyncGate
