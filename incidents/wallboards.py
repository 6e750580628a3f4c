"""Boards on a wall: who makes them, what their secret opens. The only module that writes Wallboard.

Whoever stands before a wall may be anybody, so a board tells what somebody may know who may read no
incident. It opens while its maker leads, and until somebody who leads ends it.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import secrets, strangers
from accounts.actors import Actor
from audit import clockwork, history, trail
from incidents import fewness, leading, spans, totals
from incidents.leading import Leading
from incidents.models import Wallboard
from incidents.totals import Scope
from programs.models import Program

KIND = "w"
MOST = 20


class Refused(Exception):
    """No board is made; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """What a board shows."""

    name: str
    preset: str
    program: Program | None
    worst: int


@transaction.atomic
def make(terms: Terms, *, actor: Actor) -> tuple[Wallboard, str]:
    """Return a board and its secret, which is shown this once.

    Raises:
        Refused: if whoever acts does not lead, there are too many, or it has no name.
    """
    if actor.user is None or not leading.may_lead(actor.user):
        raise Refused(_("Only leadership makes wallboards."))
    if not terms.name.strip():
        raise Refused(_("name: say where it hangs, in up to 80 characters."))
    if terms.preset not in spans.PRESETS:
        raise Refused(_("preset: one of %(all)s.") % {"all": ", ".join(spans.PRESETS)})
    if standing().count() >= MOST:
        raise Refused(_("name: there are %(n)s boards, and that is the most.") % {"n": MOST})
    minted = secrets.mint(KIND)
    board = Wallboard(
        name=terms.name.strip(),
        preset=terms.preset,
        program=terms.program,
        worst=terms.worst,
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        made_by=actor.user,
        made_at=clockwork.now(),
    )
    history.save_new(board, actor=actor)
    trail.record("wallboard.made", board, actor=actor, stream=trail.stream_of(actor.user))
    return board, minted.text


@transaction.atomic
def revoke(board: Wallboard, *, actor: Actor) -> None:
    """Let a board show nothing any more, at once. Safe to call again.

    Raises:
        Refused: if whoever acts does not lead.
    """
    if actor.user is None or not leading.may_lead(actor.user):
        raise Refused(_("Only leadership ends wallboards."))
    board = Wallboard.objects.select_for_update(no_key=True, of=("self",)).get(pk=board.pk)
    if board.revoked_at is None:
        board.revoked_at = clockwork.now()
        history.save(board, "revoked_at", actor=actor)
        trail.record("wallboard.revoked", board, actor=actor, stream=trail.stream_of(board.made_by))


def standing() -> QuerySet[Wallboard]:
    """The boards that were not ended."""
    return Wallboard.objects.filter(revoked_at=None).select_related("made_by", "program")


def recognise(text: str) -> Wallboard | None:
    """Return the board that a secret opens; None if there is none, or its maker leads no more."""
    presented = secrets.parse(text)
    if presented is None or presented.kind != KIND:
        return None
    board = standing().filter(key_id=presented.key_id).first()
    if board is None or not secrets.matches(presented, board.secret_hash):
        return None
    return board if leading.may_lead(board.made_by) else None


def opened(text: str, *, place: str) -> Wallboard | None:
    """Return the board that a secret opens for somebody who comes from `place`; None for a guess.

    Raises:
        strangers.TooMany: if that place guessed too often.
    """
    presented = secrets.parse(text)
    strangers.check(place, presented.key_id if presented else "")
    board = recognise(text)
    if board is None:
        strangers.note(place)
        return None
    strangers.trust(board.key_id)
    return board


def shown(board: Wallboard) -> Leading:
    """Return its figures, as for somebody who may read no incident."""
    period = spans.preset(board.preset, clockwork.now().date())
    return leading.of(None, Scope(period, board.program_id, board.worst))


def open_now(board: Wallboard) -> dict[int, int | None]:
    """Return how many incidents are open at each level; None where there are few, or none.

    If none were told as such, whoever watches would see the first as it is reported.
    """
    counts = totals.open_by_level(board.program_id, board.worst)
    return {level: n if n >= fewness.FEWEST else None for level, n in counts.items()}
