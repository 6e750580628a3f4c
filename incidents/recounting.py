"""Have the engine reckon all figures anew in short parts, while everything else goes on.

First what each incident and drill counts for, then the sums, a month at a time. A part commits
with the row of the next: whoever is killed leaves it as it was, to be done by another.
"""

from datetime import date
from typing import Any

from django.db.models import QuerySet, TextChoices

from audit import clockwork
from incidents import measuring
from incidents.models import Drill, Incident

RECOUNT = "incidents.recount_figures"
# Their people wait as long as a part takes.
PART = 200


class Stage(TextChoices):
    """What a part is of. They come in this order."""

    INCIDENTS = "incidents"
    DRILLS = "drills"
    SUMS = "sums"


def take_part(payload: dict[str, Any]) -> None:
    """Reckon one part anew, and plan the next. Runs in the transaction that ends its row.

    Args:
        payload: empty for the first; else its `stage`, and `after` what it comes: a key, or the
            first day of a month. `round` names the recount that it is a part of.
            Another recount needs a `round` of its own, given with its first row: rows that are
            done keep their keys, and would swallow its parts.
    """
    stage, found = _found(payload)
    if stage is Stage.INCIDENTS:
        measuring.refigure(incidents=found)
    elif stage is Stage.DRILLS:
        measuring.refigure(drills=found)
    else:
        for month in found:
            measuring.sum_up(month)
    _plan_behind(payload, stage, found)


def give_up(payload: dict[str, Any]) -> None:
    """Go on behind a part that could not be reckoned: what it holds stays as it was."""
    _plan_behind(payload, *_found(payload))


def _found(payload: dict[str, Any]) -> tuple[Stage, list[Any]]:
    """The stage of a part, and what is in it: keys, or the first day of one month."""
    stage, after = Stage(payload.get("stage", Stage.INCIDENTS)), payload.get("after", 0)
    if stage is Stage.SUMS:
        month = measuring.month_after(date.fromisoformat(after) if after else date.min)
        return stage, [month] if month else []
    rows: QuerySet[Any] = Drill.objects.filter(pk__gt=after)
    if stage is Stage.INCIDENTS:
        rows = Incident.objects.filter(pk__gt=after)
    return stage, list(rows.order_by("pk").values_list("pk", flat=True)[:PART])


def _plan_behind(payload: dict[str, Any], stage: Stage, found: list[Any]) -> None:
    round_ = payload["round"] if payload else "first"
    after: int | str
    if found:
        after = found[-1].isoformat() if stage is Stage.SUMS else found[-1]
    elif stage is Stage.SUMS:
        return
    else:
        every = list(Stage)
        stage, after = every[every.index(stage) + 1], 0
    following = {"round": round_, "stage": stage.value, "after": after}
    key = f"figures:{round_}:{stage}:{after}"
    clockwork.schedule(RECOUNT, key=key, payload=following, priority=9)
