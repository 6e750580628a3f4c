"""The status board: what is open, what stands still, who waits for an answer, what is due."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from incidents import exposure, obligations, search
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
    incidents = list(search.still_open(request.user)[:MOST_SHOWN])
    for incident in incidents:
        found = incident.exposures.all()
        incident.window = exposure.window(incident, found)  # type: ignore[attr-defined]
    lines = summary.lines(request.user)
    tally = search.tally_open(request.user)
    context: dict[str, Any] = {
        "incidents": incidents,
        "tally": tally,
        "more": tally.count - len(incidents),
        "lines": lines,
        "stopped": sum(line.stopped or 0 for line in lines),
        "ordered": sum(line.ordered or 0 for line in lines),
        "unanswered": reading.tally(request.user),
        "next_update": tally.next_update,
        "next_duty": obligations.next_seen(request.user),
        "now": timezone.now(),
    }
    return Fragment.of("_board.html", context, request)
