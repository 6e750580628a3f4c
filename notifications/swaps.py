"""Ask a colleague to take a shift, and take the answer. The only module that writes Swap.

Both must want it: until the asked person accepts, the asker is on call.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history
from notifications import access, covers, oncall, rotamail, rotas
from notifications.covers import Cover
from notifications.models import Rota, Swap

EXPIRE = "notifications.expire_swap"
ENGINE = Actor.machine("engine")
MOST_WAITING = 50
# Who is asked must have a while to answer.
LEAST = timedelta(minutes=5)


@transaction.atomic
def ask(rota: Rota, said: Cover, *, actor: Actor) -> Swap:
    """Ask the person named to take a shift of the actor's; they hear of it by e-mail.

    Raises:
        Refused: if a field is wrong, or the actor is not on call all that time.
    """
    rota = rotas.lock(rota)
    now, asker = clockwork.now(), actor.user
    since, until = covers.span(said.since, said.until, now=now)
    if said.reason:
        rotas.check_text(said.reason, "reason", covers.LONGEST_REASON)
    if since < now + LEAST:
        minutes = int(LEAST.total_seconds() // 60)
        raise rotas.Refused(f"starts_at: at least {minutes} minutes from now, to be answered.")
    if asker is None or said.person == asker:
        raise rotas.Refused("person: ask somebody else than yourself.")
    covers.check_reachable(said.person, "person")
    _check_whose(rota, asker, since, until)
    waiting = rota.swaps.filter(state=Swap.State.ASKED)
    if waiting.count() >= MOST_WAITING:
        raise rotas.Refused(f"rota: {MOST_WAITING} swaps wait for an answer; withdraw one first.")
    if waiting.filter(asker=asker, starts_at__lt=until, ends_at__gt=since).exists():
        raise rotas.Refused("starts_at: you have asked for a part of that time; withdraw it first.")
    swap: Swap = history.create(
        Swap,
        actor=actor,
        rota=rota,
        asker=asker,
        asked=said.person,
        starts_at=since,
        ends_at=until,
        note=said.reason,
        asked_at=now,
    )
    rotas.record("rota.swap_asked", rota, actor=actor, **_facts(swap))
    clockwork.schedule(EXPIRE, key=f"swap:{swap.pk}", payload={"swap": swap.pk}, due_at=since)
    note = f" They say: {said.reason}" if said.reason else ""
    _tell(swap, to=swap.asked, of=asker, said="asks you to take a shift", more=note)
    return swap


@transaction.atomic
def accept(swap: Swap, *, actor: Actor) -> Swap:
    """Take the shift: whoever was asked is on call for it.

    Raises:
        Refused: if the actor was not asked, it does not wait any more, or the asker is not on
            call for all of it any more.
    """
    rota, swap = _waiting(swap)
    if actor.user is None or actor.user != swap.asked:
        raise rotas.Refused("swap: whoever was asked answers.")
    if swap.starts_at <= clockwork.now():
        raise rotas.Refused("swap: the shift has begun; it was not answered in time.")
    covers.check_reachable(swap.asked, "swap")
    _check_whose(rota, swap.asker, swap.starts_at, swap.ends_at)
    reason = swap.note or f"Swapped with {swap.asker.name}"
    when = (swap.starts_at, swap.ends_at)
    swap.override = covers.lay(rota, swap.asked, when, reason=reason, actor=actor)
    return _answered(swap, Swap.State.ACCEPTED, actor)


@transaction.atomic
def decline(swap: Swap, *, actor: Actor) -> Swap:
    """Say no: the asker stays on call, and hears of it.

    Raises:
        Refused: if the actor was not asked, or it does not wait any more.
    """
    _rota, swap = _waiting(swap)
    if actor.user is None or actor.user != swap.asked:
        raise rotas.Refused("swap: whoever was asked answers.")
    _tell(swap, to=swap.asker, of=swap.asked, said="does not take your shift")
    return _answered(swap, Swap.State.DECLINED, actor)


@transaction.atomic
def withdraw(swap: Swap, *, actor: Actor) -> Swap:
    """Take a question back: the asker may, or a keeper of the rota.

    Raises:
        Refused: if the actor may not, or it does not wait any more.
    """
    rota, swap = _waiting(swap)
    if actor.user is None or not may_withdraw(swap, actor.user, access.may_keep(actor.user, rota)):
        raise rotas.Refused("swap: whoever asked, or a keeper of the rota, withdraws it.")
    return _answered(swap, Swap.State.WITHDRAWN, actor)


def may_withdraw(swap: Swap, user: User, keeps: bool) -> bool:
    """True for the asker and, with `keeps`, for those who keep the rota."""
    return keeps or user.pk == swap.asker_id


def expire(payload: dict[str, Any]) -> None:
    """The shift begins, and nobody answered: the asker is on call, and hears of it."""
    swap = Swap.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "rota", "asker", "asked"
    )
    found = swap.get(pk=payload["swap"])
    if found.state == Swap.State.ASKED and found.rota.retired_at is None:
        said = "did not answer: the shift is yours"
        _tell(found, to=found.asker, of=found.asked, said=said)
        _answered(found, Swap.State.EXPIRED, ENGINE)


def waiting(rota: Rota) -> list[Swap]:
    """Return the swaps of a rota that wait for an answer, the earliest shift first."""
    found = rota.swaps.filter(state=Swap.State.ASKED).select_related("asker", "asked", "rota")
    return list(found.order_by("starts_at", "pk"))


def asked_of(person: User) -> list[Swap]:
    """Return the swaps that wait for this person's answer, the earliest shift first."""
    found = Swap.objects.filter(
        Q(asked=person), state=Swap.State.ASKED, rota__retired_at=None
    ).select_related("asker", "rota")
    return list(found.order_by("starts_at", "pk"))


def _waiting(swap: Swap) -> tuple[Rota, Swap]:
    rota = rotas.lock(swap.rota)
    locked = Swap.objects.select_for_update(no_key=True, of=("self",))
    swap = locked.select_related("asker", "asked", "rota").get(pk=swap.pk)
    if swap.state != Swap.State.ASKED:
        said = Swap.State(swap.state).label.lower()
        raise rotas.Refused(f"swap: is {said} already; read the page again.")
    return rota, swap


def _check_whose(rota: Rota, asker: User, since: datetime, until: datetime) -> None:
    if not oncall.is_on_call_throughout(asker, rota.pk, since, until):
        raise rotas.Refused(f"starts_at: {asker.name} is not on call for all of that time.")


def _answered(swap: Swap, state: Swap.State, actor: Actor) -> Swap:
    swap.state, swap.answered_at = state, clockwork.now()
    history.save(swap, "state", "answered_at", "override", actor=actor)
    rotas.record(f"rota.swap_{state.value}", swap.rota, actor=actor, **_facts(swap))
    return swap


def _tell(swap: Swap, *, to: User, of: User, said: str, more: str = "") -> None:
    rotamail.tell(
        [to],
        swap.rota,
        key=f"swap-{swap.pk}",
        subject=f"{of.name} {said}",
        said=f"{of.name} {said}.{more}",
        times=[(swap.starts_at, swap.ends_at)],
    )


def _facts(swap: Swap) -> dict[str, Any]:
    return {
        "swap": swap.pk,
        "asker": swap.asker_id,
        "asked": swap.asked_id,
        "from": swap.starts_at.isoformat(),
        "until": swap.ends_at.isoformat(),
    }
