"""What becomes of a mail that somebody sent: a report, an update of an incident, nothing."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from incidents import access, duplicates, inbound, reporting, timeline
from incidents.models import Incident, Received, TimelineEntry
from notifications import vouching
from notifications.channels import email
from notifications.letters import Letter

Outcome = Received.Outcome
MOST_LOOKED_AT = 5_000
_CODENAME = re.compile(r"\[Andon\] ([A-Z][a-z]+ [A-Z][a-z]+)\b")
_REF = re.compile(r"\bINC-(\d{1,9})\b")


class Refused(Exception):
    """It is not taken; the message is a sentence without a word of it. `status` is as in HTTP."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Taken:
    """What became of a letter; `incident` is None where nothing did."""

    outcome: str
    incident: Incident | None = None
    again: bool = False


@transaction.atomic
def take(letter: Letter) -> Taken:
    """Let a letter open a report or add to an incident. The same again changes nothing.

    A reply to one of our mails, or a codename or number in the subject, names the incident; it
    must be one that the sender may contribute to. Else it is a report of which nothing but the
    words is known. What a machine wrote is nothing.

    Raises:
        Refused: if nobody vouches for the sender, they are nobody here, or the incident that it
            is about is over or only theirs to read.
    """
    if letter.automatic:
        return Taken(Outcome.NOTHING)
    sender = _sender(letter)
    inbound.alone("mail")
    before = inbound.heard_by_mail(letter.ident, letter.digest)
    if before:
        return Taken(before.outcome, before.incident, again=True)
    incident = _about(letter, sender)
    if incident:
        _update(letter, incident, sender)
        outcome = Outcome.UPDATED
    else:
        incident, outcome = _report(letter, sender), Outcome.OPENED
    inbound.keep_mail(letter.ident, letter.digest, outcome, incident)
    return Taken(outcome, incident)


def _sender(letter: Letter) -> User:
    inbox = settings.ENVIRONMENT.inbox
    if not vouching.passes(letter.results, authority=inbox.authority, domain=letter.domain):
        raise Refused(401, f"{inbox.authority} does not say that DMARC passed for its sender.")
    people = User.objects.filter(is_active=True)
    person = people.filter(email__iexact=letter.sender).first()
    if person is None and letter.sender in inbox.senders:
        person = people.filter(username=inbox.senders[letter.sender]).first()
    if person is None:
        raise Refused(403, "Its sender is nobody here.")
    return person


def _about(letter: Letter, sender: User) -> Incident | None:
    """The incident that a letter names, of those that its sender may know of."""
    seen = access.visible_to(sender, named=True)
    number, name = _REF.search(letter.subject), _CODENAME.search(letter.subject)
    if number:
        found = seen.filter(number=number[1]).first()
    elif name:
        found = seen.filter(codename=name[1]).first()
    else:
        found = _answered(letter, sender)
    return _handled(found, sender) if found else None


def _handled(incident: Incident, sender: User) -> Incident:
    """The one that is handled in its stead, as far as the sender may know of that."""
    final = duplicates.final(incident)
    return final if access.may(sender, access.Level.VIEW, final) else incident


def _answered(letter: Letter, sender: User) -> Incident | None:
    if not letter.answers:
        return None
    answered = set(letter.answers)
    newest = access.newest(sender, limit=MOST_LOOKED_AT)
    seen = access.of_these(sender, newest).values_list("pk", "codename")
    for pk, codename in seen.order_by("-number"):
        if email.thread_of(codename) in answered:
            return access.visible_to(sender, named=True).get(pk=pk)
    return None


def _update(letter: Letter, incident: Incident, sender: User) -> None:
    if not access.may(sender, access.Level.CONTRIBUTE, incident):
        raise Refused(403, "Its sender may read the incident that it is about, not write to it.")
    try:
        kind = TimelineEntry.Kind.UPDATE
        timeline.write(incident, kind, _text(letter), actor=_by(sender))
    except timeline.Refused as refusal:
        raise Refused(409, str(refusal)) from refusal


def _report(letter: Letter, sender: User) -> Incident:
    report = reporting.Report(
        title=letter.subject or "A mail without a subject",
        detail=_text(letter),
        found_how="By e-mail",
    )
    try:
        key = f"mail:{letter.ident or letter.digest}"
        return reporting.file_report(report, reporter=sender, actor=_by(sender), key=key).incident
    except (reporting.Refused, reporting.KeyUsedBefore) as refusal:
        raise Refused(409, str(refusal)) from refusal


def _by(sender: User) -> Actor:
    return Actor.person(sender, via="mail")


def _text(letter: Letter) -> str:
    """The words of a letter, with a line that says what was left out."""
    line = ""
    if letter.left_out:
        line = f"{letter.left_out} attachments were not kept: hand them in as evidence."
    room = timeline.LONGEST - len(line) - 2
    return "\n\n".join(filter(None, [letter.text[:room] or "No text.", line]))
