"""How the controls of a program stand. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.controlset import Control, ControlSet
from programs.models import Attestation, Program, Waiver

_SUBMITTED, _APPROVED, _REJECTED = Attestation.State
_SOON = timedelta(days=14)


class Stand(StrEnum):
    """Where one control stands."""

    MISSING = "missing"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WAIVED = "waived"
    NOT_NEEDED = "not_needed"


_WORDS = {
    Stand.MISSING: _("Missing"),
    Stand.SUBMITTED: _("Waits for approval"),
    Stand.APPROVED: _("Approved"),
    Stand.REJECTED: _("Rejected"),
    Stand.EXPIRED: _("Expired"),
    Stand.WAIVED: _("Waived"),
    Stand.NOT_NEEDED: _("Does not apply"),
}


@dataclass(frozen=True)
class Standing:
    """One control of a program.

    Args:
        approved: what was approved last, whether it counts still or not.
        waiting: what waits for approval.
        rejected: what was turned down last, if nothing came after it.
        ends_at: when what was approved ends, or ended; None if nothing was.
        waiver: the one in force that leaves it aside.
    """

    control: Control
    applies: bool
    stand: Stand
    approved: Attestation | None
    waiting: Attestation | None
    rejected: Attestation | None
    ends_at: datetime | None
    waiver: Waiver | None
    now: datetime

    @property
    def code(self) -> str:
        """A code for its shape."""
        return f"control_{self.stand}"

    @property
    def words(self) -> str:
        return str(_WORDS[self.stand])

    @property
    def valid(self) -> bool:
        """Approved, and not over: days of grace do not count."""
        return self.ends_at is not None and self.now < self.ends_at

    @property
    def shown(self) -> Attestation | None:
        """The attestation that its state is about."""
        if self.stand is Stand.SUBMITTED:
            return self.waiting
        return self.rejected if self.stand is Stand.REJECTED else self.approved

    @property
    def blocks(self) -> bool:
        """True if nothing may start because of it."""
        return self.applies and self.control.blocks and not self.valid

    @property
    def stops_at(self) -> datetime | None:
        """When it stops a program that runs; None if it was never approved."""
        if self.ends_at is None:
            return None
        return self.ends_at + timedelta(days=self.control.grace_days)

    @property
    def in_grace(self) -> bool:
        return not self.valid and self.stops_at is not None and self.now < self.stops_at

    @property
    def ends_soon(self) -> bool:
        """True in the last two weeks of what counts for longer than that."""
        if self.ends_at is None or self.control.good_for_days <= _SOON.days:
            return False
        return self.valid and self.ends_at - self.now < _SOON


def standings(program: Program, *, now: datetime | None = None) -> list[Standing]:
    """Return every control in force, in its order, as it stands for the program. Two queries."""
    now = now or timezone.now()
    found: dict[tuple[str, str], Attestation] = {
        (row.control, row.state): row
        for row in program.attestations.select_related("attested_by", "decided_by")
        .order_by("control", "state", F("decided_at").desc(nulls_first=True), "-pk")
        .distinct("control", "state")
    }
    facts, waived = program.facts, _waived(program, now)
    return [
        _standing(control, found, waived.get(control.id), applies=control.applies(facts), now=now)
        for control in ControlSet.current().controls
    ]


def _waived(program: Program, now: datetime) -> dict[str, Waiver]:
    # A control that blocks is never waived, whatever its row says: a newer set may have made it so.
    free = [control.id for control in ControlSet.current().controls if not control.blocks]
    granted = program.waivers.filter(
        state=Waiver.State.GRANTED, good_until__gt=now, control__in=free
    )
    return {waiver.control: waiver for waiver in granted.order_by("good_until")}


def standing(program: Program, control: Control) -> Standing:
    return next(each for each in standings(program) if each.control == control)


def _standing(
    control: Control,
    found: Mapping[tuple[str, str], Attestation],
    waiver: Waiver | None,
    *,
    applies: bool,
    now: datetime,
) -> Standing:
    approved = found.get((control.id, _APPROVED))
    waiting = found.get((control.id, _SUBMITTED))
    rejected = found.get((control.id, _REJECTED))
    if waiting and waiting.ended_at:
        waiting = None
    if rejected and approved and approved.attested_at > rejected.attested_at:
        rejected = None
    ends_at = _end(approved) if approved else None
    if not applies:
        stand = Stand.NOT_NEEDED
    elif ends_at and now < ends_at:
        stand = Stand.APPROVED
    elif waiver:
        stand = Stand.WAIVED
    elif waiting:
        stand = Stand.SUBMITTED
    elif ends_at:
        stand = Stand.EXPIRED
    else:
        stand = Stand.REJECTED if rejected else Stand.MISSING
    return Standing(control, applies, stand, approved, waiting, rejected, ends_at, waiver, now)


def _end(row: Attestation) -> datetime:
    assert row.good_until
    return min(row.good_until, row.ended_at) if row.ended_at else row.good_until
