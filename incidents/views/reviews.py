"""The review of an incident, its action items, and the list of them all."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from incidents import access, items, looks, meanwhile, redacted, reviewfacts, reviewform, reviews
from incidents.access import Level
from incidents.forms.narrowing import ItemsForm
from incidents.forms.reviews import ItemChangeForm, ItemForm, ReviewForm, WordForm
from incidents.models import ActionItem, Incident, Review, ReviewVersion
from incidents.views.room import May

PER_PAGE = 50


@require_safe
def review(request: SignedInRequest, number: int) -> HttpResponse:
    """Show the review as it was written last, with what is to be done."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    return _page(request, incident)


def _page(
    request: SignedInRequest,
    incident: Incident,
    *,
    form: ReviewForm | None = None,
    item_form: ItemForm | None = None,
    refused_item: int | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    may = May.of(request, incident)
    row = Review.objects.select_related("published").filter(incident=incident).first()
    versions = list(row.versions.select_related("author")) if row else []
    last = versions[0] if versions else None
    is_wanted = row is None or not row.stands
    context: dict[str, Any] = {
        "incident": incident,
        "may": may,
        # What is closed is still corrected, and its items are still to be done.
        "may_write": Level.CONTRIBUTE in access.may_which(request.user, incident),
        "review": row,
        "last": last,
        "versions": versions,
        "demanded": reviews.is_demanded(incident),
        "late": bool(row and row.due_at and row.due_at < timezone.now() and is_wanted),
        "own": bool(last and last.author == request.user),
        "waits": bool(last and row and row.published_id != last.pk),
        "sections": _sections(last),
        "causes": reviewform.causes_of(last.causes if last else ()),
        "items": incident.action_items.select_related("owner", "done_by", "settled_by"),
        "people": access.viewers(incident).order_by("username"),
        "edit_form": form or _begun(last),
        "item_form": item_form or ItemForm(),
        "refused_item": refused_item,
        "facts_now": _facts(incident),
        "lesson": redacted.lesson(incident, last) if last and not incident.is_drill else None,
        "refusal": refusal,
        "form": form if form and form.errors else item_form,
    }
    return render(request, "incidents/review.html", context, status=status)


@require_safe
def lessons(request: SignedInRequest) -> HttpResponse:
    """What was learned, for leadership that nobody let in."""
    if not redacted.may_read_lessons(request.user):
        raise PermissionDenied(_("Only leadership reads what was learned from all incidents."))
    return render(request, "incidents/lessons.html", {"lessons": redacted.lessons()})


def _facts(incident: Incident) -> list[tuple[str, list[str]]]:
    """Lines by the title of their section, in the order of the form."""
    found = reviewfacts.of(incident)
    return [
        (section.title, found[section.key])
        for section in reviewform.current().sections
        if section.key in found
    ]


def _sections(version: ReviewVersion | None) -> list[dict[str, Any]]:
    if version is None:
        return []
    return [
        {
            "section": section,
            "text": version.sections.get(section.key, ""),
            "facts": version.facts.get(section.key, []),
        }
        for section in reviewform.current().sections
    ]


def _begun(last: ReviewVersion | None) -> ReviewForm:
    begun: dict[str, Any] = {"based_on": 0}
    if last:
        begun = last.sections | {"based_on": last.number, "causes": last.causes}
    return ReviewForm(initial=begun)


@require_safe
def version(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Show one version as it was written."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    found = ReviewVersion.objects.select_related("author", "review")
    row = get_object_or_404(found, review__incident=incident, number=pk)
    context = {
        "incident": incident,
        "version": row,
        "sections": _sections(row),
        "causes": reviewform.causes_of(row.causes),
    }
    return render(request, "incidents/review_version.html", context)


@require_POST
def write(request: SignedInRequest, number: int) -> HttpResponse:
    """Write the next version."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    form, status = ReviewForm(request.POST), 422
    if form.is_valid():
        try:
            reviews.write(
                incident,
                form.sections(),
                causes=form.cleaned_data["causes"],
                based_on=form.cleaned_data["based_on"],
                actor=actor_of(request),
            )
        except reviews.Refused as refusal:
            form.blame(str(refusal))
            status = 409
            # What they wrote is theirs to save upon what was written meanwhile.
            form.data = _on_the_newest(form, incident)
        else:
            messages.success(request, _("Written. A second person must publish it."))
            return redirect("incidents:review", number=number)
    return _page(request, incident, form=form, status=status)


def _on_the_newest(form: ReviewForm, incident: Incident) -> Any:
    sent: Any = form.data
    data = sent.copy()
    last = ReviewVersion.objects.filter(review__incident=incident).first()
    data["based_on"] = last.number if last else 0
    return data


@require_POST
def publish(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Publish what was written last, as a second person."""
    incident = access.get_incident(request.user, number, to=Level.MANAGE)
    row = get_object_or_404(ReviewVersion, review__incident=incident, number=pk)
    try:
        reviews.publish(row, actor=actor_of(request))
    except reviews.Refused as refusal:
        return _page(request, incident, refusal=str(refusal), status=409)
    messages.success(request, _("Published."))
    return redirect("incidents:review", number=number)


@require_POST
def add_item(request: SignedInRequest, number: int) -> HttpResponse:
    """Add an action item."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    form, status = ItemForm(request.POST), 422
    if form.is_valid():
        try:
            items.add(incident, form.said(), actor=actor_of(request))
        except items.Refused as refusal:
            form.blame(str(refusal))
            status = 409
        else:
            messages.success(request, _("Added. Its owner is told."))
            return redirect("incidents:review", number=number)
    return _page(request, incident, item_form=form, status=status)


_ACTS: dict[str, Callable[..., ActionItem]] = {
    "done": items.finish,
    "verify": items.verify,
    "reopen": items.reopen,
    "drop": items.drop,
}


@require_POST
def item(request: SignedInRequest, number: int, pk: int, how: str) -> HttpResponse:
    """Say that an item is done, verified, open again or dropped."""
    incident = access.get_incident(request.user, number)
    row = get_object_or_404(incident.action_items, pk=pk)
    form = WordForm(request.POST)
    said = form.cleaned_data["said"] if form.is_valid() else ""
    if how not in _ACTS:
        raise Http404
    try:
        _ACTS[how](row, said, actor=actor_of(request))
    except items.Refused as refusal:
        return _page(request, incident, refused_item=pk, refusal=str(refusal), status=409)
    messages.success(request, _("Noted."))
    return redirect("incidents:review", number=number)


@require_safe
def all_items(request: SignedInRequest) -> HttpResponse:
    """List action items of incidents that the reader may know of; usually what is not settled."""
    form = ItemsForm(request.GET, auto_id="items-%s")
    said = form.allowed()
    asked = {name: said.get(name) or False for name in ("mine", "overdue")}
    state = said.get("state", "")
    found = items.of(request.user, **asked, state=state)
    context = {
        "form": form,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        **asked,
        "state": state,
        "states": ActionItem.State.choices,
    }
    return render(request, "incidents/items.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_item(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Change what an open item says, or whose it is."""
    incident = access.get_incident(request.user, number, to=Level.CONTRIBUTE)
    looks.note(incident, request.user, via="page")
    row = get_object_or_404(incident.action_items.select_related("owner"), pk=pk)
    form = ItemChangeForm(request.POST or None, item=row)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                read = form.cleaned_data["read"]
                items.change(row, form.wanted(), read=read, actor=actor_of(request))
            except (items.Refused, meanwhile.Clash) as refusal:
                form.blame(str(refusal))
                row.refresh_from_db()
                form.open_anew(row)
                status = 409
            else:
                messages.success(request, _("Changed."))
                return redirect("incidents:review", number=number)
    context = {"incident": incident, "form": form}
    return render(request, "incidents/item_edit.html", context, status=status)
