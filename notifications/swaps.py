"""Ask a colleague to take a shift, and take the answer. The only module that writes Swap.

It may be for a shift of theirs in return. Both must want it: until the asked person accepts, each
is on call as before; then both overrides are written at once.
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
Span = tuple[datetime, datetime]


@transaction.atomic
def ask(rota: Rota, said: Cover, *, back: Span | None = None, actor: Actor) -> Swap:
    """Ask the person named to take a shift of the actor's; they hear of it by e-mail.

    Args:
        back: from when to when the actor takes a shift of theirs in return.

    Raises:
        Refused: if a field is wrong, or either is not on call all that time.
    """
    rota, now = rotas.lock(rota), clockwork.now()
    asker, (since, until) = _checked(rota, said, actor.user, now)
    if back:
        back = _checked_back(rota, back, now, asked=said.person, asker=asker, given=(since, until))
    swap: Swap = history.create(
        Swap,
        actor=actor,
        rota=rota,
        asker=asker,
        asked=said.person,
        starts_at=since,
        ends_at=until,
        back_starts_at=back[0] if back else None,
        back_ends_at=back[1] if back else None,
        note=said.reason,
        asked_at=now,
    )
    rotas.record("rota.swap_asked", rota, actor=actor, **_facts(swap))
    first = min(since, back[0]) if back else since
    clockwork.schedule(EXPIRE, key=f"swap:{swap.pk}", payload={"swap": swap.pk}, due_at=first)
    note = f" They say: {said.reason}" if said.reason else ""
    _tell(swap, to=swap.asked, of=asker, said=_ASKS[bool(back)], more=note)
    return swap


def _checked(rota: Rota, said: Cover, asker: User | None, now: datetime) -> tuple[User, Span]:
    since, until = covers.span(said.since, said.until, now=now)
    if said.reason:
        rotas.check_text(said.reason, "reason", covers.LONGEST_REASON)
    _check_later(since, now)
    if asker is None or said.person == asker:
        raise rotas.Refused("person: ask somebody else than yourself.")
    covers.check_reachable(said.person, "person")
    _check_whose(rota, asker, since, until)
    _check_waiting(rota, asker, since, until)
    return asker, (since, until)


_ASKS = {
    False: "asks you to take a shift",
    True: "asks you to take the first of these shifts, and takes the second, yours, in return",
}


def _check_later(since: datetime, now: datetime, at: str = "") -> None:
    if since < now + LEAST:
        minutes = int(LEAST.total_seconds() // 60)
        raise rotas.Refused(f"{at}starts_at: at least {minutes} minutes from now, to be answered.")


def _check_waiting(rota: Rota, asker: User, since: datetime, until: datetime) -> None:
    waiting = rota.swaps.filter(state=Swap.State.ASKED)
    if waiting.count() >= MOST_WAITING:
        raise rotas.Refused(f"rota: {MOST_WAITING} swaps wait for an answer; withdraw one first.")
    if waiting.filter(asker=asker, starts_at__lt=until, ends_at__gt=since).exists():
        raise rotas.Refused("starts_at: you have asked for a part of that time; withdraw it first.")


def _checked_back(
    rota: Rota, back: Span, now: datetime, *, asked: User, asker: User, given: Span
) -> Span:
    try:
        since, until = covers.span(*back, now=now)
    except rotas.Refused as refusal:
        raise rotas.Refused(f"back_{refusal}") from refusal
    _check_later(since, now, "back_")
    if since < given[1] and until > given[0]:
        raise rotas.Refused("back_starts_at: overlaps the shift that you give away.")
    covers.check_reachable(asker, "back_starts_at")
    _check_whose(rota, asked, since, until, at="back_")
    return since, until


@transaction.atomic
def accept(swap: Swap, *, actor: Actor) -> Swap:
    """Take the shift: whoever was asked is on call for it, and the asker for what they give back.

    Raises:
        Refused: if the actor was not asked, it does not wait any more, or either is not on call
            for all of their shift any more, or cannot be.
    """
    rota, swap = _waiting(swap)
    if actor.user is None or actor.user != swap.asked:
        raise rotas.Refused("swap: whoever was asked answers.")
    given, back = (swap.starts_at, swap.ends_at), swap.back
    if min(given[0], back[0] if back else given[0]) <= clockwork.now():
        raise rotas.Refused("swap: the shift has begun; it was not answered in time.")
    covers.check_reachable(swap.asked, "swap")
    _check_whose(rota, swap.asker, *given)
    if back:
        covers.check_reachable(swap.asker, "swap")
        _check_whose(rota, swap.asked, *back, at="back_")
        said = swap.note or f"Swapped with {swap.asked.name}"
        swap.back_override = covers.lay(rota, swap.asker, back, reason=said, actor=actor)
    said = swap.note or f"Swapped with {swap.asker.name}"
    swap.override = covers.lay(rota, swap.asked, given, reason=said, actor=actor)
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


def _check_whose(rota: Rota, who: User, since: datetime, until: datetime, *, at: str = "") -> None:
    if not oncall.is_on_call_throughout(who, rota.pk, since, until):
        raise rotas.Refused(f"{at}starts_at: {who.name} is not on call for all of that time.")


def _answered(swap: Swap, state: Swap.State, actor: Actor) -> Swap:
    swap.state, swap.answered_at = state, clockwork.now()
    history.save(swap, "state", "answered_at", "override", "back_override", actor=actor)
    rotas.record(f"rota.swap_{state.value}", swap.rota, actor=actor, **_facts(swap))
    return swap


def _tell(swap: Swap, *, to: User, of: User, said: str, more: str = "") -> None:
    rotamail.tell(
        [to],
        swap.rota,
        key=f"swap-{swap.pk}",
        subject=f"{of.name} {said}",
        said=f"{of.name} {said}.{more}",
        times=[(swap.starts_at, swap.ends_at), *([swap.back] if swap.back else [])],
    )


def _facts(swap: Swap) -> dict[str, Any]:
    back = swap.back
    returned = {"back_from": back[0].isoformat(), "back_until": back[1].isoformat()} if back else {}
    return returned | {
        "swap": swap.pk,
        "asker": swap.asker_id,
        "asked": swap.asked_id,
        "from": swap.starts_at.isoformat(),
        "until": swap.ends_at.isoformat(),
    }
