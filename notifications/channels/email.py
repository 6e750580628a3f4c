"""Pages by e-mail. All of one incident stand in one thread."""

import hashlib
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.channels.message import Message, NotSent


def send(message: Message) -> str:
    """Send by the configured mail server.

    Raises:
        NotSent: if the server did not take it.
    """
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    thread = hashlib.sha256(message.thread.encode()).hexdigest()[:24]
    mail = EmailMessage(
        subject=message.subject,
        body=message.text,
        to=[message.address],
        headers={
            "Message-ID": f"<{message.key}@{host}>",
            "References": f"<{thread}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        mail.send()
    # ValueError: an address with a line break in it, which would be a header of its own.
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(f"mail server: {type(error).__name__}") from error
    return "taken by the mail server"
