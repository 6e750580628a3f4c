"""Pages by Microsoft Teams: an adaptive card, posted to the webhook of a workflow."""

from typing import Any
from urllib.parse import urlsplit

from accounts import addresses
from notifications.channels import posting
from notifications.channels.message import Message, NotSent

# Power Automate gives addresses of these, in its clouds.
HOSTS = (".logic.azure.com", ".logic.azure.us", ".api.powerplatform.com", ".api.powerplatform.us")


def why_not(address: str) -> str:
    """Return why this is no webhook of a workflow, or nothing."""
    wrong = addresses.why_not(address)
    if wrong or addresses.is_internal(address):
        return wrong
    if not (urlsplit(address).hostname or "").endswith(HOSTS):
        return (
            "address: give the address of a workflow that posts to Teams when a webhook is called; "
            f"its host ends in one of {', '.join(HOSTS)}."
        )
    return ""


def send(message: Message) -> str:
    """Post a card.

    Raises:
        NotSent: if the workflow did not take it, which it may say with status 200 too.
    """
    answer = posting.post(message.address, _body(message))
    error = answer.data.get("error")
    why = error.get("code") if isinstance(error, dict) else error
    refused = error or answer.data.get("ok") is False or "failed" in answer.text.lower()
    if not answer.is_good or refused:
        raise NotSent(f"Teams {answer.refused(why)}")
    return f"answered {answer.status}"


def _body(message: Message) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.subject,
        "body": [
            _text(message.subject, size="Large", weight="Bolder"),
            *[_text(line) for line in message.lines or (message.text.strip(),)],
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": label, "url": url} for label, url in message.buttons
        ],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, **looks: str) -> dict[str, Any]:
    # Runs of text are shown as they are; in a TextBlock a name could be a link.
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}
