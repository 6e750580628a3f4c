"""Lets a collector run only while its gate says so."""

from andon.endpoint import ConfigError
from andon.gate import Gate, Stopped
from andon.permit import State
from andon.version import VERSION as __version__

__all__ = ["ConfigError", "Gate", "State", "Stopped", "__version__"]
