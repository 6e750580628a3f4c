"""Pages by a webhook, signed in the form of Standard Webhooks."""

import json
from datetime import UTC, datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from notifications import outbound
from notifications.channels.message import Message, NotSent


def send(message: Message) -> str:
    """Post a signed page.

    Raises:
        NotSent: if the address is not allowed, nobody answers, or the answer is not 2xx.
    """
    now = datetime.now(UTC)
    body = json.dumps(
        {
            "type": "page",
            "timestamp": now.isoformat(),
            "data": {
                "codename": message.codename,
                "level": message.level,
                "reported_at": message.reported_at.isoformat(),
                "url": message.url,
                "acknowledge_url": message.acknowledge_url,
                "drill": message.is_drill,
            },
        }
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": _sign(message, now, body),
    }
    try:
        status = outbound.post(message.address, body=body, headers=headers)
    except outbound.NotReached as error:
        raise NotSent(str(error)) from error
    if not 200 <= status < 300:
        raise NotSent(f"answered {status}")
    return f"answered {status}"


def _sign(message: Message, now: datetime, body: str) -> str:
    try:
        signature: str = Webhook(message.secret).sign(message.key, now, body)
    # ValueError: it is not Base64.
    except (EmptyWebhookSecretError, ValueError) as error:
        raise NotSent("the secret of this contact method cannot sign") from error
    return signature
