"""Decides what a collector is told when it may not collect. Each says why, for a person."""

from __future__ import annotations


class NotAllowed(Exception):
    """This may not be collected now. The message is the reason, as a sentence."""


class Stopped(NotAllowed):
    """No lease runs: nothing may be collected."""


class NoStampKey(NotAllowed):
    """This gate is too old to give a key for stamps: nothing can be stamped."""


class SubjectNotAllowed(NotAllowed):
    """This participant's data may not be collected now; others' may."""


class Sealed(NotAllowed):
    """The buffer holds records from before a stop: nothing goes in or out until one chooses."""


class Full(Exception):
    """The buffer holds as many records as it may."""


class NotStored(Exception):
    """A participant's choice holds in this process, but the gate has not stored it.

    The message says why, and whether it is tried again.
    """
