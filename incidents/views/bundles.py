"""The evidence bundle of an incident: have one made, and take it."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from incidents import access, attachment, looks
from incidents import bundles as domain
from incidents.models import AccessGrant, Bundle, Incident


def _find(request: SignedInRequest, number: int) -> Incident:
    return access.get_incident(request.user, number, to=AccessGrant.Level.MANAGE)


@require_safe
def bundles(request: SignedInRequest, number: int) -> HttpResponse:
    """What a bundle holds, and those that were made for the reader."""
    incident = _find(request, number)
    looks.note(incident, request.user, via="page")
    return _page(request, incident)


def _page(
    request: SignedInRequest, incident: Incident, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    found = domain.of(incident, request.user)
    context = {
        "incident": incident,
        "bundles": found,
        "is_waiting": any(row.state == Bundle.State.WAITING for row in found),
        "refusal": refusal,
    }
    return render(request, "incidents/bundles.html", context, status=status)


@require_POST
def ask(request: SignedInRequest, number: int) -> HttpResponseBase:
    """Have the engine make one."""
    # Before anybody shows who they are once more: what is hidden must be like what is missing.
    _find(request, number)
    return _ask(request, number)


@recently_signed_in
def _ask(request: SignedInRequest, number: int) -> HttpResponse:
    incident = _find(request, number)
    try:
        domain.ask(incident, actor=actor_of(request))
    except domain.Refused as refusal:
        return _page(request, incident, refusal=str(refusal), status=409)
    messages.success(request, _("The bundle is being made. It will stand here."))
    return redirect("incidents:bundles", number=number)


@require_GET
def file(request: SignedInRequest, number: int, pk: int) -> HttpResponseBase:
    """Hand out one that was made for the reader, which is written down."""
    incident = _find(request, number)
    row = get_object_or_404(
        Bundle.objects.select_related("incident"), pk=pk, incident=incident, asked_by=request.user
    )
    try:
        return attachment.of_bundle(row, actor=actor_of(request))
    except domain.Refused as refusal:
        return _page(request, incident, refusal=str(refusal), status=409)
