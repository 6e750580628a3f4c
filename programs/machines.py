"""How the collectors of a program stand, one by one. Reads only.

Show it to those whom programs.access.sees_machines names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from programs import picture
from programs.models import Collector, CollectorKey, Lease, Program, State, StopProof

# A page holds so many rows; the counts above it are of all.
MOST_SHOWN = 200


@dataclass(frozen=True)
class Machine:
    """One collector. `state` is a code for its shape, `words` say it."""

    collector: Collector
    state: str
    words: str
    lease: Lease | None
    keys: list[CollectorKey]

    @property
    def ends_at(self) -> datetime | None:
        """When the lease it holds runs out; None if it holds none."""
        return self.lease.expires_at if self.lease and self.state == State.COLLECTING else None


def of(program: Program) -> list[Machine]:
    """Return the collectors of a program by name, the retired ones last."""
    now = timezone.now()
    usable = CollectorKey.objects.filter(revoked_at=None, expires_at__gt=now).order_by("created_at")
    collectors = list(
        program.collectors.select_related("dataset")
        .prefetch_related(Prefetch("keys", usable, to_attr="usable_keys"))
        .order_by("name")[:MOST_SHOWN]
    )
    leases = _last_leases(collectors)
    proofs = _last_proofs(program)
    found = []
    for collector in collectors:
        lease = leases.get(collector.pk)
        state, words = _stands(program, collector, lease, proof=proofs.get(collector.pk), now=now)
        found.append(Machine(collector, state, words, lease, collector.usable_keys))
    return sorted(found, key=lambda machine: machine.collector.retired_at is not None)


def _last_leases(collectors: Iterable[Collector]) -> dict[int, Lease]:
    leases = Lease.objects.filter(collector__in=collectors).order_by("collector_id", "-generation")
    return {lease.collector_id: lease for lease in leases.distinct("collector_id")}


def _last_proofs(program: Program) -> dict[int, StopProof]:
    if not program.pauses.in_force().exists():
        return {}
    order = program.stop_orders.order_by("-generation").first()
    return {proof.collector_id: proof for proof in order.proofs.all()} if order else {}


def _stands(
    program: Program,
    collector: Collector,
    lease: Lease | None,
    *,
    proof: StopProof | None,
    now: datetime,
) -> tuple[str, str]:
    if collector.retired_at:
        return "retired", _("Retired")
    if lease and program.runs and lease.alive(now):
        return "collecting", _("Collecting")
    if proof:
        return str(proof.state), picture.words_of(StopProof.State(proof.state))
    if program.runs:
        return ("silent", _("Out of contact")) if lease else ("never", _("Never heard of"))
    return "never", _("Holds no lease")
