"""Updates for stakeholders on the pages of an incident, and who outside may be told at all."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.functions import Function
from accounts.http import SignedInRequest, actor_of
from incidents import access, looks
from incidents.models import AccessGrant, Incident
from notifications import broadcasts, stakeholders
from notifications.broadcast_forms import BroadcastForm, DecideForm, StakeholderForm, given
from notifications.models import Broadcast

Level = AccessGrant.Level


@require_http_methods(["GET", "HEAD", "POST"])
def of_incident(request: SignedInRequest, number: int) -> HttpResponse:
    """Show the updates for stakeholders of an incident, and take another one."""
    incident = _incident(request, number, Level.CONTRIBUTE)
    form = BroadcastForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = broadcasts.draft(incident, form.said(), actor=actor_of(request))
        except broadcasts.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("It waits for a second person. Nobody was told."))
            return redirect("broadcast", number=number, pk=row.pk)
    context = {
        "incident": incident,
        "form": form,
        "broadcasts": incident.broadcasts.select_related("author", "decided_by"),
        "may_write": access.may(request.user, Level.CONTRIBUTE, incident),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/broadcasts.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Show one with whom it reached, and write it anew."""
    incident = _incident(request, number, Level.CONTRIBUTE)
    row = get_object_or_404(incident.broadcasts, pk=pk)
    form = BroadcastForm(request.POST or None, initial=given(row))
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            broadcasts.edit(row, form.said(), version=version, actor=actor_of(request))
        except broadcasts.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("It waits for a second person. Nobody was told."))
            return redirect("broadcast", number=number, pk=pk)
    return _page(request, incident, row, form)


def _page(
    request: SignedInRequest,
    incident: Incident,
    row: Broadcast,
    form: BroadcastForm,
    *,
    refusal: str = "",
) -> HttpResponse:
    copies = row.copies.filter(version=row.version).select_related("person", "stakeholder")
    context = {
        "incident": incident,
        "broadcast": row,
        "form": form,
        "refusal": refusal,
        "copies": copies,
        "whom": broadcasts.whom(row),
        "decide": DecideForm(initial={"version": row.version}),
        "may_write": access.may(request.user, Level.CONTRIBUTE, incident) and row.may_change,
        "may_decide": row.state == Broadcast.State.WAITING
        and request.user.pk not in row.writers
        and broadcasts.may_decide(request.user, incident),
    }
    status = 422 if form.errors else 409 if refusal else 200
    return render(request, "notifications/broadcast.html", context, status=status)


@require_POST
def decide(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Approve an update, or return it with a word."""
    incident = access.get_incident(request.user, number, to=Level.MANAGE)
    row = get_object_or_404(incident.broadcasts, pk=pk)
    do, words = request.POST.get("do"), request.POST.get("words", "")

    def act(version: int) -> str:
        if do == "approve":
            broadcasts.approve(row, version=version, actor=actor_of(request))
            return _("Approved. It is sent.")
        if do != "return":
            raise broadcasts.Refused(_("Approve it, or return it with a word."))
        broadcasts.send_back(row, words, version=version, actor=actor_of(request))
        return _("Returned to its author.")

    return _act(request, incident, row, act)


@require_POST
def withdraw(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Send it to nobody."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    row = get_object_or_404(incident.broadcasts, pk=pk)

    def act(version: int) -> str:
        broadcasts.withdraw(row, version=version, actor=actor_of(request))
        return _("Withdrawn. Nobody was told.")

    return _act(request, incident, row, act)


def _act(
    request: SignedInRequest, incident: Incident, row: Broadcast, act: Callable[[int], str]
) -> HttpResponse:
    form = DecideForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        said = act(version)
    except broadcasts.Refused as refusal:
        row = incident.broadcasts.get(pk=row.pk)
        sentence = str(refusal).removeprefix("version: ").removeprefix("words: ")
        return _page(request, incident, row, BroadcastForm(initial=given(row)), refusal=sentence)
    messages.success(request, said)
    return redirect("broadcast", number=incident.number, pk=row.pk)


def _incident(request: SignedInRequest, number: int, to_act: str) -> Incident:
    to = to_act if request.method == "POST" else Level.VIEW
    incident = access.get_incident(request.user, number, to=to)
    looks.note(incident, request.user, via="page")
    return incident


@require_http_methods(["GET", "HEAD", "POST"])
def outside(request: SignedInRequest) -> HttpResponse:
    """Show who outside may be told, and list another one. For operators."""
    _operators(request)
    form = StakeholderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            stakeholders.add(**form.cleaned_data, actor=actor_of(request))
        except stakeholders.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("Listed. They are told nothing by that alone."))
            return redirect("stakeholders")
    context: dict[str, Any] = {"form": form, "listed": stakeholders.listed()}
    status = 422 if form.errors else 200
    return render(request, "notifications/stakeholders.html", context, status=status)


@require_POST
def remove_outside(request: SignedInRequest, pk: int) -> HttpResponse:
    """List somebody no more."""
    _operators(request)
    stakeholders.remove(get_object_or_404(stakeholders.listed(), pk=pk), actor=actor_of(request))
    messages.success(request, _("Removed."))
    return redirect("stakeholders")


def _operators(request: SignedInRequest) -> None:
    if not request.user.is_any(Function.OPERATOR):
        raise Http404
