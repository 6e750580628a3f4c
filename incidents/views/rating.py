"""Second ratings: asked for on the incident, made without sight of it, compared after."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, assessing, calibration, looks, ratings
from incidents.calibration import Period
from incidents.forms.assessing import AnswerForm
from incidents.forms.rating import AskForRatingForm, DeclineForm, PeriodForm
from incidents.models import AccessGrant, SecondRating
from incidents.views.acting import carry_out
from severity.facts import BadFact

MANAGE = AccessGrant.Level.MANAGE
_MONTH_DAYS = 30.44


@require_POST
def ask(request: SignedInRequest, number: int) -> HttpResponse:
    """Ask somebody, or whoever volunteers, for a second rating."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    form = AskForRatingForm(request.POST)

    def act() -> None:
        ratings.ask(incident, **form.cleaned_data, actor=actor_of(request))

    refusals = (ratings.Refused,)
    said = _("Asked.")
    return carry_out(request, incident, act, at="severity", said=said, form=form, refusals=refusals)


@require_POST
def call_off(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Ask for it no longer."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    row = get_object_or_404(incident.second_ratings, pk=pk)
    reason = request.POST.get("reason", "")
    return carry_out(
        request,
        incident,
        lambda: ratings.call_off(row, reason=reason, actor=actor_of(request)),
        at="severity",
        said=_("Called off."),
        refusals=(ratings.Refused,),
    )


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """What the reader was asked to rate, and what they may volunteer for."""
    mine = list(ratings.mine(request.user)[:100])
    context = {
        "open": [row for row in mine if row.is_open],
        "settled": [row for row in mine if not row.is_open],
        "offered": ratings.offered(request.user),
    }
    return render(request, "incidents/ratings.html", context)


@require_POST
def take(request: SignedInRequest, pk: int) -> HttpResponse:
    """Volunteer for one that anybody may take."""
    row = next((row for row in ratings.offered(request.user) if row.pk == pk), None)
    if row is None:
        raise Http404(_("No such rating."))
    try:
        ratings.take(row, actor=actor_of(request))
    except ratings.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("incidents:ratings")
    return redirect("incidents:rating", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """The questions for the second rater, who sees nothing of the first; later both beside."""
    row = get_object_or_404(ratings.mine(request.user), pk=pk)
    if request.method != "POST":
        return _page(request, row, AnswerForm())
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        ratings.rate(row, form.said(), actor=actor_of(request))
    except BadFact as fault:
        form.blame_fact(fault)
        return _page(request, row, form, status=409)
    except ratings.Refused as refusal:
        row.refresh_from_db()
        form.blame(str(refusal))
        return _page(request, row, form, status=409)
    messages.success(request, _("Thank you. Both ratings stand beside each other now."))
    return redirect("incidents:rating", pk=pk)


@require_POST
def decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    row = get_object_or_404(ratings.mine(request.user), pk=pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, row, AnswerForm(), declining=form, status=422)
    try:
        ratings.decline(row, reason=form.cleaned_data["reason"], actor=actor_of(request))
    except ratings.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, row, AnswerForm(), declining=form, status=409)
    messages.success(request, _("Declined."))
    return redirect("incidents:ratings")


def _page(
    request: SignedInRequest,
    row: SecondRating,
    form: AnswerForm,
    *,
    declining: DeclineForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"rating": row, "incident": row.incident}
    if row.is_open:
        looks.note(row.incident, request.user, via=ratings.VIA)
        counted = assessing.weigh(row.incident, assessing.NOTHING).counted
        context |= {
            "form": declining if declining else form,
            "steps": list(form.steps(counted)),
            "decline_form": declining or DeclineForm(),
            "exposures": row.incident.exposures.all(),
        }
    elif row.level is not None:
        context |= {"first": ratings.by_rules(row), "differences": ratings.differences(row)}
    return render(request, "incidents/rating.html", context, status=status)


@require_safe
def calibrate(request: SignedInRequest) -> HttpResponse:
    """How far two raters agree, by period."""
    form = PeriodForm(request.GET)
    said = form.allowed()
    months = said.get("months")
    since = timezone.now() - timedelta(days=months * _MONTH_DAYS) if months else None
    period = Period(since=since)
    context = {
        "form": form,
        "all": calibration.of(request.user, period),
        "quarters": calibration.by_quarter(request.user, period),
        "few": calibration.FEW,
    }
    return render(request, "incidents/calibration.html", context)
