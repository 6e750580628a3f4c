"""Read the mailbox of reports and answers by IMAP, when one is set. It deletes nothing.

A letter is flagged as seen after what became of it is committed: a crash between the two reads it
once more, which changes nothing.
"""

import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from audit import clockwork, reconciling
from audit.reconciling import Found
from incidents import refusals
from notifications import correspondence, letters

logger = structlog.get_logger(__name__)

POLL = "notifications.read_mailbox"
# At one look; the rest a minute later. In all less than a claim may last.
MOST, LONGEST_LOOK, TIMEOUT = 20, 20.0, 8.0
# Any number that nobody else locks by: two that read at once would both take the same letter.
LOCK = 7_033_905_224


class Away(Exception):
    """The mailbox cannot be read; the message says why, without a word of any mail."""


@reconciling.check("mailbox")
def see_to_it() -> Iterator[Found]:
    """Have the mailbox read once a minute, where one is set. It finds nothing by itself."""
    if settings.ENVIRONMENT.inbox.url:
        minute = f"{clockwork.now():%Y-%m-%dT%H:%M}"
        clockwork.schedule(POLL, key=f"mailbox:{minute}", payload={"lane": "mailbox"})
    yield from ()


def read(_payload: dict[str, Any]) -> Callable[[], None]:
    """Take what came since the last look. What goes wrong stands with the sources of alerts."""
    if not settings.ENVIRONMENT.inbox.url:
        return lambda: None
    with _alone() as alone:
        if alone:
            try:
                with _opened() as box:
                    _take_all(box)
            except Away as away:
                refusals.note_for(None, f"The mailbox: {away}", status=503)
    return lambda: None


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _opened() -> Iterator[imaplib.IMAP4]:
    inbox = settings.ENVIRONMENT.inbox
    try:
        # Verifies the certificate and the name in it.
        trusted = ssl.create_default_context(cafile=inbox.certificates or None)
        box = imaplib.IMAP4_SSL(inbox.host, inbox.port, ssl_context=trusted, timeout=TIMEOUT)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise Away(f"no connection ({type(error).__name__}).") from error
    try:
        try:
            box.login(inbox.user, inbox.password)
        except imaplib.IMAP4.error as error:
            raise Away("the sign-in was refused.") from error
        _answer(box.select(f'"{inbox.folder}"'), "there is no such folder.")
        yield box
    except (imaplib.IMAP4.error, OSError) as error:
        raise Away(f"it broke off ({type(error).__name__}).") from error
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()
        # After a line that broke the first leaves the socket open.
        with suppress(OSError):
            box.shutdown()


def _answer(said: tuple[str, list[Any]], else_say: str) -> list[Any]:
    status, data = said
    if status != "OK":
        raise Away(else_say)
    return data


def _take_all(box: imaplib.IMAP4) -> None:
    end = time.monotonic() + LONGEST_LOOK
    found = _answer(box.uid("SEARCH", "UNSEEN"), "it cannot be searched.")
    uids = b" ".join(each for each in found if isinstance(each, bytes)).split()
    for uid in (each.decode("ascii", "replace") for each in uids[:MOST]):
        if time.monotonic() > end:
            return
        _take(box, uid)
        _answer(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"), "it keeps no flags.")


def _take(box: imaplib.IMAP4, uid: str) -> None:
    """Take one letter, or note why not; both are committed when it returns."""
    try:
        letter = letters.read(_fetched(box, uid), own=_own())
        correspondence.take(letter)
    except letters.Unreadable as error:
        refusals.note_for(None, str(error), status=400)
    except correspondence.Refused as refusal:
        refusals.note_for(None, str(refusal), status=refusal.status)
    except (Away, imaplib.IMAP4.error, OSError, DatabaseError, InterfaceError):
        raise
    except Exception as error:
        # A fault of ours: the others must not wait behind it for ever.
        logger.exception("mail_not_taken")
        refusals.note_for(None, f"A fault of Andon: {type(error).__name__}.", status=500)


def _fetched(box: imaplib.IMAP4, uid: str) -> bytes:
    sizes = _answer(box.uid("FETCH", uid, "(RFC822.SIZE)"), "it gives no sizes.")
    words = b" ".join(each for each in sizes if isinstance(each, bytes))
    size = words.upper().partition(b"RFC822.SIZE")[2].strip(b" )").split(b" ")[0]
    # Asked before: nothing that is too large is ever held in memory.
    if not size.isdigit() or int(size) > letters.LARGEST:
        raise letters.Unreadable(f"It is larger than {letters.LARGEST // 1024**2} MiB.")
    data = _answer(box.uid("FETCH", uid, "(BODY.PEEK[])"), "it gives no mails.")
    whole = [each[1] for each in data if isinstance(each, tuple) and len(each) > 1]
    if len(whole) != 1 or not isinstance(whole[0], bytes):
        raise letters.Unreadable("The server gave no mail.")
    return whole[0]


def _own() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
