"""What an incident exposed: write it down, correct it, verify that it is closed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import access, changes, embargo, exposures, looks, meanwhile
from incidents.exposures import Said
from incidents.forms.exposures import CorrectExposureForm, ExposureForm, VerifyForm
from incidents.models import AccessGrant, Evidence, Exposure, Incident
from incidents.views.room import May
from programs.forms import PanelForm

CONTRIBUTE, MANAGE = AccessGrant.Level.CONTRIBUTE, AccessGrant.Level.MANAGE


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, number: int) -> HttpResponse:
    """Every exposure of an incident; by POST one more."""
    if request.method != "POST":
        incident = access.get_incident(request.user, number)
        looks.note(incident, request.user, via="page")
        return _list(request, incident)
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = ExposureForm(request.POST, incident=incident)

    def add() -> Exposure:
        return exposures.add(incident, form.said(), actor=actor_of(request))

    status = _try(form, add)
    if status:
        return _list(request, incident, form=form, status=status)
    messages.success(request, _("Exposure added."))
    return redirect("incidents:exposures", number=number)


def _list(
    request: SignedInRequest,
    incident: Incident,
    *,
    form: ExposureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "incident": incident,
        "may": May.of(request, incident),
        "exposures": incident.exposures.select_related("dataset"),
        "withheld": embargo.withheld_from(request.user, incident),
        "form": form,
        "exposure_form": form or ExposureForm(incident=incident),
    }
    return render(request, "incidents/exposures.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """One exposure with its history; by POST corrected."""
    if request.method != "POST":
        incident, row = _find(request, number, pk)
        looks.note(incident, request.user, via="page")
        return _page(request, incident, row)
    incident, row = _find(request, number, pk, to=CONTRIBUTE)
    read = meanwhile.as_sent(row, request.POST.get("based_on", ""))
    says = embargo.may_say(request.user, row)
    form = CorrectExposureForm(request.POST, incident=incident, exposure=read, says_location=says)
    # Before a refusal takes from the form what it blames.
    said = form.said() if form.is_valid() else None

    def correct() -> None:
        why, by = form.cleaned_data["reason"], actor_of(request)
        exposures.correct(row, form.said(), reason=why, actor=by, read=form.read)

    status = _try(form, correct)
    if status:
        fresh = _find(request, number, pk, to=CONTRIBUTE)[1]
        overtaken = said if exposures.said_of(fresh) != form.read else None
        return _page(
            request, incident, fresh, correct_form=form, overtaken=overtaken, status=status
        )
    messages.success(request, _("Corrected. The old values stay readable."))
    return redirect("incidents:exposure", number=number, pk=pk)


@require_POST
def verify(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Say that the fix was checked. It lifts the embargo, so it is for who runs the incident."""
    incident, row = _find(request, number, pk, to=MANAGE)
    form = VerifyForm(request.POST)

    def check() -> Exposure:
        return exposures.verify(row, how=form.cleaned_data["how"], actor=actor_of(request))

    status = _try(form, check)
    if status:
        return _page(request, incident, row, verify_form=form, status=status)
    messages.success(request, _("Verified as closed."))
    return redirect("incidents:exposure", number=number, pk=pk)


def _find(
    request: SignedInRequest, number: int, pk: int, *, to: str = AccessGrant.Level.VIEW
) -> tuple[Incident, Exposure]:
    incident = access.get_incident(request.user, number, to=to)
    rows = incident.exposures.select_related("incident", "dataset", "verified_by")
    return incident, get_object_or_404(rows, pk=pk)


def _try(form: PanelForm, act: Callable[[], object]) -> int:
    """Do it; return the status of a refusal, or 0."""
    if not form.is_valid():
        return 422
    try:
        act()
    except (exposures.Refused, meanwhile.Clash) as refusal:
        form.blame(str(refusal))
        return 409
    return 0


def _page(
    request: SignedInRequest,
    incident: Incident,
    row: Exposure,
    *,
    correct_form: CorrectExposureForm | None = None,
    overtaken: Said | None = None,
    verify_form: VerifyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show one exposure.

    Args:
        overtaken: what somebody sent upon what is known otherwise by now, to save upon that.
    """
    withheld = embargo.withheld_from(request.user, incident)
    says = embargo.may_say(request.user, row)
    usual = CorrectExposureForm(incident=incident, exposure=row, says_location=says)
    if overtaken and correct_form:
        usual.show_anew(overtaken, correct_form.read)
    context = {
        "incident": incident,
        "may": May.of(request, incident),
        "row": row,
        "withheld": withheld,
        "files": Evidence.objects.filter(incident=incident, pk__in=row.files),
        "changes": changes.of(incident, reader=request.user, only=row),
        "form": correct_form or verify_form,
        "correct_form": usual if overtaken else correct_form or usual,
        "verify_form": verify_form or VerifyForm(),
    }
    return render(request, "incidents/exposure.html", context, status=status)
