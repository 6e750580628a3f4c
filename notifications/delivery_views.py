"""The log of deliveries: of an incident, of a stop, and of all for those who run Andon."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, looks
from notifications import anew, copies, deliveries
from notifications.deliveries import Found
from notifications.delivery_forms import DeliveryForm
from notifications.models import Page
from programs import access as program_access
from programs.models import StopOrder


@require_safe
def everywhere(request: SignedInRequest) -> HttpResponse:
    """Show all deliveries, and whom pages may not reach."""
    form = DeliveryForm(request.GET)
    found = deliveries.everywhere(request.user, form.wanted())
    return _page(request, form, found, unsure=deliveries.unsure())


@require_safe
def of_incident(request: SignedInRequest, number: int) -> HttpResponse:
    """Show the deliveries of an incident."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    form = DeliveryForm(request.GET)
    found = deliveries.of_incident(incident, form.wanted())
    may_resend = access.may(request.user, "manage", incident)
    told = copies.of_incident(incident)
    return _page(request, form, found, incident=incident, may_resend=may_resend, told=told)


@require_safe
def of_stop(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """Show the deliveries of a stop."""
    order = _stop(request, slug, generation)
    form = DeliveryForm(request.GET)
    found = deliveries.of_stop(order, form.wanted())
    return _page(request, form, found, order=order, may_resend=True)


@require_POST
def resend(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Send a page once more."""
    incident = access.get_incident(request.user, number, to="manage")
    _resend(request, get_object_or_404(Page, escalation__incident=incident, pk=pk))
    return redirect(reverse("incident-deliveries", args=[number]))


@require_POST
def resend_of_stop(request: SignedInRequest, slug: str, generation: int, pk: int) -> HttpResponse:
    """Send a page of a stop once more; whoever may answer it may ask for it."""
    order = _stop(request, slug, generation)
    _resend(request, get_object_or_404(Page, escalation__order=order, pk=pk))
    return redirect(reverse("stop-deliveries", args=[slug, generation]))


def _resend(request: SignedInRequest, page: Page) -> None:
    try:
        anew.resend(page, actor=actor_of(request))
    except anew.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is sent again, under a key of its own."))


def _stop(request: SignedInRequest, slug: str, generation: int) -> StopOrder:
    program = program_access.get_program(request.user, slug, to="machines")
    return get_object_or_404(program.stop_orders, generation=generation)


def _page(
    request: SignedInRequest, form: DeliveryForm, found: Found, **context: Any
) -> HttpResponse:
    filtered = any(request.GET.get(name) for name in ("person", "method", "state", "day"))
    context |= {"form": form, "found": found, "is_filtered": filtered}
    return render(request, "notifications/deliveries.html", context)
