"""Report an exposure, and the receipt for it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import foresight, receipts, reporting
from incidents.forms.reporting import PULL_CORD, DetailForm, ReportForm, new_key

# What another system may fill in by the link it shows; all of it can still be changed.
PREFILLED = {"title": "title", "program": "program", "ref": "reference"}


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedInRequest) -> HttpResponse:
    """Show the form, or file what was sent and lead to the receipt."""
    if request.method != "POST":
        given = {field: request.GET.get(name, "") for name, field in PREFILLED.items()}
        return _form(request, ReportForm(initial={**given, "key": new_key()}, user=request.user))
    form = ReportForm(request.POST, user=request.user)
    if not form.is_valid():
        return _form(request, form, status=422)
    wants_pause = request.POST.get("act") == PULL_CORD
    said = form.report(pull_cord=wants_pause)
    try:
        filed = reporting.file_report(
            said,
            reporter=request.user,
            actor=actor_of(request),
            key=form.cleaned_data["key"],
        )
    except reporting.KeyUsedBefore:
        form.add_error(None, _("This form was sent before. Send it again to file a second report."))
        return _form(request, form.with_new_key(), status=409)
    except reporting.Refused as refusal:
        known = refusal.field if refusal.field in form.fields else None
        form.add_error(known, refusal.message)
        return _form(request, form, status=409)
    if wants_pause and said.program is None:
        messages.warning(
            request, _("The button paused nothing: it needs the program, and none was named.")
        )
    return redirect("incidents:receipt", uuid=filed.incident.uuid)


def _form(request: SignedInRequest, form: ReportForm, *, status: int = 200) -> HttpResponse:
    weighed = foresight.foresee(form.answered())
    return render(
        request, "incidents/report.html", {"form": form, "weighed": weighed}, status=status
    )


@require_POST
def weigh(request: SignedInRequest) -> HttpResponse:
    """Say what the answers so far would set off; nothing is kept."""
    form = ReportForm(request.POST, user=request.user)
    weighed = foresight.foresee(form.answered())
    return render(request, "incidents/_weighed.html", {"weighed": weighed})


@require_GET
def my_receipts(request: SignedInRequest) -> HttpResponse:
    mine = receipts.mine(request.user)[:100]
    return render(request, "incidents/receipts.html", {"incidents": mine})


@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Show the reporter what arrived and what it stopped; take more detail."""
    held = receipts.of(request.user, uuid)
    form = DetailForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                reporting.add_detail(
                    held.incident, form.cleaned_data["detail"], actor=actor_of(request)
                )
            except reporting.Refused as refusal:
                form.add_error("detail", refusal.message)
                status = 409
            else:
                messages.success(request, _("Added. Thank you."))
                return redirect("incidents:receipt", uuid=uuid)
        else:
            status = 422
    context = {"receipt": held, "form": form}
    return render(request, "incidents/receipt.html", context, status=status)
