"""Texts of filings and notices: begun from facts, written on, compared, approved, taken out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, drafts, drafttexts, looks
from incidents.access import Level
from incidents.forms.drafts import BeginForm, TextForm
from incidents.models import APPROVALS, Draft, DraftVersion, Incident
from programs.forms import PanelForm


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, number: int) -> HttpResponse:
    """List the drafts of an incident, and begin another."""
    to = Level.CONTRIBUTE if request.method == "POST" else Level.VIEW
    incident = access.get_incident(request.user, number, to=to)
    looks.note(incident, request.user, via="page")
    initial = {"obligation": request.GET.get("duty"), "kind": request.GET.get("kind")}
    form, status = BeginForm(incident=incident, initial=initial), 200
    if request.method == "POST":
        form, status = BeginForm(request.POST, incident=incident), 422
        if form.is_valid():
            said = form.cleaned_data
            try:
                made = drafts.begin(
                    incident, said["kind"], obligation=said["obligation"], actor=actor_of(request)
                )
            except drafts.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                return redirect("incidents:draft", number=number, pk=made.draft_id)
    rows = incident.drafts.select_related("obligation").prefetch_related("versions__approvals")
    context = {
        "incident": incident,
        "rows": [(row, row.versions.all()[0]) for row in rows],
        "form": form,
        "may_write": access.may(request.user, Level.CONTRIBUTE, incident),
        "needed": APPROVALS,
    }
    return render(request, "incidents/drafts.html", context, status=status)


@require_safe
def one(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """A draft as it was written last, what of it is unknown, and who approved it."""
    incident, draft = _find(request, number, pk)
    looks.note(incident, request.user, via="page")
    return _page(request, incident, draft)


def _find(
    request: SignedInRequest, number: int, pk: int, *, to: str = Level.VIEW
) -> tuple[Incident, Draft]:
    incident = access.get_incident(request.user, number, to=to)
    return incident, get_object_or_404(incident.drafts.select_related("obligation"), pk=pk)


def _versions(draft: Draft) -> list[DraftVersion]:
    rows = draft.versions.select_related("author").prefetch_related("approvals__person")
    return list(rows)


def _page(
    request: SignedInRequest,
    incident: Incident,
    draft: Draft,
    *,
    form: PanelForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    versions = _versions(draft)
    last = versions[0]
    approvals, text = list(last.approvals.all()), drafts.shown(incident, last)
    context: dict[str, Any] = {
        "incident": incident,
        "draft": draft,
        "versions": versions,
        "last": last,
        "text": text,
        "approvals": approvals,
        "needed": APPROVALS,
        "unknowns": drafttexts.unknowns(last.text),
        "may_write": access.may(request.user, Level.CONTRIBUTE, incident),
        "may_approve": drafts.may_approve(request.user, incident),
        "own": last.author == request.user,
        "approved_it": any(each.person_id == request.user.pk for each in approvals),
        "edit_form": form or TextForm(initial={"text": text, "based_on": last.number}),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "incidents/draft.html", context, status=status)


@require_POST
def write(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Write the next version, or have it made of what is known now."""
    incident, draft = _find(request, number, pk, to=Level.CONTRIBUTE)
    form, status = TextForm(request.POST), 422
    if form.is_valid():
        said, actor = form.cleaned_data, actor_of(request)
        based_on = said["based_on"]
        try:
            if "anew" in request.POST:
                drafts.make_anew(draft, based_on=based_on, actor=actor)
            else:
                drafts.write(draft, said["text"], based_on=based_on, actor=actor)
        except drafts.Refused as refusal:
            form.blame(str(refusal))
            status = 409
            # What they wrote is theirs to save upon what was written meanwhile.
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["based_on"] = _versions(draft)[0].number  # type: ignore[index]
        else:
            messages.success(request, _("Written. Two others must approve it."))
            return redirect("incidents:draft", number=number, pk=pk)
    return _page(request, incident, draft, form=form, status=status)


@require_POST
def approve(request: SignedInRequest, number: int, pk: int, version: int) -> HttpResponse:
    """Approve a version, as one of two."""
    incident, draft = _find(request, number, pk)
    row = get_object_or_404(draft.versions, number=version)
    try:
        drafts.approve(row, actor=actor_of(request))
    except drafts.Refused as refusal:
        return _page(request, incident, draft, refusal=str(refusal), status=409)
    messages.success(request, _("Approved."))
    return redirect("incidents:draft", number=number, pk=pk)


@require_safe
def version(request: SignedInRequest, number: int, pk: int, version: int) -> HttpResponse:
    """One version as it was written, to be read or printed, and what it changed."""
    incident, draft = _find(request, number, pk)
    looks.note(incident, request.user, via="page")
    versions = {row.number: row for row in _versions(draft)}
    row = versions.get(version) or get_object_or_404(draft.versions, number=version)
    before, text = versions.get(version - 1), drafts.shown(incident, row)
    earlier = drafts.shown(incident, before) if before else ""
    context = {
        "incident": incident,
        "draft": draft,
        "version": row,
        "text": text,
        "before": before,
        "changes": drafttexts.compare(earlier, text) if before else [],
        "unknowns": drafttexts.unknowns(row.text),
        "needed": APPROVALS,
    }
    return render(request, "incidents/draft_version.html", context)


@require_safe
def markdown(request: SignedInRequest, number: int, pk: int, version: int) -> HttpResponse:
    """One version as the Markdown that was written; refused while it says where data lie."""
    incident, draft = _find(request, number, pk)
    looks.note(incident, request.user, via="page")
    row = get_object_or_404(draft.versions, number=version)
    try:
        text = drafts.take_out(row)
    except drafts.Refused as refusal:
        return _page(request, incident, draft, refusal=str(refusal), status=409)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = f"{incident.ref}-{draft.kind}-v{row.number}.md"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
