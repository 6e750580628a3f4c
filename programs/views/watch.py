"""Who is meant to read a dataset and who can: its page, its audience, its sources, their looks."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from programs import access
from programs.evidence import TOO_LARGE
from programs.filter_forms import SourceKindForm
from programs.models import Dataset, WatchSource
from programs.watch import declaring, drawing, looking, standing, watching
from programs.watch.forms import AudienceForm, PostgresForm, SendForm, SentSourceForm, source_form


def _dataset(request: SignedInRequest, slug: str, dataset: str, *, to: str) -> Dataset:
    program = access.get_program(request.user, slug, to=to)
    return get_object_or_404(program.datasets.select_related("program__owner"), slug=dataset)


def _source(request: SignedInRequest, slug: str, dataset: str, *, pk: int, to: str) -> WatchSource:
    rows = _dataset(request, slug, dataset, to=to).watch_sources
    return get_object_or_404(rows.select_related("dataset__program"), pk=pk)


@require_safe
def dataset(request: SignedInRequest, slug: str, dataset: str) -> HttpResponse:
    """Who is meant to read it, where that is looked up, and what was found."""
    row = _dataset(request, slug, dataset, to="machines")
    context = {
        "program": row.program,
        "dataset": row,
        "declared": declaring.current(row),
        "versions": row.audiences.all()[:50],
        "sources": standing.of(row),
        "may_run": access.may_run(request.user, row.program),
    }
    return render(request, "programs/dataset.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: SignedInRequest, slug: str, dataset: str) -> HttpResponse:
    """Declare anew who is meant to read it."""
    row = _dataset(request, slug, dataset, to="run")
    form, status = AudienceForm.showing(declaring.current(row)), 200
    if request.method == "POST":
        form, status = AudienceForm(request.POST), 422
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                declaring.declare(row, form.terms, reason=reason, actor=actor_of(request))
            except declaring.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                messages.success(request, _("Declared. The sources are looked at again."))
                return redirect("programs:dataset", slug=slug, dataset=dataset)
    context = {"program": row.program, "dataset": row, "form": form}
    return render(request, "programs/audience.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def add_source(request: SignedInRequest, slug: str, dataset: str) -> HttpResponse:
    """Have it looked up in one more place who can read it."""
    row = _dataset(request, slug, dataset, to="run")
    asked = SourceKindForm(request.GET)
    said = asked.allowed()
    kind = WatchSource.Kind(said.get("kind") or WatchSource.Kind.POSTGRES)
    form, status = source_form(kind), 200
    if request.method == "POST":
        form, status = source_form(kind, request.POST), 422
        if form.is_valid():
            try:
                made = watching.add(row, form.terms(kind), actor=actor_of(request))
            except watching.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                return redirect("programs:source", slug=slug, dataset=dataset, pk=made.pk)
    context = {"program": row.program, "dataset": row, "form": form, "kind": kind}
    context |= {"kinds": WatchSource.Kind, "refusal": asked.wrong()}
    return render(request, "programs/source_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: SignedInRequest, slug: str, dataset: str, pk: int) -> HttpResponse:
    """One source with its looks; who runs the program may change it here."""
    changes = request.method == "POST"
    kept = _source(request, slug, dataset, pk=pk, to="run" if changes else "machines")
    if not changes:
        return _page(request, kept)
    form = source_form(kept.kind, request.POST)
    if not form.is_valid():
        return _page(request, kept, form=form, status=422)
    try:
        kind = WatchSource.Kind(kept.kind)
        watching.change(kept, form.terms(kind), actor=actor_of(request))
    except watching.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, kept, form=form, status=409)
    messages.success(request, _("Changed. It is looked at anew."))
    return redirect("programs:source", slug=slug, dataset=dataset, pk=pk)


def _page(
    request: SignedInRequest,
    kept: WatchSource,
    *,
    form: SentSourceForm | None = None,
    sending: SendForm | None = None,
    status: int = 200,
) -> HttpResponse:
    looks = list(standing.looks(kept)[: standing.MOST_LOOKS])
    shown = (PostgresForm if kept.is_pulled else SentSourceForm).showing(kept)
    context: dict[str, Any] = {
        "program": kept.dataset.program,
        "dataset": kept.dataset,
        "source": kept,
        "standing": standing.of_source(kept),
        "looks": standing.in_words(looks),
        "may_run": access.may_run(request.user, kept.dataset.program),
        "change_form": form or shown,
        "send_form": sending or SendForm(),
        "form": form or sending,
    }
    return render(request, "programs/source.html", context, status=status)


@require_POST
def look_now(request: SignedInRequest, slug: str, dataset: str, pk: int) -> HttpResponse:
    kept = _source(request, slug, dataset, pk=pk, to="run")
    try:
        watching.look_now(kept, actor=actor_of(request))
    except watching.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is being looked at: open this page again in a moment."))
    return redirect("programs:source", slug=slug, dataset=dataset, pk=pk)


@require_POST
def switch(request: SignedInRequest, slug: str, dataset: str, pk: int) -> HttpResponse:
    kept = _source(request, slug, dataset, pk=pk, to="run")
    on = request.POST.get("on") == "yes"
    watching.switch(kept, on=on, actor=actor_of(request))
    messages.success(request, _("It is looked at again.") if on else _("It is looked at no more."))
    return redirect("programs:source", slug=slug, dataset=dataset, pk=pk)


@require_POST
def send(request: SignedInRequest, slug: str, dataset: str, pk: int) -> HttpResponse:
    """Take a document that says who may read."""
    kept = _source(request, slug, dataset, pk=pk, to="run")
    form = SendForm(request.POST, request.FILES, too_large=TOO_LARGE in request.META)
    if not form.is_valid():
        return _page(request, kept, sending=form, status=422)
    try:
        row = looking.receive(kept, form.cleaned_data["file"].read(), actor=actor_of(request))
    except looking.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, kept, sending=form, status=422)
    return redirect("programs:look", slug=slug, dataset=dataset, pk=kept.pk, look=row.pk)


@require_safe
def look(request: SignedInRequest, slug: str, dataset: str, pk: int, *, look: int) -> HttpResponse:
    """One look: who can read and why, who is too many, what changed, what was not seen."""
    kept = _source(request, slug, dataset, pk=pk, to="machines")
    row = get_object_or_404(standing.looks(kept), pk=look)
    context = {
        "program": kept.dataset.program,
        "dataset": kept.dataset,
        "source": kept,
        "look": row,
        "state": standing.state_of(row),
        "words": standing.words_of(row),
        "picture": drawing.draw(row.ways),
        "hidden": row.excess - len(row.shown),
    }
    return render(request, "programs/look.html", context)
