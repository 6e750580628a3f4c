"""Note whether contact methods work: when one last did, and that nobody is there any more."""

from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, trail
from audit.models import Due
from notifications.models import ContactMethod, Method, Room

LOOK = "notifications.look_at_contact"
ENGINE = Actor.machine("engine")
A_MINUTE = timedelta(minutes=1)


def succeeded(*places: ContactMethod | Room | None) -> None:
    """Something was taken by the other side; noted to the minute."""
    # Who gets a hundred pages at once has one row, for which each of them would wait.
    lately = Q(last_success_at__gt=Now() - A_MINUTE, last_failure="")
    for model in (ContactMethod, Room):
        same = {place.pk for place in places if isinstance(place, model)}
        if same:
            # Waits for nobody: what was sent and is not written yet is sent again if this process
            # ends, and whoever holds the row notes the same or changes the place.
            old = model._default_manager.filter(~lately, pk__in=same)
            held = old.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
            model._default_manager.filter(pk__in=held).update(
                last_success_at=Now(), last_failure=""
            )


def failed(place: ContactMethod | Room | None, why: str) -> None:
    """Something was not."""
    if place:
        same = type(place)._default_manager.filter(pk=place.pk)
        same.update(last_failure_at=Now(), last_failure=why[:200])


def bounced(person: User, contact: ContactMethod | None) -> None:
    """Nobody is there, and trying again will not help: it is not used until verified again.

    The account's e-mail address gets a row of its own for that.
    """
    if contact is None:
        contact = ContactMethod(person=person, method=Method.EMAIL)
        contact.address = person.email
        contact.place = person.contact_methods.count()
        history.save_new(contact, actor=ENGINE)
    contact.bounced_at = clockwork.now()
    history.save(contact, "bounced_at", actor=ENGINE)
    trail.record("contact.bounced", contact, actor=ENGINE, stream=trail.stream_of(person))


def look_after(contact_pk: int) -> None:
    """Have a method looked at once a day, from tomorrow on. Safe to call again."""
    tomorrow = clockwork.now() + timedelta(days=1)
    clockwork.schedule(
        LOOK,
        key=f"contact-look:{contact_pk}:{tomorrow:%Y-%m-%d}",
        payload={"contact": contact_pk},
        due_at=tomorrow,
    )


def install(using: str, **_: Any) -> None:
    """Have each method that is there looked at, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {ContactMethod._meta.db_table, Due._meta.db_table}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        with connections[using].cursor() as cursor:
            columns = connections[using].introspection.get_table_description(
                cursor, ContactMethod._meta.db_table
            )
        if "verified_at" in {column.name for column in columns}:
            for pk in ContactMethod.objects.filter(active=True).values_list("pk", flat=True):
                look_after(pk)
