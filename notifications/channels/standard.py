"""Post a signed event in the form of Standard Webhooks, whoever it is for."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from notifications import outbound
from notifications.channels.message import NotSent

MOST_READ = 200


@dataclass(frozen=True)
class Event:
    """What is posted. `key` is the same at every attempt; a receiver can tell a repeat by it."""

    key: str
    type: str
    at: datetime
    data: dict[str, Any]


def post(url: str, secret: str, event: Event) -> str:
    """Post an event and return what was answered, in a few words.

    Raises:
        NotSent: if the address is not allowed, nobody answers, or the answer is not 2xx.
    """
    headers, body = _signed(secret, event)
    try:
        status = outbound.post(url, body=body, headers=headers)
    except outbound.NotReached as error:
        raise NotSent(str(error)) from error
    return _taken(status)


def ask(url: str, secret: str, event: Event) -> str:
    """Post an event and return what was answered: the status and the beginning of its text.

    Raises:
        NotSent: as `post`.
    """
    headers, body = _signed(secret, event)
    try:
        status, said = outbound.ask(url, body=body, headers=headers, most=MOST_READ)
    except outbound.NotReached as error:
        raise NotSent(str(error)) from error
    # Whatever they send is shown to people: one line of what can be printed.
    text = said.decode(errors="replace")
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"{_taken(status)}: {words}" if words else _taken(status)


def _taken(status: int) -> str:
    if not 200 <= status < 300:
        raise NotSent(f"answered {status}")
    return f"answered {status}"


def _signed(secret: str, event: Event) -> tuple[dict[str, str], str]:
    now = datetime.now(UTC)
    body = json.dumps({"type": event.type, "timestamp": event.at.isoformat(), "data": event.data})
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "webhook-id": event.key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": _sign(secret, event.key, now, body),
    }
    return headers, body


def _sign(secret: str, key: str, now: datetime, body: str) -> str:
    try:
        signature: str = Webhook(secret).sign(key, now, body)
    # ValueError: it is not Base64.
    except (EmptyWebhookSecretError, ValueError) as error:
        raise NotSent("the secret cannot sign") from error
    return signature
