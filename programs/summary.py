"""How programs stand, for pages and lists. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from programs import access
from programs.models import RUNNING, Lease, Pause, Program, State, StopOrder, StopProof
from programs.models.stopping import Stamps
from programs.reach import WHOLE

# What counts as having stopped: the collector's own word, or a lease that cannot be alive any more.
STOPPED = (StopProof.State.ACKNOWLEDGED, StopProof.State.EXPIRED)


@dataclass(frozen=True)
class Standing:
    """A program's state in a code for its shape and in words for its reader."""

    code: str
    words: str


@dataclass(frozen=True)
class Line:
    """One program in a list.

    `stopped` of `ordered` collectors have stopped after the last order; `alive` hold
    a lease now. All three are None for who may not see the machines.
    """

    program: Program
    standing: Standing
    holds: tuple[Pause, ...]
    alive: int | None
    stopped: int | None
    ordered: int | None
    last_seen: datetime | None


@dataclass(frozen=True)
class Told:
    """A program as other systems are told of it.

    `collectors` counts those of its last stop by what is known of them, `stamps` what was refused
    of them where records come in.
    """

    program: Program
    held_by: list[str]
    order: StopOrder | None
    collectors: Counter[str]
    stamps: Stamps


def standing(program: Program, order: StopOrder | None, *, partly: bool) -> Standing:
    """Say where a program stands, its last order and a pause of a part of it included."""
    if program.state == State.PAUSED and order:
        return Standing(str(order.proof), order.get_proof_display())
    if program.state == State.COLLECTING and partly:
        return Standing("partly", _("Collecting, a part is paused"))
    return Standing(str(program.state), program.get_state_display())


def standstill(user: User) -> dict[str, int]:
    """Count the running programs that the person may know of, and those paused in whole or part."""
    running = access.visible_to(user).filter(state__in=[*RUNNING, State.PAUSED], is_drill=False)
    held = Exists(Pause.objects.in_force().filter(program=OuterRef("pk"), is_drill=False))
    return running.aggregate(
        running=Count("pk"), paused=Count("pk", filter=Q(state=State.PAUSED) | Q(held))
    )


def lines(user: User) -> list[Line]:
    """Every program that the person may know of, paused ones first. A fixed number of queries."""
    programs = list(access.visible_to(user).select_related("owner"))
    found = _lines(programs, seen=access.whose_machines(user))
    return sorted(found, key=lambda line: (_rank(line), line.program.name))


def of(programs: Iterable[Program]) -> list[Line]:
    """These programs with all that is known; whoever calls this has settled who may see it."""
    return _lines(list(dict.fromkeys(programs)), seen=None)


def told(programs: Iterable[Program]) -> list[Told]:
    """These programs as others are told of them, in as many questions as one takes."""
    programs = list(programs)
    held = defaultdict(set)
    for hold in Pause.objects.in_force().filter(program__in=programs):
        held[hold.program_id].add(hold.label)
    orders = StopOrder.objects.filter(program__in=programs).order_by("program_id", "-generation")
    last = {order.program_id: order for order in orders.distinct("program")}
    counted, stamps = _counted(last.values())
    return [
        Told(
            program,
            sorted(held[program.pk]),
            order := last.get(program.pk),
            counted[order.pk if order else None],
            stamps[order.pk if order else None],
        )
        for program in programs
    ]


def _counted(
    orders: Iterable[StopOrder],
) -> tuple[dict[int | None, Counter[str]], dict[int | None, Stamps]]:
    counted: dict[int | None, Counter[str]] = defaultdict(Counter)
    stamps: dict[int | None, Stamps] = defaultdict(lambda: Stamps(0, 0))
    rows = StopProof.objects.filter(order__in=list(orders)).values_list("order", "state")
    summed = rows.annotate(n=Count("pk"), seen=Sum("refused"), after=Sum("violations"))
    for order, state, n, refused, violations in summed.order_by():
        counted[order][state] = n
        before = stamps[order]
        stamps[order] = Stamps(before.refused + refused, before.violations + violations)
    return counted, stamps


def _lines(programs: list[Program], *, seen: frozenset[int] | None) -> list[Line]:
    orders = {order.program_id: order for order in _last_orders(programs)}
    holds = defaultdict(list)
    for hold in Pause.objects.in_force().filter(program__in=programs).select_related("dataset"):
        holds[hold.program_id].append(hold)
    alive = _alive(programs)
    return [
        _line(
            program,
            holds[program.pk],
            order=orders.get(program.pk),
            alive=alive.get(program.pk, (0, None)),
            sees=seen is None or program.pk in seen,
        )
        for program in programs
    ]


def _rank(line: Line) -> int:
    order = ("paused_unproven", "pausing", "paused_proven", "partly", "resuming", "collecting")
    return order.index(line.standing.code) if line.standing.code in order else len(order)


def _last_orders(programs: Iterable[Program]) -> Iterable[StopOrder]:
    newest = StopOrder.objects.filter(program=OuterRef("program")).order_by("-generation")
    return StopOrder.objects.filter(
        program__in=programs, generation=Subquery(newest.values("generation")[:1])
    ).annotate(
        ordered=Count("proofs"),
        stopped=Count("proofs", filter=Q(proofs__state__in=STOPPED)),
    )


def _alive(programs: Iterable[Program]) -> dict[int, tuple[int, datetime]]:
    rows = (
        Lease.objects.filter(program__in=programs)
        .values("program")
        .annotate(
            n=Count("pk", filter=Q(revoked_at=None, expires_at__gt=timezone.now())),
            last=Max("renewed_at"),
        )
    )
    return {row["program"]: (row["n"], row["last"]) for row in rows}


def _line(
    program: Program,
    holds: list[Pause],
    *,
    order: StopOrder | None,
    alive: tuple[int, datetime | None],
    sees: bool,
) -> Line:
    stopping = order if holds and sees else None
    return Line(
        program=program,
        standing=standing(program, order, partly=any(hold.reach != WHOLE for hold in holds)),
        holds=tuple(holds),
        alive=alive[0] if sees else None,
        stopped=stopping.stopped if stopping else None,  # type: ignore[attr-defined]
        ordered=stopping.ordered if stopping else None,  # type: ignore[attr-defined]
        last_seen=alive[1] if sees else None,
    )
