"""The figures of leadership: one page, what is behind each number, and the same as a file."""

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from incidents import behind, beside, fewness, leadchart, leading, leadtiles, reviewform
from incidents.forms.leading import DRILLS, USUAL, BehindForm, LeadingForm
from incidents.spans import Period
from severity.ladder import Sev

_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def refuse_others(user: User) -> None:
    """Raise PermissionDenied for whoever does not lead."""
    if not leading.may_lead(user):
        raise PermissionDenied(_("Only leadership reads figures of all incidents."))


@require_safe
def dashboard(request: SignedInRequest) -> HttpResponse:
    """The figures of a period, beside those of the one before."""
    refuse_others(request.user)
    form = _form(request)
    found = leading.of(request.user, form.scope())
    period, before = found.scope.period, found.scope.period.before()
    # Of days that were chosen those are asked for that are told.
    chosen = _days(period) if period.in_months else {}
    context = {
        "form": form,
        "leading": found,
        "period": period,
        "before": before,
        "query": _query(request, **chosen),
        "query_before": _query(request, **_days(before)),
        "tiles": leadtiles.of(found),
        "levels": [(Sev(level), n) for level, n in found.by_level.items()],
        "weeks": leadchart.over_time(found),
        "pauses": leadchart.pauses(found),
        "programs": leadchart.programs(found),
        "causes": leadchart.causes(found),
        "beside": beside.of(request.user, found.scope),
        "shape": leadchart,
        "shown_from": fewness.FEWEST,
    }
    return render(request, "incidents/leadership.html", context, status=_status(form))


@require_safe
def makes(request: SignedInRequest, what: str) -> HttpResponse:
    """The incidents or drills that make up one figure, as far as the reader may know of them."""
    refuse_others(request.user)
    if what not in (*behind.BEHIND, DRILLS):
        raise Http404
    form = BehindForm(request.GET or {"preset": USUAL}, user=request.user, what=what)
    scope = form.scope()
    context: dict[str, Any] = {
        "form": form,
        "what": leadtiles.TITLES[what],
        "period": scope.period,
        "program": form.cleaned_data["program"] if scope.program else None,
        "mildest": Sev(scope.mildest) if scope.mildest < Sev.SEV5 else None,
        "query": _query_of_the_figures(request),
    }
    page = request.GET.get("page", "")
    if what == DRILLS:
        context["page"], context["passed"] = behind.drills(scope, page=page)
        return render(request, "incidents/behind_drills.html", context, status=_status(form))
    part = form.part()
    listed = behind.of(request.user, scope, what, part, page=page)
    context |= {
        "kind": leadtiles.kind_of(what),
        "listed": listed,
        "page": listed.page,
        "part": part,
        "level": Sev(part.level) if part.level is not None else None,
        "bar": leadchart.bars()[part.bar] if part.bar is not None else "",
        "cause": next(iter(reviewform.causes_of([part.cause])), None),
    }
    return render(request, "incidents/behind.html", context, status=_status(form))


@require_safe
def export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The figures as a file. They name no incident."""
    refuse_others(request.user)
    form = _form(request)
    found = leading.of(request.user, form.scope())
    if not form.is_valid():
        return HttpResponse(form.wrong(), content_type="text/plain; charset=utf-8", status=422)
    told = leadtiles.as_data(found)
    content = json.dumps(told, indent=2) if kind == "json" else _csv(told)
    answer = HttpResponse(content, content_type=_TYPES[kind])
    period = found.scope.period
    name = f"figures-{period.since}-{period.until}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _csv(told: dict[str, Any]) -> str:
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["figure", "part", "value", "before", "of", "exact"])
    for name, each in told["figures"].items():
        lines.writerow([name, "", each["value"], each["before"], each["of"], each["exact"]])
    for level, n in told["by_level"].items():
        lines.writerow(["incidents", level, n, "", "", ""])
    for line in told["over_time"]:
        lines.writerow(["incidents", f"{line['since']} {line['level']}", line["n"], "", "", ""])
    for line in told["programs"]:
        lines.writerow(["incidents", line["program"], line["incidents"], "", "", ""])
        lines.writerow(["person_hours", line["program"], line["person_hours"], "", "", ""])
    for line in told["causes"]:
        lines.writerow(["causes", line["cause"], line["incidents"], line["before"], "", ""])
    return out.getvalue()


def _form(request: SignedInRequest) -> LeadingForm:
    # What counts where nothing is asked for stands in the form as if it had been.
    return LeadingForm(request.GET or {"preset": USUAL}, user=request.user)


def _status(form: LeadingForm) -> int:
    return 200 if form.is_valid() else 422


def _query(request: SignedInRequest, **said: str) -> str:
    """What figures are asked for, all of it, so that a link can say one part of it anew."""
    asked = request.GET.dict() or {"preset": USUAL}
    return urlencode({name: asked.get(name, "") for name in LeadingForm.base_fields} | said)


def _query_of_the_figures(request: SignedInRequest) -> str:
    """What the page of the figures was asked for: its link said a part anew behind that."""
    first = {name: values[0] for name, values in request.GET.lists() if values}
    return urlencode({name: first.get(name, "") for name in LeadingForm.base_fields})


def _days(period: Period) -> dict[str, str]:
    return {"since": period.since.isoformat(), "until": period.until.isoformat()}
