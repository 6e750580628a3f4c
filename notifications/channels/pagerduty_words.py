"""What PagerDuty tells us by its webhooks, version 3: bytes in, one word of an alert out. Pure."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from incidents import alerts

# PagerDuty sends 55 KiB at the most.
LARGEST_BODY = 128 * 1024
ACKNOWLEDGED, RESOLVED = "acknowledged", "resolved"
_EVENTS = {f"incident.{what}": what for what in (ACKNOWLEDGED, RESOLVED)}
_ID = re.compile(r"[A-Za-z0-9]{1,40}")


class Unreadable(Exception):
    """This is no event of PagerDuty; the message is a sentence."""


@dataclass(frozen=True)
class Word:
    """One event.

    Args:
        ident: names this very event; the same again is a repeat.
        what: acknowledged or resolved; empty for all that concerns nobody here.
        alert: the `dedup_key` that was sent with the alert.
        user: the id of whoever did it; empty if it was no person.
    """

    ident: str
    what: str = ""
    alert: str = ""
    user: str = ""


def is_signed(secrets: Iterable[str], header: str, body: bytes) -> bool:
    """True if one of the signatures in a header is of this body by one of our secrets.

    While PagerDuty changes a secret it sends several, `v1=…,v1=…`.
    """
    given = [each.strip().removeprefix("v1=") for each in header.split(",")[:10]]
    good = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    # Each against each, however early one fits: the time says nothing.
    found = [
        hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))
        for ours in good
        for theirs in given
    ]
    return any(found)


def read(body: bytes) -> Word:
    """Read an event.

    Raises:
        Unreadable: if the body is no event.
    """
    try:
        event = alerts.parsed(body).get("event")
    except alerts.Unreadable as error:
        raise Unreadable(str(error)) from error
    if not isinstance(event, dict) or not _text(event, "id"):
        raise Unreadable("The body must hold an event with an id, as webhooks of version 3 do.")
    what = _EVENTS.get(_text(event, "event_type"), "")
    data, agent = _object(event, "data"), _object(event, "agent")
    is_person = _text(agent, "type").startswith("user")
    user = _text(agent, "id") if is_person else ""
    return Word(
        ident=_text(event, "id"),
        what=what,
        alert=_text(data, "incident_key"),
        user=user if _ID.fullmatch(user) else "",
    )


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    return found[:300] if isinstance(found, str) else ""
