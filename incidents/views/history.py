"""What was changed in an incident, field by field: to read, to narrow down, to take along."""

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, changes, exporting, looks, verisexport
from incidents.changes import Change
from incidents.export import Refused
from incidents.forms.history import HistoryForm
from incidents.forms.narrowing import VerisForm
from incidents.models import AccessGrant, Incident

PER_PAGE = 50
_PLAIN = "text/plain; charset=utf-8"
_KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_safe
def history(request: SignedInRequest, number: int) -> HttpResponse:
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    return _page(request, incident, HistoryForm(request.GET))


def _page(
    request: SignedInRequest, incident: Incident, form: HistoryForm, *, status: int = 200
) -> HttpResponse:
    found = _found(request, incident, form)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "incident": incident,
        "page": page,
        "may_bundle": access.may(request.user, AccessGrant.Level.MANAGE, incident),
        "form": form,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "incidents/history.html", context, status=status)


@require_safe
def export(request: SignedInRequest, number: int, kind: str) -> HttpResponse:
    """The same changes as a file: nobody takes along what they cannot read on the page."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    form = HistoryForm(request.GET)
    if not form.is_valid():
        # A file does not say which part of the filter was left out.
        return _page(request, incident, form, status=422)
    found = _found(request, incident, form)
    write = exporting.as_csv if kind == "csv" else exporting.as_json
    answer = HttpResponse(write(found), content_type=_KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{incident.ref}-history.{kind}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_safe
def veris(request: SignedInRequest, number: int) -> HttpResponse:
    """The incident as a VERIS record, without what people wrote unless that is asked for."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    form = VerisForm(request.GET)
    if not form.is_valid():
        return HttpResponse(form.wrong(), status=422, content_type=_PLAIN)
    try:
        texts = form.cleaned_data["texts"]
        record = verisexport.one(incident, actor=actor_of(request), texts=texts)
    except Refused as refusal:
        return HttpResponse(str(refusal), status=409, content_type=_PLAIN)
    answer = JsonResponse(record, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{incident.ref}-veris.json"'
    return answer


def _found(request: SignedInRequest, incident: Incident, form: HistoryForm) -> list[Change]:
    wanted = form.wanted()
    return [each for each in changes.of(incident, reader=request.user) if wanted.fits(each)]
