"""Name incidents that have to do with each other. The only module that writes Relation.

A relation tells of both, so only who may know of both reads it, on either page and in the history.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from incidents import access
from incidents.models import AccessGrant, Incident, Relation

MOST = 50
Kind = Relation.Kind


class Refused(Exception):
    """These two cannot be related so; the message names the field."""


class NotYours(Refused):
    """There is none, or none in which this person takes part: one sentence."""

    def __init__(self) -> None:
        super().__init__(_("number: you take part in no incident with this number."))


@dataclass(frozen=True)
class Seen:
    """A related incident, and what it is to the one that is looked at."""

    relation: Relation
    incident: Incident
    words: str


def of(user: User, incident: Incident) -> list[Seen]:
    """Return the related incidents that the person may know of; the others are not counted."""
    rows = Relation.objects.filter(_touching(incident), ended_at=None).order_by("pk")
    others = {row.pk: row.other_id if row.one_id == incident.pk else row.one_id for row in rows}
    if not others:
        return []
    visible = access.visible_to(user, named=True).in_bulk(set(others.values()))
    return [
        Seen(row, visible[others[row.pk]], _words(row, incident))
        for row in rows
        if others[row.pk] in visible
    ]


def _words(row: Relation, incident: Incident) -> str:
    if row.kind == Kind.FOLLOW_UP and row.other_id == incident.pk:
        return _("Followed by")
    return str(row.get_kind_display())


def find(user: User, number: int | None) -> Incident:
    """Return the incident with this number, if the person takes part in it.

    Raises:
        NotYours: if there is none, or none that this person may contribute to.
    """
    rows = access.visible_to(user, named=True)
    found = rows.filter(number=number).first() if number is not None else None
    if found is None or not access.may(user, AccessGrant.Level.CONTRIBUTE, found):
        raise NotYours
    return found


@transaction.atomic
def relate(one: Incident, other: Incident, kind: str, *, actor: Actor) -> Relation:
    """Relate two incidents; for FOLLOW_UP, `one` follows `other`.

    Raises:
        Refused: if they are one, are related already, one is a drill and the other is not, or the
            person does not take part in both.
    """
    one, other = _lock(one, other)
    _refuse(one, other, kind, actor)
    row: Relation = history.create(
        Relation, actor=actor, one=one, other=other, kind=kind, made_by=actor.name
    )
    _tell("incident.related", row, actor=actor)
    outbox.publish("incident.related", relation=row.pk)
    return row


@transaction.atomic
def unrelate(row: Relation, *, actor: Actor) -> None:
    """End a relation; it stays in the history. Safe to call again.

    Raises:
        Refused: if the person does not take part in both.
    """
    _lock(row.one, row.other)
    row = Relation.objects.select_for_update(of=("self",)).get(pk=row.pk)
    _refuse_stranger(actor, row.one, row.other)
    if row.ended_at:
        return
    row.ended_at = timezone.now()
    history.save(row, "ended_at", actor=actor)
    _tell("incident.unrelated", row, actor=actor)


def _lock(one: Incident, other: Incident) -> tuple[Incident, Incident]:
    # In the order of their keys: two who relate them at once must not wait for each other.
    rows = Incident.objects.select_for_update(no_key=True).order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=[one.pk, other.pk])}
    return found[one.pk], found[other.pk]


def _refuse(one: Incident, other: Incident, kind: str, actor: Actor) -> None:
    if kind not in Kind.values:
        raise Refused(_("kind: must be one of %(known)s.") % {"known": ", ".join(Kind.values)})
    if one.pk == other.pk:
        raise Refused(_("number: an incident is not related to itself."))
    if one.is_drill != other.is_drill:
        raise Refused(_("number: one is a drill and the other is not."))
    _refuse_stranger(actor, one, other)
    # Each side alone: a list of all of both would tell how many are hidden.
    if Relation.objects.filter(_touching(one), ended_at=None).count() >= MOST:
        raise Refused(_("At most %(n)s incidents are related to one.") % {"n": MOST})
    if Relation.objects.filter(_touching(one), _touching(other), ended_at=None).exists():
        raise Refused(_("number: these two are related already; end that first."))


def _refuse_stranger(actor: Actor, *both: Incident) -> None:
    level = AccessGrant.Level.CONTRIBUTE
    if actor.user is None or not all(access.may(actor.user, level, each) for each in both):
        raise Refused(_("Only a person who takes part in both can do this."))


def _touching(incident: Incident) -> Q:
    return Q(one=incident) | Q(other=incident)


def _tell(act: str, row: Relation, *, actor: Actor) -> None:
    # In both streams, and on neither timeline: not everybody there may know of the other.
    for each in (row.one, row.other):
        trail.record(act, row, actor=actor, stream=trail.stream_of(each), kind=row.kind)
