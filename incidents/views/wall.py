"""Boards on a wall: made and ended by leadership, read by whoever has the address."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import strangers
from accounts.http import SignedInRequest, actor_of
from incidents import fewness, leadchart, leadtiles, wallboards
from incidents.forms.wall import WallboardForm
from incidents.models import Wallboard
from incidents.spans import Period
from incidents.views.leading import refuse_others
from programs import summary
from severity.ladder import Sev

REFRESH_SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def boards(request: SignedInRequest) -> HttpResponse:
    """List the boards; make another, and show its address this once."""
    refuse_others(request.user)
    form = WallboardForm(request.POST if request.method == "POST" else None, user=request.user)
    address, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _board, text = wallboards.make(form.terms(), actor=actor_of(request))
            except wallboards.Refused as refusal:
                form.add_error("name", str(refusal).removeprefix("name: "))
            else:
                address = f"{settings.ENVIRONMENT.url}{reverse('incidents:wall', args=[text])}"
                form, status = WallboardForm(user=request.user), 200
    context = {"boards": wallboards.standing(), "form": form, "address": address}
    return render(request, "incidents/boards.html", context, status=status)


@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a board at once."""
    refuse_others(request.user)
    board = get_object_or_404(Wallboard, pk=pk)
    wallboards.revoke(board, actor=actor_of(request))
    messages.success(request, _("The board shows nothing any more."))
    return redirect("incidents:boards")


@require_safe
@login_not_required
@never_cache
def wall(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a board to whoever has its address, without a session. It loads itself anew."""
    try:
        board = wallboards.opened(secret, place=request.META.get("REMOTE_ADDR", ""))
    except strangers.TooMany as refusal:
        return HttpResponse(str(refusal), status=429, content_type="text/plain")
    if board is None:
        raise Http404
    found = wallboards.shown(board)
    context = {
        "board": board,
        "leading": found,
        "period": found.scope.period,
        "tiles": leadtiles.of(found),
        "query": _query(board),
        "query_before": _query(board, found.scope.period.before()),
        "open": [(Sev(level), n) for level, n in wallboards.open_now(board).items()],
        "standstill": summary.standstill(board.made_by),
        "weeks": leadchart.over_time(found, marks_few=False),
        "shape": leadchart,
        "shown_from": fewness.FEWEST,
        "now": timezone.now(),
        "stands_still": "still" in request.GET,
    }
    answer = render(request, "incidents/wall.html", context)
    # The address is the key, and what the page loads would name it to whoever logs requests.
    answer["Referrer-Policy"] = "no-referrer"
    # Who needs longer to read it can have it stand still.
    if "still" not in request.GET:
        answer["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _query(board: Wallboard, period: Period | None = None) -> str:
    """What leadership asks for to see the lists behind a board: of its period, or of another."""
    if period is None:
        when = {"preset": board.preset}
    else:
        when = {"since": period.since.isoformat(), "until": period.until.isoformat()}
    program = board.program.slug if board.program else ""
    worst = "" if board.worst == Sev.SEV5 else board.worst
    return urlencode(when | {"program": program, "worst": worst})
