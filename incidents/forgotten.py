"""Find what goes on from part to part and would not go on any more, and have it go on.

A part that is given up must not end all that would follow it; nor may a process that was killed.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from audit import clockwork, reconciling, reviving
from audit.models import Due
from audit.reconciling import Found
from incidents import importing, reclocking, recounting, rethinking
from incidents.models import Import

# A part takes seconds; whoever files them without the engine is gone after so long without one.
SILENT = timedelta(minutes=10)


@reconciling.check("import forgotten")
def imports() -> Iterator[Found]:
    """Imports that were confirmed and that nobody files any more, as a command was interrupted."""
    lately = Import.history.filter(history_date__gt=timezone.now() - SILENT).values("id")
    for run in Import.objects.filter(state=Import.State.RUNNING).exclude(pk__in=lately):
        parts = Due.objects.waiting().filter(
            kind=importing.WORK, key__startswith=f"import:{run.pk}:"
        )
        if not parts.exists():
            importing.go_on(run)
            yield Found(str(run.pk), f"nobody filed import {run.pk} any more", mended=True)


@reconciling.check("rules forgotten")
def rules() -> Iterator[Found]:
    """Rules of the house that are in force and of which no pass is planned."""
    now = clockwork.now()
    if rethinking.is_forgotten(now):
        clockwork.schedule_all([rethinking.next_pass("", now)])
        yield Found("pass", "nobody was to ask the rules of the house any more", mended=True)


@reconciling.check("clocks forgotten")
def clocks() -> Iterator[Found]:
    """Open clocks of older rules that nobody planned to reckon anew."""
    if reclocking.is_forgotten():
        reclocking.begin()
        yield Found("clocks", "nobody was to reckon clocks of older rules anew", mended=True)


@clockwork.when_dead
def give_up(due: Due) -> None:
    """Go on behind the part that is given up, or end what cannot go on without it."""
    if due.kind == importing.WORK:
        importing.give_up(due.payload["run"])
    elif due.kind == reclocking.RECKON:
        round_ = due.payload.get("round", 0)
        reclocking.give_up(due.payload["version"], after=due.payload["after"], round_=round_)
    elif due.kind == recounting.RECOUNT:
        recounting.give_up(due.payload)
    elif due.kind == rethinking.ROUND:
        clockwork.schedule_all([rethinking.next_pass(due.payload["name"], clockwork.now())])


@reviving.when_tried_again
def is_over(due: Due) -> None:
    """An import that was given up is over: nothing would come of its part."""
    if due.kind == importing.WORK:
        raise reviving.Refused("Import the file again: what was filed of it is not filed twice.")
