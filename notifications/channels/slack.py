"""Pages by Slack: a message of an incoming webhook, with buttons that are links."""

from typing import Any
from urllib.parse import urlsplit

from accounts import addresses
from notifications.channels import posting
from notifications.channels.message import Bounced, Message, NotSent

HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
# What Slack says of a webhook or a channel that is no more.
_GONE = {
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "user_not_found",
}


def why_not(address: str) -> str:
    """Return why this is no incoming webhook of Slack, or nothing."""
    wrong = addresses.why_not(address)
    if wrong or addresses.is_internal(address):
        return wrong
    parts = urlsplit(address)
    if parts.hostname not in HOSTS or not parts.path.startswith("/services/"):
        return "address: give an incoming webhook, https://hooks.slack.com/services/…"
    return ""


def send(message: Message) -> str:
    """Post a message.

    Raises:
        NotSent: if Slack did not take it, which it may say with status 200 too.
        Bounced: if it says that the webhook or its channel is no more.
    """
    answer = posting.post(message.address, _body(message))
    if answer.is_good and answer.text == "ok":
        return f"answered {answer.status}: ok"
    why = answer.data.get("error") or answer.text
    gone = isinstance(why, str) and why in _GONE
    raise (Bounced if gone else NotSent)(f"Slack {answer.refused(why)}")


def _body(message: Message) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(message.subject, 150)},
        {"type": "section", "text": _plain("\n".join(message.lines) or message.text, 3000)},
    ]
    if message.buttons:
        buttons = [
            {"type": "button", "text": _plain(label, 75), "url": url, "action_id": f"open-{place}"}
            for place, (label, url) in enumerate(message.buttons)
        ]
        blocks.append(
            {"type": "actions", "elements": [buttons[0] | {"style": "primary"}, *buttons[1:]]}
        )
    return {
        "text": _escaped(message.subject),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text.strip()[:most], "emoji": False}


def _escaped(text: str) -> str:
    # The one place where a name such as <!channel> would call everybody.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
