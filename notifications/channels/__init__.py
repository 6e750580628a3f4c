"""How a message leaves the house: one module a method, each with `send(message) -> answer`."""

from notifications.channels import email, webhook
from notifications.channels.message import Message, NotSent
from notifications.models import Method

_SENDERS = {Method.EMAIL: email.send, Method.WEBHOOK: webhook.send}


def send(method: str, message: Message) -> str:
    """Send a message and return what the other side answered, in a few words.

    Raises:
        NotSent: if it was refused or nobody answered; trying again may help.
    """
    return _SENDERS[Method(method)](message)


__all__ = ["Message", "NotSent", "send"]
