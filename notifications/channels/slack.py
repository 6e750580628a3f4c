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


# What Slack says to a message without a word, of a webhook that is there.
_NOTHING_SAID = {"missing_text", "missing_text_or_fallback_or_attachments", "no_text"}


def is_of_slack(address: str) -> bool:
    """True for an incoming webhook of Slack itself."""
    return urlsplit(address).hostname in HOSTS


def why_not(address: str) -> str:
    """Return why this is no incoming webhook of Slack, or nothing."""
    wrong = addresses.why_not(address)
    if wrong or addresses.is_internal(address):
        return wrong
    parts = urlsplit(address)
    if not is_of_slack(address) or not parts.path.startswith("/services/"):
        return "address: give an incoming webhook, https://hooks.slack.com/services/…"
    return ""


def send(message: Message) -> str:
    """Post a message.

    Raises:
        NotSent: if Slack did not take it, which it may say with status 200 too.
        Bounced: if it says that the webhook or its channel is no more.
    """
    return _taken(posting.post(message.address, _body(message)))


def _taken(answer: posting.Answer) -> str:
    if answer.is_good and answer.text == "ok":
        return f"answered {answer.status}: ok"
    why = answer.data.get("error") or answer.text
    gone = isinstance(why, str) and why in _GONE
    raise (Bounced if gone else NotSent)(f"Slack {answer.refused(why)}")


def look(message: Message) -> str:
    """Post nothing: of a webhook that is there Slack says that the text is missing.

    Raises:
        NotSent, Bounced: as `send`.
    """
    answer = posting.post(message.address, {"text": ""})
    if answer.text in _NOTHING_SAID:
        return f"answered {answer.status}: the webhook is there"
    return _taken(answer)


def _body(message: Message) -> dict[str, Any]:
    buttons = [
        button(label, f"open-{place}", url=url)
        for place, (label, url) in enumerate(message.buttons)
    ]
    return framed(message, [each | {"style": "primary"} for each in buttons[:1]] + buttons[1:])


def framed(message: Message, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a message as Slack wants it: a heading, sentences, buttons below."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(message.subject, 150)},
        {"type": "section", "text": _plain("\n".join(message.lines) or message.text, 3000)},
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return {
        "text": _escaped(message.subject),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def button(label: str, action: str, **more: str) -> dict[str, Any]:
    """Return a button; `more` is its `url`, or the `value` that comes back when it is pressed."""
    return {"type": "button", "text": _plain(label, 75), "action_id": action, **more}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text.strip()[:most], "emoji": False}


def _escaped(text: str) -> str:
    # The one place where a name such as <!channel> would call everybody.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
