"""A mail server that never ends holds nobody who sends: all of a mail has its time."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from notifications import channels
from notifications.channels import email, mailserver
from tests.notifications.ssrf import dripping

# As smtplib says it.
ANSWERS = {"data": b"354 go on\r\n", "quit": b"221 bye\r\n"}
HELLO = b"220 mail.demo.example\r\n"


def message():
    return channels.Message(
        key="page-1",
        address="ada@demo.example",
        secret="",
        thread="INC-1",
        subject="Look",
        text="Somebody can read it.",
        data={},
    )


@pytest.fixture
def by(settings):
    """Send by a server at an address."""

    def use(netloc):
        settings.EMAIL_BACKEND = settings.BASE_MAIL_BACKEND
        settings.EMAIL_HOST, port = netloc.split(":")
        settings.EMAIL_PORT = int(port)

    settings.BASE_MAIL_BACKEND = "notifications.channels.mailserver.Backend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return use


@contextmanager
def mail_server():
    """One that takes whatever comes; yields where it is, and what it was told."""
    told = []

    def serve():
        line, _ = server.accept()
        with line, line.makefile("rb") as said:
            line.sendall(HELLO)
            for words in said:
                told.append(words.decode().strip())
                if told[-1] == "." or told[-1] in ANSWERS or "data" not in told:
                    line.sendall(ANSWERS.get(told[-1], b"250 fine\r\n"))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", told
        thread.join(5)


def test_a_mail_is_handed_to_the_server(by):
    with mail_server() as (netloc, told):
        by(netloc)
        assert email.send(message()) == "taken by the mail server"
    assert any("<ada@demo.example>" in line for line in told if line.startswith("rcpt"))
    assert "Somebody can read it." in told


@pytest.mark.parametrize("ask", [email.send, email.look])
@pytest.mark.parametrize("first", [b"", HELLO])
def test_one_that_drips_is_given_up(by, monkeypatch, first, ask):
    monkeypatch.setattr(mailserver, "SECONDS", 0.5)
    # Its own end would come after four seconds.
    with dripping(first, speaks_first=True) as netloc:
        by(netloc)
        begun = time.monotonic()
        with pytest.raises(channels.NotSent, match="mail server"):
            ask(message())
        assert time.monotonic() - begun < 3
