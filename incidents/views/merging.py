"""Merge an incident into another one: name it, read what will happen, say why."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, actor_of
from incidents import access, judgement, lifecycle, looks, merging
from incidents.forms.merging import AskedForm, IntoForm, MergeForm
from incidents.merging import Outlook
from incidents.models import AccessGrant, Incident

_REFUSALS = (merging.Refused, judgement.Refused, lifecycle.Refused)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: SignedInRequest, number: int) -> HttpResponse:
    """Show what merging would do; by POST do it."""
    source = access.get_incident(request.user, number, to=AccessGrant.Level.MANAGE)
    if request.method == "POST":
        return _merge(request, source)
    looks.note(source, request.user, via="page")
    form = AskedForm(request.GET or None)
    status = 200
    outlook = None
    if form.is_bound:
        outlook = _outlook(request, source, form)
        status = 200 if outlook else 422
    return _page(request, source, form, outlook, status=status)


def _merge(request: SignedInRequest, source: Incident) -> HttpResponse:
    form = MergeForm(request.POST)
    status = 422
    if form.is_valid():
        said = form.cleaned_data
        try:
            target = merging.find(request.user, said["into"])
            merging.merge(source, target, reason=said["reason"], actor=actor_of(request))
        except _REFUSALS as refusal:
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, _("%(ref)s was merged into this.") % {"ref": source.ref})
            return redirect("incidents:detail", number=target.number)
    outlook = _outlook(request, source, form)
    return _page(request, source, form, outlook, status=status)


def _outlook(request: SignedInRequest, source: Incident, form: IntoForm) -> Outlook | None:
    """What merging would do; None, and said in the form, if the two cannot be merged."""
    form.is_valid()
    named = form.cleaned_data.get("into")
    if named is None:
        return None
    try:
        target = merging.find(request.user, named)
        # What is said of merging, or against it, tells of this one too.
        looks.note(target, request.user, via="page")
        return merging.outlook(source, target)
    except merging.Refused as refusal:
        if not form.errors:
            form.blame(str(refusal))
    return None


def _page(
    request: SignedInRequest,
    source: Incident,
    form: IntoForm,
    outlook: Outlook | None,
    *,
    status: int,
) -> HttpResponse:
    again = form if isinstance(form, MergeForm) else None
    context: dict[str, Any] = {
        "incident": source,
        "form": form,
        "outlook": outlook,
        "into_form": IntoForm() if again else form,
    }
    if outlook:
        context["merge_form"] = again or MergeForm(initial={"into": outlook.target.ref})
    return render(request, "incidents/merge.html", context, status=status)
