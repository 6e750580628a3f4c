"""Updates for stakeholders: written by one, approved by another. The only writer of Broadcast."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, embargo, roles, timeline
from incidents.models import AccessGrant, Incident, Role, TimelineEntry
from notifications import copies, stakeholders
from notifications.models import Broadcast, Stakeholder

LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_WORDS = 120, 5000, 500
LATEST = timedelta(days=30)
MOST_NAMED = 200
State = Broadcast.State
_FIELDS = ("subject", "text", "people", "teams", "stakeholders", "subscribers", "send_at")
_STATE = ("state", "version", "writers", "author", "written_at", "decided_by", "decided_at")


class Refused(Exception):
    """It cannot be done; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Said:
    """What an update says, and to whom. `send_at` is the earliest moment; None is at once."""

    subject: str
    text: str
    people: Sequence[User] = ()
    teams: Sequence[Group] = ()
    stakeholders: Sequence[Stakeholder] = ()
    subscribers: bool = False
    send_at: datetime | None = None


@transaction.atomic
def draft(incident: Incident, said: Said, *, actor: Actor) -> Broadcast:
    """Write an update. It waits for a second person, and nobody is told.

    Raises:
        Refused: if a field is wrong, it is for nobody, or the incident is over.
    """
    incident = _lock(incident.pk)
    if incident.is_over:
        raise Refused(_("%(ref)s is over; reopen it to write an update.") % {"ref": incident.ref})
    author = _check(said, actor)
    row = Broadcast(incident=incident, author=author, writers=[author.pk])
    _take(row, said)
    history.save_new(row, actor=actor)
    _record("broadcast.drafted", row, actor=actor)
    return row


@transaction.atomic
def edit(row: Broadcast, said: Said, *, version: int, actor: Actor) -> Broadcast:
    """Write it anew. What was approved is approved no more, and is not sent.

    Raises:
        Refused: if a field is wrong, somebody changed it meanwhile, or some have it already.
    """
    author = _check(said, actor)
    row = _locked(row, version)
    if not row.may_change or not copies.call_off(row):
        raise Refused(_("It was sent to some already; write another one."))
    was = State(row.state)
    _take(row, said)
    row.version, row.state = row.version + 1, State.WAITING
    row.author, row.written_at = author, clockwork.now()
    row.writers = sorted({*row.writers, author.pk})
    row.decided_by = row.decided_at = None
    history.save(row, *_FIELDS, *_STATE, actor=actor)
    _record("broadcast.changed", row, actor=actor)
    if was == State.APPROVED:
        _tell(row, _("The approved update for stakeholders was changed, and is not sent."), actor)
    return row


@transaction.atomic
def approve(row: Broadcast, *, version: int, actor: Actor) -> Broadcast:
    """Send it, as a second person: a commander or a privacy officer who wrote none of it.

    Raises:
        Refused: if they may not, it was changed meanwhile, it says where exposed data lie whose
            fix is not verified, or nobody would get it.
    """
    row = _locked(row, version)
    person = _decider(row, actor)
    if person.pk in row.writers:
        raise Refused(_("Whoever wrote it cannot approve it: a second person must."))
    if row.state != State.WAITING:
        raise Refused(_("It does not wait for anybody: it is %(state)s.") % {"state": row.state})
    if embargo.names_a_place(row.incident, f"{row.subject}\n{row.text}"):
        raise Refused(_("text: it says where exposed data lie, and their fix is not verified yet."))
    found = copies.make(row)
    if not found:
        raise Refused(_("people: nobody would get it; choose somebody."))
    _decide(row, State.APPROVED, person, "", actor=actor)
    digest = hashlib.sha256(f"{row.subject}\n{row.text}".encode()).hexdigest()
    _record("broadcast.approved", row, actor=actor, sha256=digest, copies=len(found))
    said = _("Update for stakeholders, approved by %(who)s, for %(n)s recipients.")
    words = said % {"who": person.name, "n": len(found)}
    _tell(row, f"{words}\n\n{row.subject}\n\n{row.text}", actor)
    facts = {"broadcast": row.pk, "version": row.version}
    outbox.publish("incident.broadcast_approved", priority=2, incident=row.incident_id, **facts)
    return row


@transaction.atomic
def send_back(row: Broadcast, words: str, *, version: int, actor: Actor) -> Broadcast:
    """Return it to its author, with a word on what to change.

    Raises:
        Refused: if they may not, there is no word, or it does not wait.
    """
    row = _locked(row, version)
    person = _decider(row, actor)
    if row.state != State.WAITING:
        raise Refused(_("It does not wait for anybody: it is %(state)s.") % {"state": row.state})
    if not words.strip() or len(words) > LONGEST_WORDS:
        said = _("words: say what to change, in at most %(n)s characters.")
        raise Refused(said % {"n": LONGEST_WORDS})
    _decide(row, State.RETURNED, person, words.strip(), actor=actor)
    _record("broadcast.returned", row, actor=actor)
    return row


