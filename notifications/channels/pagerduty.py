"""Pages by PagerDuty: events of its Events API v2, for the integration key of a service."""

import re
from typing import Any

from django.conf import settings

from notifications.channels import posting
from notifications.channels.message import Message, NotSent

_KEY = re.compile(r"(eu:)?[A-Za-z0-9]{32}")
_HERE = "https://events.pagerduty.com/v2/enqueue"
_EUROPE = "https://events.eu.pagerduty.com/v2/enqueue"
_ACTIONS = {"answered": "acknowledge", "over": "resolve"}
# By level; milder ones are "info". A code or a test is to ring as a page would.
_SEVERITY = {None: "error", 0: "critical", 1: "critical", 2: "error", 3: "warning"}


def why_not(address: str) -> str:
    """Return why this is no integration key, or nothing."""
    if _KEY.fullmatch(address):
        return ""
    return (
        "address: give the integration key of Events API v2, 32 letters and digits; "
        "with eu: before it if your account is in the EU region."
    )


def send(message: Message) -> str:
    """Trigger an alert, or end its ringing. What is of one `message.run` is one alert there.

    Raises:
        NotSent: if PagerDuty did not say that it was taken.
    """
    if message.kind in _ACTIONS:
        return _post(message.address, _ACTIONS[message.kind], message.run, {})
    payload = {
        "summary": message.subject[:1024],
        "source": settings.ENVIRONMENT.url,
        "severity": _SEVERITY.get(message.level, "info"),
        "custom_details": {
            name: value for name, value in message.data.items() if not name.endswith("url")
        },
    }
    event = {
        "payload": payload,
        "client": "Andon",
        "client_url": message.data.get("url") or settings.ENVIRONMENT.url,
        "links": [{"href": url, "text": label} for label, url in message.buttons],
    }
    return _post(message.address, "trigger", message.run or message.key, event)


def _post(address: str, action: str, run: str, more: dict[str, Any]) -> str:
    region, _colon, key = address.rpartition(":")
    body = {"routing_key": key, "event_action": action, "dedup_key": run[:255], **more}
    answer = posting.post(_EUROPE if region else _HERE, body)
    if not answer.is_good or answer.data.get("status") != "success":
        status = str(answer.data.get("status") or "").replace(" ", "-")
        raise NotSent(f"PagerDuty {answer.refused(status)}")
    return f"answered {answer.status}: success"
