"""Lets a collector run only while its gate says so."""

from andon.endpoint import ConfigError
from andon.gate import Gate
from andon.permit import State
from andon.refusals import NoStampKey, NotAllowed, NotStored, Stopped, SubjectNotAllowed
from andon.sheet import Verdict
from andon.subjects import Choice
from andon.verifier import Verifier, VerifierState
from andon.version import VERSION as __version__

__all__ = [
    "Choice",
    "ConfigError",
    "Gate",
    "NoStampKey",
    "NotAllowed",
    "NotStored",
    "State",
    "Stopped",
    "SubjectNotAllowed",
    "Verdict",
    "Verifier",
    "VerifierState",
    "__version__",
]
