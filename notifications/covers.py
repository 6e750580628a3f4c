"""Put somebody on call for a while whatever the layers say. The only module that writes Override.

What was once on call stays so: an override that is withdrawn while it goes on counts until then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history
from notifications import access, oncall, rotamail, rotas, ways
from notifications.models import Override, Rota

LONGEST_REASON = 200
LONGEST = timedelta(days=31)
FARTHEST = timedelta(days=366)
# That wait or go on, in one rota.
MOST = 100
# A form gives minutes, and is read for a while.
_GRACE = timedelta(minutes=5)


@dataclass(frozen=True)
class Cover:
    """Who takes over until when, and why; from now on unless `since` says otherwise."""

    person: User
    until: datetime
    reason: str
    since: datetime | None = None


@transaction.atomic
def take(rota: Rota, said: Cover, *, actor: Actor) -> Override:
    """Put a person on call for a while; they and those whom they stand in for hear of it.

    Keepers of the rota may put anybody there. Whoever takes turns in it may take over, and whoever
    is on call all that time may give it to somebody who takes turns.

    Raises:
        Refused: if a field is wrong, the actor may not, or the person cannot be reached.
    """
    rota = rotas.lock(rota)
    now = clockwork.now()
    since, until = span(said.since, said.until, now=now)
    rotas.check_text(said.reason, "reason", LONGEST_REASON)
    check_reachable(said.person, "person")
    if not _may_take(rota, said.person, (since, until), actor):
        raise rotas.Refused(
            "person: owners of the rota, operators and commanders put others on call. You may "
            "take over if you take turns here, and give a shift of yours to whoever does."
        )
    made = lay(rota, said.person, (since, until), reason=said.reason, actor=actor)
    rotas.record("rota.override_made", rota, actor=actor, **_facts(made))
    return made


def span(since: datetime | None, until: datetime, *, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when; refuse what is past, too far ahead or too long.

    Raises:
        Refused: with the field and what is allowed.
    """
    if since and since < now - _GRACE:
        raise rotas.Refused("starts_at: is past; leave it empty for now.")
    since = max(since or now, now)
    if until <= since:
        raise rotas.Refused("ends_at: must be after the start, and not past.")
    if until - since > LONGEST:
        raise rotas.Refused(f"ends_at: at most {LONGEST.days} days; change the layer instead.")
    if until > now + FARTHEST:
        raise rotas.Refused(f"ends_at: within {FARTHEST.days} days from now.")
    return since, until


def check_reachable(person: User, field: str) -> None:
    """Refuse whoever cannot be on call, or whom no page would surely reach.

    Raises:
        Refused: with the field and the reason.
    """
    rotas.check_person(person, field)
    if not ways.is_sure(person):
        raise rotas.Refused(
            f"{field}: {person.name} has no verified contact method to be paged by."
        )


def lay(
    rota: Rota, person: User, when: tuple[datetime, datetime], *, reason: str, actor: Actor
) -> Override:
    """Put a person on call in a locked rota, and tell who is concerned; the caller records it.

    Raises:
        Refused: if they are on call then anyway, or there are many overrides.
    """
    since, until = when
    if oncall.is_on_call_throughout(person, rota.pk, since, until):
        raise rotas.Refused(f"person: {person.name} is on call then anyway.")
    if _standing(rota, since).count() >= MOST:
        raise rotas.Refused(f"rota: has {MOST} overrides to come; change its layers instead.")
    before = {pk for each in oncall.between(rota.pk, since, until) for pk in each.who}
    made: Override = history.create(
        Override,
        actor=actor,
        rota=rota,
        person=person,
        starts_at=since,
        ends_at=until,
        reason=reason,
        made_by=actor.user,
        made_at=clockwork.now(),
    )
    _tell(made, oncall.people({person.pk, *before}), actor, of="is on call instead")
    return made


