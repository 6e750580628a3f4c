"""Evidence of an incident: hand it in, look at it, take it out, hold it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, attachment, evidence, holds, looks
from incidents.forms.evidence import HoldForm, UploadForm
from incidents.intake import Refused
from incidents.models import AccessGrant, Evidence, Incident
from incidents.views import detail
from programs.evidence import TOO_LARGE

_MOST_LINES = 500


@require_POST
def add(request: SignedInRequest, number: int) -> HttpResponse:
    """Hand in a file. Not by `carry_out`: it would be stored inside of a transaction."""
    incident = access.get_incident(request.user, number, to=AccessGrant.Level.CONTRIBUTE)
    form = UploadForm(request.POST, request.FILES, too_large=TOO_LARGE in request.META)
    status = 413 if form.too_large else 422
    if form.is_valid():
        said = form.cleaned_data
        try:
            evidence.add(incident, said["file"], note=said["note"], actor=actor_of(request))
        except Refused as refusal:
            form.blame(str(refusal))
            status = refusal.status
        else:
            messages.success(request, _("Evidence added."))
            return redirect(f"{reverse('incidents:detail', args=[number])}#evidence")
    incident = access.get_incident(request.user, number)
    return detail.page(request, incident, forms={"evidence": form}, status=status)


@require_safe
def one(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """What is known of a piece of evidence, and its custody log."""
    incident, row = _find(request, number, pk)
    looks.note(incident, request.user, via="page")
    return _page(request, incident, row)


def _find(request: SignedInRequest, number: int, pk: int) -> tuple[Incident, Evidence]:
    incident = access.get_incident(request.user, number)
    rows = incident.evidence.select_related("incident", "added_by", "held_by")
    return incident, get_object_or_404(rows, pk=pk)


def _page(
    request: SignedInRequest,
    incident: Incident,
    row: Evidence,
    *,
    form: HoldForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "incident": incident,
        "row": row,
        "lines": row.custody.all()[:_MOST_LINES],
        "may_hold": access.may_hold(request.user, incident),
        "may_check": access.may(request.user, AccessGrant.Level.CONTRIBUTE, incident),
        "hold_form": form or HoldForm(),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "incidents/evidence.html", context, status=status)


@require_GET
def file(request: SignedInRequest, number: int, pk: int) -> HttpResponseBase:
    """Hand out the bytes, never to be opened in the page's own origin. It is written down."""
    incident, row = _find(request, number, pk)
    try:
        return attachment.of(row, actor=actor_of(request))
    except Refused as refusal:
        row.refresh_from_db()
        return _page(request, incident, row, refusal=str(refusal), status=refusal.status)


@require_POST
def check(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Check now whether what is stored is what was handed in."""
    incident, row = _find(request, number, pk)
    if not access.may(request.user, AccessGrant.Level.CONTRIBUTE, incident):
        raise PermissionDenied(_("You may read this incident but not do this to it."))
    try:
        whole = evidence.verify(row, actor=actor_of(request))
    except Refused as refusal:
        return _page(request, incident, row, refusal=str(refusal), status=refusal.status)
    if whole:
        messages.success(request, _("Checked: it is what was handed in."))
    else:
        messages.error(request, _("It is no longer what was handed in. Everybody here is told."))
    return redirect("incidents:evidence", number=number, pk=pk)


@require_POST
def hold(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Set a legal hold."""
    return _decide(request, number, pk, act=holds.hold, said=_("The legal hold is set."))


@require_POST
def release(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Lift a legal hold."""
    return _decide(request, number, pk, act=holds.release, said=_("The legal hold is lifted."))


def _decide(
    request: SignedInRequest, number: int, pk: int, *, act: Callable[..., Evidence], said: str
) -> HttpResponse:
    incident, row = _find(request, number, pk)
    if not access.may_hold(request.user, incident):
        raise PermissionDenied(
            _("Only the commander, legal counsel and privacy officers set and lift legal holds.")
        )
    form = HoldForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            act(row, reason=form.cleaned_data["reason"], actor=actor_of(request))
        except Refused as refusal:
            form.blame(str(refusal))
            status = refusal.status
        else:
            messages.success(request, said)
            return redirect("incidents:evidence", number=number, pk=pk)
    return _page(request, incident, row, form=form, status=status)
