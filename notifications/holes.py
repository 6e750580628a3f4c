"""Look for times in which nobody is on call, and tell a rota's owners of each once. Writes RotaGap.

A gap is told if it was not there at the last look, an hour ago, or has grown: not again when it
shrinks, when time eats its beginning, or when the end of the coming 14 days moves over it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from audit import clockwork
from audit.models import Due
from notifications import oncall, rotamail
from notifications.models import Rota, RotaGap
from notifications.rotation import gaps

LOOK = "notifications.look_for_gaps"
AHEAD = timedelta(days=14)
EACH = timedelta(hours=1)


def look_after(rota_pk: int, *, last: str = "") -> None:
    """Have a rota looked at an hour from now, or from the last time. Safe to call again."""
    now = clockwork.now()
    due = max(datetime.fromisoformat(last) if last else now, now - EACH) + EACH
    clockwork.schedule(
        LOOK,
        # Of two who ask for the same hour one is enough.
        key=f"rota-gaps:{rota_pk}:{due:%Y-%m-%dT%H}",
        payload={"rota": rota_pk, "at": due.isoformat()},
        due_at=due,
    )


def give_up(payload: dict[str, Any]) -> None:
    """One look could not be done at all; the next one may."""
    look_after(payload["rota"], last=payload["at"])


def look(payload: dict[str, Any]) -> None:
    """Note the gaps of a rota, mail its owners those that are new, and look again in an hour."""
    there = Rota.objects.select_for_update(no_key=True).filter(retired_at=None)
    rota = there.filter(pk=payload["rota"]).first()
    if rota is None:
        return
    look_after(rota.pk, last=payload["at"])
    now = clockwork.now()
    if fresh := _note(rota, list(_found(rota, now)), now):
        rotamail.tell(
            rotamail.keepers(rota),
            rota,
            key=f"gap-{fresh[0].pk}",
            subject="nobody is on call",
            said="nobody is on call at times of the coming 14 days. Its page fills them.",
            times=[(gap.starts_at, gap.ends_at) for gap in fresh],
        )


Gap = tuple[datetime, datetime | None]


def _found(rota: Rota, now: datetime) -> Iterable[Gap]:
    until = now + AHEAD
    for span in gaps(oncall.between(rota.pk, now, until)):
        # Where looking ends the gap may go on.
        yield span.start, None if span.end >= until else span.end


def _note(rota: Rota, found: list[Gap], now: datetime) -> list[RotaGap]:
    """Keep what was found in the place of what was before; return what nobody was told of."""
    before = list(rota.gaps.filter(over_at=None))
    kept, fresh = set(), []
    for start, end in found:
        same = [each for each in before if each.ends_at == end and _begins(each, now) == start]
        if same:
            kept.add(same[0].pk)
            continue
        made = RotaGap.objects.create(rota=rota, starts_at=start, ends_at=end, found_at=now)
        if not any(_holds(each, made) for each in before):
            fresh.append(made)
    gone = [each.pk for each in before if each.pk not in kept]
    rota.gaps.filter(pk__in=gone).update(over_at=now)
    return fresh


def _begins(known: RotaGap, now: datetime) -> datetime:
    # One that goes on is found from now on alone.
    return max(known.starts_at, now)


def _holds(known: RotaGap, gap: RotaGap) -> bool:
    ends = known.ends_at is None or (gap.ends_at is not None and gap.ends_at <= known.ends_at)
    return known.starts_at <= gap.starts_at and ends


def install(using: str, **_: Any) -> None:
    """Have each rota that is there looked at, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {RotaGap._meta.db_table, Due._meta.db_table}
    if using == DEFAULT_DB_ALIAS and wanted <= set(connections[using].introspection.table_names()):
        for pk in Rota.objects.filter(retired_at=None).values_list("pk", flat=True):
            look_after(pk)
