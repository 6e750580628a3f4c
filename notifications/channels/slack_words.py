"""What Slack tells us when somebody presses a button: bytes in, one press out. Pure."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from incidents import alerts

LARGEST_BODY = 128 * 1024
# Slack's own bound for how old a request may be, in seconds; either way, as clocks differ.
FRESH = 300
REPLY_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
_ID = re.compile(r"[A-Z0-9]{1,40}")


class Unreadable(Exception):
    """This is no press of a button; the message is a sentence."""


@dataclass(frozen=True)
class Press:
    """Somebody pressed a button.

    Args:
        ident: names this very press; the same again is a repeat.
        action: which button, as we named it; empty if none is ours.
        page: the key of the page whose message it was.
        reply_url: where that person alone can be answered; empty unless it is one of Slack's.
    """

    ident: str
    team: str
    user: str
    action: str = ""
    page: str = ""
    reply_url: str = ""


def is_signed(secrets: Iterable[str], at: str, header: str, body: bytes, *, now: float) -> bool:
    """True if a body was signed with one of our secrets within the last five minutes.

    Args:
        at: the header with the time of it, in seconds since 1970.
        header: the header with the signature, `v0=…`.
        now: the present, in the same seconds.
    """
    if not (at.isascii() and at.isdigit() and len(at) < 15):
        return False
    if abs(now - int(at)) > FRESH:
        return False
    text = b"v0:" + at.encode() + b":" + body
    good = [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest() for secret in secrets]
    given = header.encode(errors="replace")
    found = [hmac.compare_digest(f"v0={ours}".encode(), given) for ours in good]
    return any(found)


def read(body: bytes) -> Press:
    """Read what came.

    Raises:
        Unreadable: if it is no form with a `payload`.
    """
    try:
        form = parse_qs(body.decode(), max_num_fields=20)
        said = alerts.parsed(form["payload"][0].encode())
    except (ValueError, KeyError, alerts.Unreadable) as error:
        raise Unreadable("The body must be a form with a payload in JSON.") from error
    action = _first(said.get("actions"))
    user, team = _object(said, "user"), _object(said, "team")
    return Press(
        # It names the moment of the press, and all that was in it.
        ident=hashlib.sha256(body).hexdigest(),
        team=_name(team, "id") or _name(user, "team_id"),
        user=_name(user, "id"),
        action=_text(action, "action_id"),
        page=_text(action, "value"),
        reply_url=_reply_url(_text(said, "response_url")),
    )


def _reply_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    plain = parts.scheme == "https" and port is None and "@" not in parts.netloc
    return text if plain and host in REPLY_HOSTS else ""


def _first(said: Any) -> dict[str, Any]:
    first = said[0] if isinstance(said, list) and said else None
    return first if isinstance(first, dict) else {}


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _name(said: dict[str, Any], name: str) -> str:
    found = _text(said, name)
    return found if _ID.fullmatch(found) else ""


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) and len(found) <= 500 else ""
