"""Look for times in which nobody is on call, and tell a rota's owners of each: found, and ahead.

A gap is told if it was not there at the last look, an hour ago, or has grown; and twice more, a
week and a day before it begins, if it is still there. What begins within a day of another is told
in one mail.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from audit import clockwork
from audit.models import Due
from notifications import mailing, noting, oncall, rotamail, uncovered
from notifications.models import Rota, RotaGap
from notifications.rotation import gaps

LOOK, REMIND = "notifications.look_for_gaps", "notifications.tell_of_gap_ahead"
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
    rota = _locked(payload["rota"])
    if rota is None:
        return
    look_after(rota.pk, last=payload["at"])
    _look(rota)
    # Of their own: they lock their policies, and whoever holds one of these may want this rota.
    uncovered.look_soon(rota.pk, mark=payload["at"])


def _locked(pk: int) -> Rota | None:
    there = Rota.objects.select_for_update(no_key=True).filter(retired_at=None)
    return there.filter(pk=pk).first()


def _look(rota: Rota) -> list[noting.Gap]:
    """Note what there is now; return what was told of."""
    now = clockwork.now()
    if fresh := noting.note(rota, _found(rota, now), now, remind=REMIND):
        _tell(
            rota,
            fresh,
            mark=f"gap-{fresh[0].pk}",
            subject="nobody is on call",
            said="nobody is on call at times of the coming 14 days. Its page fills them.",
            last=any(noting.is_soon(gap, now, noting.MARKS[-1]) for gap in fresh),
        )
    return fresh


def _tell(
    rota: Rota, gaps: Sequence[noting.Gap], *, mark: str, subject: str, said: str, last: bool
) -> None:
    """Mail the owners; operators too if it is the last time."""
    rotamail.tell(
        [*rotamail.keepers(rota), *(mailing.operators() if last else [])],
        rota,
        key=mark,
        subject=subject,
        said=said,
        times=[(gap.starts_at, gap.ends_at) for gap in gaps],
    )


def _found(rota: Rota, now: datetime) -> Iterable[noting.Times]:
    until = now + noting.AHEAD
    for span in gaps(oncall.between(rota.pk, now, until)):
        # Where looking ends the gap may go on.
        yield span.start, None if span.end >= until else span.end


def remind(payload: dict[str, Any]) -> None:
    """A gap begins in a week or a day: tell the owners, and at last operators too.

    Nobody hears of one that was filled, and of one that changed as it is now.
    """
    gap = RotaGap.objects.get(pk=payload["gap"])
    rota = _locked(gap.rota_id)
    if rota is None:
        return
    told = _look(rota)
    if due := noting.to_tell(rota, gap, payload["hours"], remind=REMIND, told=told):
        _tell(
            rota,
            due,
            mark=f"gap-{due[0].pk}-{payload['hours']}",
            subject=f"nobody is on call in {_in_words(payload['hours'])}",
            said="nobody is on call then, still. Its page fills it.",
            last=payload["hours"] <= noting.MARKS[-1] // EACH,
        )


def _in_words(hours: int) -> str:
    return f"{hours // 24} days" if hours > 24 else f"{hours} hours"


def install(using: str, **_: Any) -> None:
    """Have each rota that is there looked at, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {RotaGap._meta.db_table, Due._meta.db_table}
    if using == DEFAULT_DB_ALIAS and wanted <= set(connections[using].introspection.table_names()):
        for pk in Rota.objects.filter(retired_at=None).values_list("pk", flat=True):
            look_after(pk)
