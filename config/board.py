"""The status board: what is open, what stands still, who waits for an answer, what is due."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from incidents import exposure, search
from notifications import reading
from programs import summary

MOST_SHOWN = 50


@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    return render(request, "board.html", {"board": _live(request)})


@require_safe
def live(request: SignedInRequest) -> HttpResponse:
    """The board's content, or 304."""
    return _live(request).answer(request)


def _live(request: SignedInRequest) -> Fragment:
    incidents = list(search.still_open(request.user))
    for incident in incidents:
        found = incident.exposures.all()
        incident.window = exposure.window(incident, found)  # type: ignore[attr-defined]
    lines = summary.lines(request.user)
    planned = [i.next_update_at for i in incidents if i.next_update_at]
    worst = [incident for incident in incidents if incident.counts_as <= 1]
    context: dict[str, Any] = {
        "incidents": incidents[:MOST_SHOWN],
        "count": len(incidents),
        "worst": worst,
        "oldest": min((incident.reported_at for incident in worst), default=None),
        "lines": lines,
        "stopped": sum(line.stopped or 0 for line in lines),
        "ordered": sum(line.ordered or 0 for line in lines),
        "unanswered": reading.tally(request.user),
        "next_update": min(planned, default=None),
        "now": timezone.now(),
    }
    return Fragment.of("_board.html", context, request)
