"""Let in by API whoever has a key of a program, and slow down who guesses."""

from collections.abc import Callable

from django.http import HttpRequest

from accounts import strangers
from accounts.problems import Problem
from programs import keys
from programs.models import ProgramKey


def admit(request: HttpRequest, key_id: str, recognise: Callable[[], ProgramKey]) -> ProgramKey:
    """Return the key that the caller proves to have.

    Args:
        key_id: which key the caller says it has.
        recognise: looks it up; raises `keys.Unknown` if that is not so.

    Raises:
        Problem: 401 without a good key, 429 after too many bad ones from one address.
    """
    address = request.META.get("REMOTE_ADDR", "")
    try:
        strangers.check(address, key_id)
        key = recognise()
    except strangers.TooMany as refusal:
        raise Problem(429, str(refusal)) from refusal
    except keys.Unknown as refusal:
        strangers.note(address)
        raise Problem(401, str(refusal)) from refusal
    strangers.trust(key_id)
    return key