@transaction.atomic
def withdraw(row: Broadcast, *, version: int, actor: Actor) -> Broadcast:
    """Send it to nobody. Safe to call again.

    Raises:
        Refused: if it was changed meanwhile, or some have it already.
    """
    row = _locked(row, version)
    if row.state == State.WITHDRAWN:
        return row
    if not row.may_change or not copies.call_off(row):
        raise Refused(_("It was sent to some already."))
    row.state = State.WITHDRAWN
    history.save(row, "state", actor=actor)
    _record("broadcast.withdrawn", row, actor=actor)
    return row


def settled(pk: int) -> None:
    """Note that every copy has ended. Called under the lock of the last one."""
    row = Broadcast.objects.select_related("incident").get(pk=pk)
    row.state = State.SENT
    history.save(row, "state", actor=copies.ENGINE)
    _record("broadcast.sent", row, actor=copies.ENGINE)
    _tell(row, copies.told(row), copies.ENGINE)


def whom(row: Broadcast) -> list[str]:
    """Return by name for whom it is; whoever approves it has to know."""
    people = User.objects.filter(pk__in=row.people).order_by("first_name", "last_name", "username")
    teams = Group.objects.filter(pk__in=row.teams).order_by("name")
    outside = Stakeholder.objects.filter(pk__in=row.stakeholders)
    found = [person.name for person in people]
    found += [_("team %(name)s") % {"name": team.name} for team in teams]
    found += [_("%(name)s, outside") % {"name": each.name} for each in outside]
    return found + ([_("subscribers of the program")] if row.subscribers else [])


def may_decide(person: User, incident: Incident) -> bool:
    """True for commanders and privacy officers, by function or role, who manage the incident."""
    if not access.may(person, AccessGrant.Level.MANAGE, incident):
        return False
    if person.is_any(Function.COMMANDER, Function.PRIVACY_OFFICER):
        return True
    held = (roles.holder(incident, role) for role in (Role.COMMANDER, Role.PRIVACY))
    return person in held


def _decider(row: Broadcast, actor: Actor) -> User:
    if actor.user is None or not may_decide(actor.user, row.incident):
        raise Refused(_("A commander or a privacy officer who manages the incident decides."))
    return actor.user


def _decide(row: Broadcast, to: State, person: User, words: str, *, actor: Actor) -> None:
    row.state, row.words = to, words
    row.decided_by, row.decided_at = person, clockwork.now()
    history.save(row, "state", "words", "decided_by", "decided_at", actor=actor)


def _lock(pk: int) -> Incident:
    return Incident.objects.select_for_update(no_key=True).get(pk=pk)


def _locked(row: Broadcast, version: int) -> Broadcast:
    incident = _lock(row.incident_id)
    row = Broadcast.objects.select_for_update(no_key=True).get(pk=row.pk)
    row.incident = incident
    if row.version != version:
        raise Refused(_("version: somebody changed it meanwhile; read it again."))
    return row


def _check(said: Said, actor: Actor) -> User:
    if actor.user is None:
        raise Refused(_("A person must write it."))
    one_line = said.subject.strip() and said.subject.isprintable()
    if not one_line or len(said.subject) > LONGEST_SUBJECT:
        words = _("subject: one line of at most %(n)s characters.")
        raise Refused(words % {"n": LONGEST_SUBJECT})
    if not said.text.strip() or len(said.text) > LONGEST_TEXT:
        raise Refused(_("text: at most %(n)s characters.") % {"n": LONGEST_TEXT})
    named = len(said.people) + len(said.teams) + len(said.stakeholders)
    if not (named or said.subscribers):
        raise Refused(_("people: choose somebody who is told."))
    if len(said.people) > MOST_NAMED:
        raise Refused(_("people: at most %(n)s; name a team instead.") % {"n": MOST_NAMED})
    now = clockwork.now()
    if said.send_at and not now < said.send_at <= now + LATEST:
        raise Refused(_("send_at: a moment within the next 30 days."))
    listed = {row.pk for row in stakeholders.listed()}
    if {row.pk for row in said.stakeholders} - listed:
        raise Refused(_("stakeholders: choose those who are listed."))
    return actor.user


def _take(row: Broadcast, said: Said) -> None:
    row.subject, row.text, row.send_at = said.subject.strip(), said.text.strip(), said.send_at
    row.people = sorted({person.pk for person in said.people})
    row.teams = sorted({team.pk for team in said.teams})
    row.stakeholders = sorted({each.pk for each in said.stakeholders})
    row.subscribers = said.subscribers


def _record(act: str, row: Broadcast, *, actor: Actor, sha256: str = "", copies: int = 0) -> None:
    facts: dict[str, Any] = {"sha256": sha256, "copies": copies} if sha256 else {}
    stream = trail.stream_of(row.incident)
    trail.record(act, row, actor=actor, stream=stream, version=row.version, **facts)


def _tell(row: Broadcast, text: str, actor: Actor) -> None:
    audience = TimelineEntry.Audience.TOLD
    kind = TimelineEntry.Kind.ESCALATION
    timeline.write(row.incident, kind, text, actor=actor, audience=audience)
