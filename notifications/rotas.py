"""Make rotas, name them and give them to owners. The only module that writes Rota."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from incidents import seconding
from notifications import holes, policychecks
from notifications.models import EscalationTarget, Rota

LONGEST_NAME = 80
LONGEST_ABOUT = 200
MOST_ROTAS = 200
MOST_OWNERS = 10
RANKS = range(1, 101)


class Refused(Exception):
    """It cannot be kept so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class About:
    """What a rota is called, where its weeks are shown, and who looks after it.

    Args:
        within_hours: outside the hours of its layers nobody is meant to be on call.
    """

    name: str
    zone: str
    owners: Sequence[User]
    about: str = ""
    within_hours: bool = False


@transaction.atomic
def make(said: About, *, actor: Actor) -> Rota:
    """Return a new rota, which has nobody on call until it has a layer.

    Raises:
        Refused: if a field is wrong or the name is taken; the message names the field.
    """
    if Rota.objects.filter(retired_at=None).count() >= MOST_ROTAS:
        raise Refused(f"name: there are {MOST_ROTAS} rotas already; retire one first.")
    _check_about(said)
    rota = Rota(name=said.name, zone=said.zone, about=said.about, within_hours=said.within_hours)
    try:
        with transaction.atomic():
            history.save_new(rota, actor=actor)
    except IntegrityError as error:
        raise _name_taken(said.name) from error
    rota.owners.set(said.owners)
    holes.look_after(rota.pk)
    record("rota.made", rota, actor=actor, owners=sorted(each.pk for each in said.owners))
    return rota


@transaction.atomic
def change(rota: Rota, said: About, *, actor: Actor) -> Rota:
    """Name a rota anew, or give it to others. Its layers keep their own zones.

    Raises:
        Refused: if a field is wrong, the name is taken or the rota is retired.
    """
    rota = lock(rota)
    _check_about(said, but=rota)
    rota.name, rota.zone, rota.about = said.name, said.zone, said.about
    rota.within_hours = said.within_hours
    try:
        with transaction.atomic():
            history.save(rota, "name", "zone", "about", "within_hours", actor=actor)
    except IntegrityError as error:
        raise _name_taken(said.name) from error
    rota.owners.set(said.owners)
    record("rota.changed", rota, actor=actor, owners=sorted(each.pk for each in said.owners))
    return rota


@transaction.atomic
def retire(rota: Rota, *, actor: Actor) -> None:
    """End a rota for good: nobody is on call in it any more.

    Raises:
        Refused: if it is retired already, or a policy in force pages whoever is on call in it.
    """
    # First: a policy that is just being written may name it, and is seen once it is kept.
    seconding.one_at_a_time(policychecks.LOCK)
    rota = lock(rota)
    paging = EscalationTarget.objects.filter(rota=rota, step__policy__active=True)
    if names := sorted(set(paging.values_list("step__policy__name", flat=True))):
        raise Refused(f"rota: it is paged by {', '.join(names[:5])}; change that policy first.")
    rota.retired_at = clockwork.now()
    history.save(rota, "retired_at", actor=actor)
    record("rota.retired", rota, actor=actor)


def lock(rota: Rota) -> Rota:
    """Lock a rota, and read it again.

    Raises:
        Refused: if it is retired.
    """
    rota = Rota.objects.select_for_update(no_key=True).get(pk=rota.pk)
    if rota.retired_at:
        raise Refused(f"rota: {rota.name} is retired and is not changed any more.")
    return rota


def record(act: str, rota: Rota, *, actor: Actor, **facts: Any) -> None:
    """Write an act on a rota, or on what belongs to it, into its record."""
    trail.record(act, rota, actor=actor, rota=rota.name, **facts)


def check_person(person: User, field: str) -> None:
    """Refuse who cannot be on call.

    Raises:
        Refused: if the person is deactivated, or has no function and so could not read the rota.
    """
    if not person.is_active:
        raise Refused(f"{field}: {person.name} is deactivated.")
    if not person.functions:
        raise Refused(f"{field}: {person.name} has no function, and could not read the rota.")


def check_text(text: str, field: str, most: int, *, needed: bool = True) -> None:
    """Refuse a line that is too long, or holds what cannot be printed.

    Raises:
        Refused: with the field and what is allowed.
    """
    if (needed and not text.strip()) or len(text) > most or not (text or " ").isprintable():
        raise Refused(f"{field}: one line of at most {most} characters.")


def check_zone(zone: str) -> None:
    """Refuse what is no time zone.

    Raises:
        Refused: with an example.
    """
    if zone not in zoneinfo.available_timezones():
        raise Refused("zone: give an IANA time zone such as Europe/Berlin.")


def _check_about(said: About, *, but: Rota | None = None) -> None:
    check_text(said.name, "name", LONGEST_NAME)
    check_text(said.about, "about", LONGEST_ABOUT, needed=False)
    check_zone(said.zone)
    if not 1 <= len(said.owners) <= MOST_OWNERS:
        raise Refused(f"owners: choose one to {MOST_OWNERS} people.")
    for owner in said.owners:
        check_person(owner, "owners")
    # Of two who send a name at the same moment both pass here; the database stops the second.
    taken = Rota.objects.filter(name=said.name).first()
    if taken and taken != but:
        raise _name_taken(said.name)


def _name_taken(name: str) -> Refused:
    return Refused(f"name: there is, or was, a rota {name!r}; choose another name.")


def rank_taken(rota: Rota, rank: int) -> bool:
    """True if a layer or a calendar of the rota counts at this rank."""
    layers = rota.layers.filter(until=None, rank=rank)
    return layers.exists() or rota.calendars.filter(removed_at=None, rank=rank).exists()


def highest_rank(rota: Rota) -> int:
    """Return the highest rank at which a layer or a calendar of the rota counts; 0 for none."""
    layers = rota.layers.filter(until=None).values_list("rank", flat=True)
    read = rota.calendars.filter(removed_at=None).values_list("rank", flat=True)
    return max([0, *layers, *read])


def check_rank(rank: int) -> None:
    """Refuse a rank outside the ladder.

    Raises:
        Refused: with what is allowed.
    """
    if rank not in RANKS:
        raise Refused(f"rank: from {RANKS[0]} to {RANKS[-1]}; the higher one counts.")


def who_may_be_on_call() -> QuerySet[User]:
    """Return the people who may be put into a rota, by name."""
    there = User.objects.filter(is_active=True, groups__name__in=Function.values)
    return there.distinct().order_by("first_name", "last_name", "username")
