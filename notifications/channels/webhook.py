"""Pages by a webhook, signed in the form of Standard Webhooks."""

from datetime import UTC, datetime

from notifications.channels import standard
from notifications.channels.message import Message


def send(message: Message) -> str:
    """Post a signed page.

    Raises:
        NotSent: if the address is not allowed, nobody answers, or the answer is not 2xx.
    """
    page = standard.Event(
        key=message.key,
        type=message.kind,
        at=datetime.now(UTC),
        data=message.data,
    )
    return standard.post(message.address, message.secret, page)
