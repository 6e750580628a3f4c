"""Pages by e-mail, as text and as HTML. All of one incident stand in one thread."""

import hashlib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template.loader import render_to_string

from notifications.channels import mailserver
from notifications.channels.message import Bounced, Message, NotSent

# No such mailbox, moved, or no mail is taken for it: RFC 5321 4.2.3, RFC 3463 for 5.1.x.
_NOBODY = (550, 551, 553)


def why_not(address: str) -> str:
    """Return why this is no address of e-mail, or nothing."""
    try:
        validate_email(address)
    except ValidationError:
        return "address: give an e-mail address such as ada@example.com."
    return "" if len(address) <= 254 else "address: at most 254 characters."


def send(message: Message) -> str:
    """Send by the configured mail server.

    Raises:
        NotSent: if the server did not take it.
        Bounced: if it said that there is nobody.
    """
    with _told():
        _mail(message).send()
    return "taken by the mail server"


def thread_of(name: str) -> str:
    """Return the id that all mails of one thread answer to, without its brackets."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:24]}@{_host()}"


def _host() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def look(message: Message) -> str:
    """Ask the mail server whether it would take a mail for somebody, and send none.

    Raises:
        NotSent, Bounced: as `send`.
    """
    with _told(), mailserver.in_time():
        server = get_connection()
        server.open()
        line = getattr(server, "connection", None)
        if line is None:
            return "there is no mail server to ask"
        try:
            line.ehlo_or_helo_if_needed()
            line.mail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
            code, said = line.rcpt(message.address)
            if code >= 300:
                raise smtplib.SMTPRecipientsRefused({message.address: (code, said)})
        finally:
            server.close()
    return "the mail server would take it"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _said in error.recipients.values()]
        refused = Bounced if codes and all(code in _NOBODY for code in codes) else NotSent
        raise refused(f"mail server: {codes[0] if codes else 'refused'}, not taken") from error
    # ValueError: an address with a line break in it, which would be a header of its own.
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent(f"mail server: {type(error).__name__}") from error


def _mail(message: Message) -> EmailMultiAlternatives:
    host, thread = _host(), f"<{thread_of(message.thread)}>"
    headers = {
        "Message-ID": f"<{message.key}@{host}>",
        "References": thread,
        "Auto-Submitted": "auto-generated",
        # No answers of those who are away; they would tell nobody anything.
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"Andon <andon.{host}>",
    }
    if message.first_key and message.first_key != message.key:
        first = f"<{message.first_key}@{host}>"
        headers |= {"In-Reply-To": first, "References": f"{thread} {first}"}
    if message.unsubscribe:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # On one line, whatever somebody is called: a line break would be a header of its own, and a
    # mail that holds one is never sent.
    subject = " ".join(message.subject.split())
    mail = EmailMultiAlternatives(
        subject=subject, body=message.text, to=[message.address], headers=headers
    )
    html = message.html or render_to_string("notifications/mail.html", {"message": message})
    mail.attach_alternative(html, "text/html")
    return mail
