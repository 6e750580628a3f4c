"""Saved views of the incident list."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import saved_views
from incidents.forms.saved import SavedViewForm
from incidents.forms.searching import FilterForm
from incidents.views import listing


@require_POST
def save(request: SignedInRequest) -> HttpResponse:
    """Keep the filter that stands in the address."""
    asked = FilterForm(request.GET, user=request.user)
    if not asked.is_valid():
        return listing.page(request, asked, status=422)
    form = SavedViewForm(request.POST, user=request.user)
    if not form.is_valid():
        return listing.page(request, asked, saving=form, status=422)
    said, query, actor = form.cleaned_data, asked.query(), actor_of(request)
    try:
        saved_views.keep(request.user, query=query, actor=actor, **said)
    except saved_views.Refused as refusal:
        form.blame(str(refusal))
        return listing.page(request, asked, saving=form, status=409)
    messages.success(request, _("Saved."))
    return redirect(f"{reverse('incidents:list')}?{query}")


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename or share a view of one's own. Others' are not there."""
    view = get_object_or_404(saved_views.own(request.user), pk=pk)
    now = {"name": view.name, "team": view.team_id}
    form = SavedViewForm(request.POST or None, initial=now, user=request.user)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            saved_views.change(view, actor=actor_of(request), **form.cleaned_data)
        except saved_views.Refused as refusal:
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('incidents:list')}?{view.query}")
    context = {"view": view, "form": form}
    return render(request, "incidents/saved_view.html", context, status=status)


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(saved_views.own(request.user), pk=pk)
    saved_views.remove(view, actor=actor_of(request))
    messages.success(request, _("The view is removed."))
    return redirect("incidents:list")
