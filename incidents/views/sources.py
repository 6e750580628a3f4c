"""Sources of alerts: what each sends, what was heard of it, and a sample to try."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.functions import Function
from accounts.http import SignedInRequest, actor_of
from incidents import heard, refusals, sources, trying
from incidents.forms.sources import SourceForm
from programs import access as program_access
from programs import keys
from programs.models import Program, ProgramKey


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Every source of the programs whose machines the person may see."""
    context: dict[str, Any] = {"sources": heard.sources_of(request.user)}
    if request.user.is_any(Function.OPERATOR):
        context["mails"] = heard.lines(request.user, None)
        context["refused"] = refusals.of(None)[: refusals.MOST]
    return render(request, "incidents/sources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One source. Who runs the program says here what it sends, after a sample was read so."""
    changes = request.method == "POST"
    program = program_access.get_program(request.user, slug, to="run" if changes else "machines")
    key = get_object_or_404(keys.of(program, ProgramKey.Kind.MONITOR), pk=pk)
    if not changes:
        return _page(request, program, key, SourceForm(initial=_initial(key, request)))
    form = SourceForm(request.POST)
    if not form.is_valid():
        return _page(request, program, key, form, status=422)
    sent = form.cleaned_data
    try:
        shape = sources.checked(sent["kind"], must_sign=sent["must_sign"], mapping=form.mapping())
        tried = trying.try_out(key, shape, sent["sample"])
        if "save" not in request.POST:
            return _page(request, program, key, form, tried=tried)
        sources.describe(key, shape, actor=actor_of(request))
    except (sources.Refused, trying.Refused) as refusal:
        form.blame(str(refusal))
        return _page(request, program, key, form, status=409)
    messages.success(request, _("Saved. What is sent from now on is read so."))
    return redirect("incidents:source", slug=slug, pk=pk)


def _initial(key: ProgramKey, request: SignedInRequest) -> dict[str, Any]:
    shape = sources.shape_of(key)
    kind = request.GET.get("kind", shape.kind)
    sample = trying.sample_of(kind)
    return {"kind": shape.kind, "must_sign": shape.must_sign, "sample": sample, **shape.paths}


def _page(
    request: SignedInRequest,
    program: Program,
    key: ProgramKey,
    form: SourceForm,
    *,
    tried: trying.Tried | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "program": program,
        "key": key,
        "form": form,
        "tried": tried,
        "may_run": program_access.may_run(request.user, program),
        "source": sources.of(key),
        "received": heard.lines(request.user, key),
        "refusals": refusals.of(key),
    }
    return render(request, "incidents/source.html", context, status=status)
