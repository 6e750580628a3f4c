"""Teams, for operators: make them, put people in and take them out.

For everybody else there are no such pages. Whoever changes something showed lately who they are.
"""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from audit import teams
from notifications import teamroster
from notifications.people_views import for_operators
from notifications.team_forms import LeaverForm, MemberForm, TeamForm


@require_safe
@for_operators
def everything(request: SignedInRequest) -> HttpResponse:
    """Show all teams."""
    return _list(request, TeamForm())


@require_POST
@for_operators
@recently_signed_in
def make(request: SignedInRequest) -> HttpResponse:
    """Make a team."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        team = teams.make(form.cleaned_data["name"], actor=actor_of(request))
    except teams.Refused as refusal:
        return _list(request, form, refusal=str(refusal), status=409)
    messages.success(request, _("Made. Nobody is in it yet."))
    return redirect("team", team.pk)


@require_safe
@for_operators
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show who is in a team."""
    return _page(request, teamroster.one(request.user, pk))


@require_POST
@for_operators
@recently_signed_in
def put_in(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put somebody into a team."""
    return _change(request, pk, MemberForm(request.POST), teams.put_in)


@require_POST
@for_operators
@recently_signed_in
def take_out(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take somebody out of a team."""
    return _change(request, pk, LeaverForm(request.POST), teams.take_out)


def _change(
    request: SignedInRequest, pk: int, form: forms.Form, change: Callable[..., None]
) -> HttpResponse:
    team = teamroster.one(request.user, pk)
    if not form.is_valid():
        return _page(request, team, form=form, status=422)
    try:
        change(team.row, form.cleaned_data["person"], actor=actor_of(request))
    except teams.Refused as refusal:
        return _page(request, team, form=form, refusal=str(refusal), status=409)
    messages.success(request, _("Saved. It counts at once."))
    return redirect("team", pk)


def _list(
    request: SignedInRequest, form: TeamForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = teamroster.page(request.user, request.GET.get("page", ""))
    context = {
        "page": page,
        "lines": teamroster.lines(page),
        "lacking": teamroster.lacking(),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "notifications/teams.html", context, status=status)


def _page(
    request: SignedInRequest,
    team: teamroster.Team,
    *,
    form: forms.Form | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    found = Paginator(teamroster.members(team.row), teamroster.PER_PAGE)
    context = {
        "team": team,
        "page": found.get_page(request.GET.get("page", "")),
        # One that takes out shows what is wrong, and the other is what is filled in.
        "form": form if isinstance(form, MemberForm) else MemberForm(),
        "wrong": form,
        "refusal": refusal,
    }
    return render(request, "notifications/team.html", context, status=status)
