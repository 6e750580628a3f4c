"""The way to the mail server: Django's, with an end to all of a mail.

A socket's time-out begins anew with each line of the server: one that answers each a moment before
it ends, or drips, would hold whoever sends for hours.
"""

import smtplib
import socket
import time
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.cutting import Deadline, watched

# Longer than a call by HTTP: servers make whom they do not know wait.
SECONDS = 20.0


def in_time() -> Deadline:
    """Within it a mail is taken, or the line is cut."""
    return Deadline(time.monotonic() + SECONDS)


class _Plain(smtplib.SMTP):
    def _get_socket(self, *where: Any) -> socket.socket:
        return watched(super()._get_socket(*where))  # type: ignore[misc]


class _Secure(smtplib.SMTP_SSL):
    def _get_socket(self, *where: Any) -> socket.socket:
        return watched(super()._get_socket(*where))  # type: ignore[misc]


class Backend(EmailBackend):
    """Django's, whose lines are cut in time."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Secure if self.use_ssl else _Plain

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with in_time():
            return super().send_messages(email_messages) or 0
