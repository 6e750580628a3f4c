"""Files of historic incidents: handed in, looked at, confirmed, followed; what was refused."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import importcases, importing, importrows
from incidents.forms.importing import ColumnsForm, FileForm
from incidents.models import Import
from programs.evidence import TOO_LARGE
from programs.forms import PanelForm

SHOWN, LOOKED_AT, MOST_FAULTS = 10, 1_000, 50


def _imports(request: SignedInRequest) -> None:
    if not importing.may(request.user):
        raise PermissionDenied(_("Only privacy officers import incidents."))


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """List the imports, and take in another file."""
    _imports(request)
    form, status = FileForm(), 200
    if request.method == "POST":
        # Known only once the form is read, which its first argument does.
        form = FileForm(request.POST, request.FILES, too_large=TOO_LARGE in request.META)
        status = 413 if form.too_large else 422
        if form.is_valid():
            try:
                run = importing.take_in(form.sent(), actor=actor_of(request))
            except importing.Refused as refusal:
                form.blame(str(refusal))
            else:
                return redirect("incidents:import", pk=run.pk)
    runs = Import.objects.select_related("uploaded_by")[:MOST_FAULTS]
    return render(request, "incidents/imports.html", {"form": form, "runs": runs}, status=status)


@require_safe
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a file would lead to, how far it is, or what became of it."""
    return _page(request, _find(request, pk))


def _find(request: SignedInRequest, pk: int) -> Import:
    _imports(request)
    return get_object_or_404(Import.objects.select_related("uploaded_by"), pk=pk)


def _page(
    request: SignedInRequest,
    run: Import,
    *,
    form: PanelForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "run": run,
        "form": form,
        "refusal": refusal,
        "faults": run.faults.all()[:MOST_FAULTS],
    }
    if run.state == Import.State.UPLOADED:
        is_table = run.form == Import.Form.CSV
        context |= {"columns_form": form or ColumnsForm(run=run)} if is_table else {}
        context |= _preview(run)
    return render(request, "incidents/import.html", context, status=status)


def _preview(run: Import) -> dict[str, Any]:
    missing = importrows.missing(run.mapping) if run.form == Import.Form.CSV else []
    if missing:
        return {"missing": missing}
    rows = importing.first_rows(run, LOOKED_AT)
    found = importcases.foresee(rows, run)
    return {
        "looked_at": len(rows),
        "cases": found.fresh[:SHOWN],
        "good": len(found.fresh),
        "repeated": found.repeated,
        "wrong": len(found.refused),
        "problems": found.refused[:MOST_FAULTS],
    }


@require_POST
def columns(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say which column tells what."""
    run = _find(request, pk)
    form, status = ColumnsForm(request.POST, run=run), 422
    if form.is_valid():
        try:
            importing.choose(run, form.mapping(), actor=actor_of(request))
        except importing.Refused as refusal:
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, _("Kept. Look at the rows below."))
            return redirect("incidents:import", pk=pk)
    return _page(request, run, form=form, status=status)


ACTS = {"confirm": importing.confirm, "drop": importing.drop}


@require_POST
def act(request: SignedInRequest, pk: int, how: str) -> HttpResponse:
    """Have the rows filed, or forget them."""
    run = _find(request, pk)
    try:
        ACTS[how](run, actor=actor_of(request))
    except importing.Refused as refusal:
        run.refresh_from_db()
        return _page(request, run, refusal=str(refusal), status=409)
    return redirect("incidents:import", pk=pk)


@require_safe
def rejects(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Hand out what was wrong with which row, as CSV."""
    run = _find(request, pk)
    answer = StreamingHttpResponse(importing.rejects(run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rejects.csv"'
    return answer
