"""Who outside may be told of incidents. The only module that writes Stakeholder."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import clockwork, history, trail
from notifications import channels
from notifications.models import Method, Stakeholder

MOST = 200
LONGEST_NAME = 80


class Refused(Exception):
    """They cannot be listed so; the message names the field and what is allowed."""


def listed() -> QuerySet[Stakeholder]:
    """Return those who may be chosen, by name."""
    return Stakeholder.objects.filter(removed_at=None)


@transaction.atomic
def add(name: str, address: str, *, actor: Actor) -> Stakeholder:
    """List somebody. Being listed alone sends them nothing.

    Raises:
        Refused: if the name is taken or wrong, the address is none, or there are many.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(_("name: one line of at most %(n)s characters.") % {"n": LONGEST_NAME})
    wrong = channels.why_not(Method.EMAIL, address)
    if wrong:
        raise Refused(wrong)
    if listed().filter(name__iexact=name).exists():
        raise Refused(_("name: is listed already; choose another one."))
    if listed().count() >= MOST:
        raise Refused(_("name: at most %(n)s of them; remove one first.") % {"n": MOST})
    row = Stakeholder(name=name, added_by=actor.name)
    row.address = address
    history.save_new(row, actor=actor)
    trail.record("stakeholder.added", row, actor=actor)
    return row


@transaction.atomic
def remove(row: Stakeholder, *, actor: Actor) -> None:
    """List somebody no more: what is on its way to them is not sent. Safe to call again."""
    row = Stakeholder.objects.select_for_update(no_key=True).get(pk=row.pk)
    if row.removed_at is None:
        row.removed_at = clockwork.now()
        history.save(row, "removed_at", actor=actor)
        trail.record("stakeholder.removed", row, actor=actor)