@transaction.atomic
def withdraw(made: Override, *, actor: Actor) -> Override:
    """Let an override count no more: its person, whoever made it, or a keeper of the rota may.

    Of a swap of two shifts both go back, or neither: either person may, until the first begins.

    Raises:
        Refused: if the actor may not, it is over or withdrawn already, or a half of a swap began.
    """
    rota = rotas.lock(made.rota)
    made = _with_other_half(Override.objects.all()).get(pk=made.pk)
    now = clockwork.now()
    user = actor.user
    if user is None or not may_withdraw(made, user, keeps=access.may_keep(user, rota)):
        raise rotas.Refused("override: whoever made it, its person or a keeper withdraws it.")
    if made.withdrawn_at or made.ends_at <= now:
        raise rotas.Refused("override: is over already; read the page again.")
    other = other_half(made)
    if other and min(made.starts_at, other.starts_at) <= now:
        # Else one of the two would have given a shift for nothing.
        raise rotas.Refused(
            "override: is half of a swap, of which one shift has begun; put somebody on call over "
            "it instead."
        )
    for each in (made, other) if other else (made,):
        _end(each, rota, now, actor)
    return made


def _end(made: Override, rota: Rota, now: datetime, actor: Actor) -> None:
    made.withdrawn_at = now
    history.save(made, "withdrawn_at", actor=actor)
    rotas.record("rota.override_withdrawn", rota, actor=actor, **_facts(made))
    again = oncall.between(rota.pk, max(now, made.starts_at), made.ends_at)
    concerned = {made.person_id, *(pk for each in again for pk in each.who)}
    _tell(made, oncall.people(concerned), actor, of="is not on call instead any more")


def may_withdraw(made: Override, user: User, *, keeps: bool) -> bool:
    """True for its person, whoever made it and, with `keeps`, for those who keep the rota.

    Of a swap of two shifts for both who swapped.
    """
    other = other_half(made)
    theirs = {made.person_id, made.made_by_id, other.person_id if other else None}
    return keeps or user.pk in theirs


def other_half(made: Override) -> Override | None:
    """Return what changed hands for it in a swap of two shifts, if that still counts."""
    given, back = getattr(made, "swap", None), getattr(made, "swap_back", None)
    other: Override | None = given.back_override if given else back.override if back else None
    return other if other and other.withdrawn_at is None else None


def coming(rota: Rota, at: datetime) -> list[Override]:
    """Return the overrides of a rota that go on at a moment or are to come, the earliest first."""
    return list(_with_other_half(_standing(rota, at)).order_by("starts_at", "pk"))


def _with_other_half(found: QuerySet[Override]) -> QuerySet[Override]:
    swapped = ("swap__back_override__person", "swap_back__override__person")
    return found.select_related("person", "made_by", "rota", *swapped)


def _standing(rota: Rota, at: datetime) -> QuerySet[Override]:
    return rota.overrides.filter(withdrawn_at=None, ends_at__gt=at)


def _may_take(rota: Rota, person: User, when: tuple[datetime, datetime], actor: Actor) -> bool:
    user = actor.user
    if user is None or access.may_keep(user, rota):
        return user is not None
    if person not in oncall.who_takes_turns(rota.pk, when[0]):
        return False
    return person == user or oncall.is_on_call_throughout(user, rota.pk, *when)


def _tell(made: Override, people: list[User], actor: Actor, *, of: str) -> None:
    rotamail.tell(
        [each for each in people if each != actor.user],
        made.rota,
        key=f"override-{made.pk}-{'made' if made.withdrawn_at is None else 'withdrawn'}",
        subject=f"{made.person.name} {of}",
        said=f"{made.person.name} {of}, by {actor.name}. Reason: {made.reason}",
        times=[(made.starts_at, made.ends_at)],
    )


def _facts(made: Override) -> dict[str, object]:
    return {
        "override": made.pk,
        "person": made.person_id,
        "from": made.starts_at.isoformat(),
        "until": made.ends_at.isoformat(),
    }
