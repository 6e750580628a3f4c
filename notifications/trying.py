"""Send codes, test pages and the daily look by a contact method. The only writer of ContactTry."""

import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, outbox
from notifications import channels, contacts, vault, working, workspaces
from notifications.contacts import Refused
from notifications.models import ContactMethod, ContactTry, Method

SEND = "notifications.try_contact"
GOOD_FOR = timedelta(minutes=10)
MOST_WRONG = 5
# What one person may have sent in an hour, so that nobody's telephone is made to ring all night.
MOST_AN_HOUR = 10
# What was sent within so many days is test enough where a test would be read by somebody.
LONG_AGO = timedelta(days=30)
Kind, State = ContactTry.Kind, ContactTry.State


@transaction.atomic
def ask(contact: ContactMethod, kind: ContactTry.Kind) -> ContactTry:
    """Have a code or a test page sent by a method, soon.

    Raises:
        Refused: if it is switched off, or too much was asked for in the last hour.
    """
    User.objects.select_for_update(no_key=True).get(pk=contact.person_id)
    if not contact.active:
        raise Refused("method: is switched off; switch it on first.")
    recent = ContactTry.objects.filter(
        contact__person=contact.person_id, asked_at__gt=Now() - timedelta(hours=1)
    ).exclude(kind=Kind.LOOK)
    if recent.count() >= MOST_AN_HOUR:
        raise Refused(f"method: {MOST_AN_HOUR} codes and tests an hour; try again later.")
    return _write(contact, kind)


def _write(contact: ContactMethod, kind: ContactTry.Kind) -> ContactTry:
    code = f"{secrets.randbelow(1_000_000):06}" if kind == Kind.CODE else ""
    made = ContactTry.objects.create(
        contact=contact, kind=kind, asked_at=clockwork.now(), sealed_code=vault.seal(code)
    )
    clockwork.schedule(
        SEND,
        key=f"contact-try:{made.pk}",
        payload={"try": made.pk, "lane": f"person-{contact.person_id}"},
    )
    return made


def confirm(contact: ContactMethod, code: str, *, actor: Actor) -> None:
    """Take the code that was sent last: the method is verified.

    Raises:
        Refused: if it is wrong, older than ten minutes, or five wrong ones were said for it.
    """
    wrong = _try_code(contact, code, actor=actor)
    # After the transaction: that a wrong one was said must stay written.
    if wrong:
        raise Refused(wrong)


@transaction.atomic
def _try_code(contact: ContactMethod, code: str, *, actor: Actor) -> str:
    last = contact.tries.select_for_update().filter(kind=Kind.CODE).first()
    if last is None or not last.sealed_code:
        return "code: have one sent first."
    if last.asked_at < clockwork.now() - GOOD_FOR or last.wrong >= MOST_WRONG:
        return "code: is no longer good; have another one sent."
    try:
        sent = vault.unseal(last.sealed_code)
    except vault.Unreadable:
        # Its key was taken out of the ring meanwhile: nobody can say any more what was sent.
        return "code: is no longer good; have another one sent."
    if not hmac.compare_digest(sent.encode(), code.strip().encode()):
        last.wrong += 1
        last.save(update_fields=["wrong"])
        return "code: is not the one that was sent last."
    # Good once.
    last.sealed_code = ""
    last.save(update_fields=["sealed_code"])
    contacts.verify(contact, actor=actor)
    return ""


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one; return what to write when it was taken.

    Raises:
        channels.NotSent: if it did not leave; it is tried again.
    """
    made = ContactTry.objects.select_related("contact__person").get(pk=payload["try"])
    if made.state != State.WAITING:
        return lambda: None
    ContactTry.objects.filter(pk=made.pk).update(attempts=made.attempts + 1)
    try:
        answer = _deliver(made)
    except channels.Bounced as error:
        gone = str(error)
        return lambda: _gone(made, gone)
    except Exception as error:
        said = str(error) if isinstance(error, channels.NotSent | vault.Unreadable) else ""
        _note(made, said or type(error).__name__)
        raise
    return lambda: _ended(made, State.SENT, answer)


def _deliver(made: ContactTry) -> str:
    contact = made.contact
    message = _message(made)
    if made.kind == Kind.LOOK:
        return channels.look(contact.method, message)
    return channels.send(contact.method, message)


def _note(made: ContactTry, answer: str) -> None:
    ContactTry.objects.filter(pk=made.pk).update(answer=answer[:200])
    working.failed(made.contact, answer)


def _ended(made: ContactTry, state: ContactTry.State, answer: str) -> None:
    ContactTry.objects.filter(pk=made.pk).update(state=state, answer=answer[:200], ended_at=Now())
    if made.kind == Kind.LOOK and state == State.FAILED:
        _tell_of_look(made)
    if state == State.SENT:
        working.succeeded(made.contact)


def _tell_of_look(made: ContactTry) -> None:
    before = made.contact.tries.filter(kind=Kind.LOOK, pk__lt=made.pk).first()
    # Each day the same would be read by nobody.
    if before is None or before.state != State.FAILED:
        outbox.publish("contact.look_failed", **{"try": made.pk})


def _gone(made: ContactTry, answer: str) -> None:
    _note(made, answer)
    _ended(made, State.FAILED, answer)
    working.bounced(made.contact.person, made.contact)


def give_up(payload: dict[str, Any]) -> None:
    """Note that one could not be sent at all."""
    made = ContactTry.objects.select_related("contact").get(pk=payload["try"])
    _ended(made, State.FAILED, made.answer)


def _message(made: ContactTry) -> channels.Message:
    contact, code = made.contact, vault.unseal(made.sealed_code)
    if code:
        subject = f"[Andon] {code} is your code"
        text = f"{code} is your code. Enter it on your profile within ten minutes.\n"
    else:
        subject = "[Andon] This is a test"
        text = "This is a test: pages would reach you here. There is nothing to do.\n"
    return channels.Message(
        key=f"try-{made.pk}",
        address=contact.address,
        secret=workspaces.secret_for(contact.method, contact),
        thread=f"contact:{contact.pk}",
        subject=subject,
        text=text,
        data={"code": code} if code else {"test": True},
        kind=made.kind,
    )


def look(contact_pk: int) -> None:
    """Look whether a method still works, if nothing has shown it lately; and again tomorrow.

    E-mail: the mail server is asked whether it would take something, and nothing is sent. Slack
    is sent a message without a word, which nobody reads. A webhook gets a test, if nothing got
    through for 30 days. Others cannot be asked quietly.
    """
    contact = ContactMethod.objects.filter(pk=contact_pk, active=True).first()
    if contact is None:
        return
    working.look_after(contact.pk)
    seen = contact.last_success_at
    quiet = seen is None or seen < clockwork.now() - LONG_AGO
    if _may_look(contact) and (contact.method != Method.WEBHOOK or quiet):
        _write(contact, Kind.LOOK)


def _may_look(contact: ContactMethod) -> bool:
    try:
        return channels.may_look(contact.method, contact.address)
    except vault.Unreadable:
        # What cannot be opened fails its test, and is seen by that.
        return True
