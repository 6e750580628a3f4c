"""Page a person again: by another way after one came back, or because somebody asks for it."""

from django.db import transaction

from accounts.actors import Actor
from audit import trail
from notifications import concerns, rooms, runs
from notifications.models import Escalation, Page
from notifications.ways import Way, ways


class Refused(Exception):
    """A page is not sent again; the message says why."""


@transaction.atomic
def page_elsewhere(page_pk: int) -> None:
    """Page by the ways that were not used, as nobody is at this one. Safe to call again."""
    page = Page.objects.select_related("person", "contact").get(pk=page_pk)
    assert page.person
    concern, escalation = concerns.locked(page.escalation_id)
    if escalation.state != Escalation.State.ACTIVE or concern.is_over:
        return
    used = set(
        escalation.pages.filter(person=page.person, step=page.step).values_list(
            "method", "hint", "contact"
        )
    )
    other = [
        way
        for way in ways(page.person, level=escalation.level)
        if (way.method, way.hint, way.contact.pk if way.contact else None) not in used
    ]
    for way in other:
        runs.write_page(escalation, page.person, way, page.purpose, mark=f"-after-{page.pk}")
    named = ", ".join(way.method for way in other if not way.held_until)
    if named:
        concern.tell(f"{page.person.name} is paged by {named} instead.")


@transaction.atomic
def resend(page: Page, *, actor: Actor) -> None:
    """Send a page once more, under a key of its own.

    Raises:
        Refused: if it is being sent, its way is switched off, or there is nothing to answer.
    """
    concern, escalation = concerns.locked(page.escalation_id)
    page = Page.objects.select_related("person", "contact", "room").get(pk=page.pk)
    if page.state in (Page.State.PENDING, Page.State.SENDING):
        raise Refused("It is being sent already.")
    if page.about_id:
        raise Refused("Only pages are sent again.")
    if concern.is_over:
        raise Refused("There is nothing to answer any more.")
    number = escalation.pages.filter(key__startswith=f"page-{escalation.pk}-").count()
    _write_again(page, mark=f"-again-{number}")
    concern.tell(f"Paged {page.to} ({page.method}) again, as {actor.name} asked.")
    trail.record("page.resent", page, actor=actor, stream=concern.stream, person=page.person_id)


def _write_again(page: Page, *, mark: str) -> None:
    if page.person is None:
        try:
            rooms.tell_again(page, mark=mark)
        except rooms.Refused as refusal:
            raise Refused(str(refusal)) from refusal
        return
    if not page.person.is_active or (page.contact and not page.contact.active):
        raise Refused(f"{page.person.name} is not reached there any more.")
    way = Way(page.method, page.hint, page.contact)
    runs.write_page(page.escalation, page.person, way, Page.Purpose.BY_HAND, mark=mark)
