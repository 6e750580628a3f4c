"""Page a person again: by another way after one came back, or because somebody asks for it."""

from datetime import timedelta

from django.db import transaction

from accounts.actors import Actor
from audit import trail
from notifications import concerns, hints, mailing, reading, rooms, runs
from notifications.concerns import Concern
from notifications.escalation import Plan
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
        # Who has left since is paged by no other way either.
        if page.person.is_active
        and (way.method, way.hint, way.contact.pk if way.contact else None) not in used
    ]
    for way in other:
        runs.write_page(escalation, page.person, way, page.purpose, mark=f"-after-{page.pk}")
    named = ", ".join(way.method for way in other if not way.held_until)
    if named:
        concern.tell(f"{page.person.name} is paged by {named} instead.")
    elif _waits_for_nobody(escalation, page):
        _go_on(escalation, concern, page)


# On its way, or taken by the other side.
_LIVE = (Page.State.PENDING, Page.State.SENDING, Page.State.SENT)


def _waits_for_nobody(escalation: Escalation, page: Page) -> bool:
    """True if the run waits after the step of a page, and no page of that step is left."""
    waits = page.purpose == Page.Purpose.STEP and escalation.generation == page.generation + 1
    key = f"page-{escalation.pk}-{page.generation}-"
    there = escalation.pages.filter(key__startswith=key, person__isnull=False, state__in=_LIVE)
    return waits and not there.exists()


def _go_on(escalation: Escalation, concern: Concern, page: Page) -> None:
    """Take the next step at once, as where a step has nobody from the beginning."""
    plan = Plan.from_plain(escalation.snapshot)
    in_vain = not escalation.pages.filter(person__isnull=False, state__in=_LIVE).exists()
    if plan.ends_a_pass(page.step) and not in_vain:
        # Not the next pass: those of this one who were reached had no time to answer.
        return
    concern.tell(f"Nobody of step {page.step + 1} could be paged: the next one is taken at once.")
    runs.go_on(escalation, plan, taken=escalation.taken, after=timedelta(0), in_vain=in_vain)


@transaction.atomic
def resend(page: Page, *, actor: Actor) -> None:
    """Send a page once more, under a key of its own.

    Raises:
        Refused: if it is being sent, its way is switched off or leads to nobody, or there is
            nothing to answer.
    """
    concern, escalation = concerns.locked(page.escalation_id)
    page = Page.objects.select_related("person", "contact", "room").get(pk=page.pk)
    if page.state in (Page.State.PENDING, Page.State.SENDING):
        raise Refused("It is being sent already.")
    if page.about_id:
        raise Refused("Only pages are sent again.")
    if concern.is_over:
        raise Refused("There is nothing to answer any more.")
    if why := reading.why_over(page, anew=True):
        # Its reader could do nothing with it: somebody is on it, or is paged by another run.
        raise Refused(why)
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
    contact, account = page.contact, mailing.address_of(page.person)
    works = contact.active and contact.bounced_at is None if contact else account
    if not page.person.is_active or not works:
        raise Refused(f"{page.person.name} is not reached there any more.")
    # The account may have another address by now, and that is where it goes.
    way = Way(page.method, contact.hint if contact else hints.hint(account), contact)
    runs.write_page(page.escalation, page.person, way, Page.Purpose.BY_HAND, mark=mark)
