"""Logs of access to what was exposed: hand one in, and read what each says."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, actor_of
from incidents import access, accesslogs, looks
from incidents.forms.accesslogs import AccessLogForm
from incidents.models import AccessGrant
from incidents.views.room import May
from programs.evidence import TOO_LARGE


@require_http_methods(["GET", "HEAD", "POST"])
def logs(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """What the logs say of one exposure; by POST one more is read."""
    level = AccessGrant.Level
    reads = request.method != "POST"
    incident = access.get_incident(
        request.user, number, to=level.VIEW if reads else level.CONTRIBUTE
    )
    rows = incident.exposures.select_related("incident", "dataset")
    exposure = get_object_or_404(rows, pk=pk)
    form, status = AccessLogForm(), 200
    if reads:
        looks.note(incident, request.user, via="page")
    else:
        form = AccessLogForm(request.POST, request.FILES, too_large=TOO_LARGE in request.META)
        status = 422
        if form.is_valid():
            try:
                accesslogs.read(exposure, form.log(), actor=actor_of(request))
            except accesslogs.Refused as refusal:
                form.blame(str(refusal))
            else:
                messages.success(request, _("The log was read."))
                return redirect("incidents:access-logs", number=number, pk=pk)
    context = {
        "incident": incident,
        "may": May.of(request, incident),
        "exposure": exposure,
        "analyses": exposure.analyses.all(),
        "form": form,
    }
    return render(request, "incidents/access_logs.html", context, status=status)
