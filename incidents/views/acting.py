"""How a page does one thing: check the form, call the domain, lead back or show the refusal."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import SignedInRequest
from incidents import (
    access,
    cord,
    grants,
    judgement,
    lifecycle,
    objecting,
    pinning,
    relations,
    roles,
    runbooks,
    steps,
    tasking,
    timeline,
)
from incidents.models import Incident
from incidents.views.detail import page
from programs.forms import PanelForm

REFUSALS = (
    grants.Refused,
    cord.Refused,
    objecting.Refused,
    judgement.Refused,
    lifecycle.Refused,
    pinning.Refused,
    relations.Refused,
    roles.Refused,
    runbooks.Refused,
    steps.Refused,
    tasking.Refused,
    timeline.Refused,
)


def carry_out(
    request: SignedInRequest,
    incident: Incident,
    act: Callable[[], object],
    *,
    at: str,
    said: str,
    form: PanelForm | None = None,
    refusals: tuple[type[Exception], ...] = REFUSALS,
) -> HttpResponse:
    """Do one thing and lead back to the panel `at`. A refusal shows the page with its sentence.

    Args:
        refusals: what the domain raises where it says no; apps above have some of their own.
    """
    forms = {form.at: form} if form else {}
    if form and not form.is_valid():
        return page(request, incident, forms=forms, status=422)
    try:
        # A refusal in the middle must leave nothing behind.
        with transaction.atomic():
            act()
    except refusals as refusal:
        incident = access.get_incident(request.user, incident.number)
        if form:
            form.blame(str(refusal))
            return page(request, incident, forms=forms, status=409)
        return page(request, incident, refusal=str(refusal), status=409)
    messages.success(request, said)
    return redirect(f"{reverse('incidents:detail', args=[incident.number])}#{at}")
