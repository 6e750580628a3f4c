"""The list of incidents."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from accounts.models import User
from accounts.recency import recently_signed_in
from incidents import export as exporting
from incidents import library, listing, redacted, register, saved_views, verisexport
from incidents.forms.saved import SavedViewForm
from incidents.forms.searching import FilterForm
from incidents.listing import Place
from incidents.search import Wanted

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "veris": "application/json",
}
_NUMBER = re.compile(r"[0-9]{1,9}")
COLUMNS = [
    ("severity", _("Severity")),
    ("number", _("Incident")),
    ("status", _("Status")),
    ("program", _("Program")),
    ("", _("Who can see it")),
    ("", _("Commander")),
    ("reported", _("Reported")),
    ("updated", _("Last entry")),
]


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show the incidents that the reader may know of and asked for. Hidden ones are not counted."""
    return page(request, FilterForm(request.GET, user=request.user))


@require_POST
@recently_signed_in
def export(request: SignedInRequest) -> HttpResponseBase:
    """Hand out what the filter in the address finds, as a file."""
    form = FilterForm(request.GET, user=request.user)
    kind = request.POST.get("form", "")
    if kind not in _TYPES:
        return page(request, form, refusal=_t("Choose CSV, JSON or VERIS."), status=422)
    if not form.is_valid():
        return page(request, form, status=422)
    query, actor = form.query(), actor_of(request)
    try:
        lines = _lines(request.user, form.wanted(), kind, query=query, actor=actor)
    except exporting.Refused as refusal:
        return page(request, form, refusal=str(refusal), status=409)
    answer = StreamingHttpResponse(lines, content_type=_TYPES[kind])
    ending = "veris.json" if kind == "veris" else kind
    name = f"incidents-{timezone.now().astimezone(UTC):%Y-%m-%dT%H%M%SZ}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(user: User, wanted: Wanted, kind: str, *, query: str, actor: Actor) -> Iterator[str]:
    if kind == "veris":
        return verisexport.take(user, wanted, query=query, actor=actor)
    taken = exporting.take(user, wanted, query=query, form=kind, actor=actor)
    return taken.csv() if kind == "csv" else taken.json()


def page(
    request: SignedInRequest,
    form: FilterForm,
    *,
    saving: SavedViewForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the list.

    Args:
        saving: the filter's name as it was sent, to show what is wrong with it.
    """
    wanted = form.wanted()
    leaf = listing.page(request.user, wanted, _place(request))
    query = form.query()
    views = list(saved_views.of(request.user))
    can_be_kept = query and query not in {view.query for view in views}
    filtered = any(request.GET.get(name) for name in form.fields if name != "sort")
    context = {
        "form": form,
        "page": leaf,
        "query": query,
        "refusal": refusal,
        "views": views,
        "saving": saving or (SavedViewForm(user=request.user) if can_be_kept else None),
        "newer": _leads_to(request, leaf.newer),
        "older": _leads_to(request, leaf.older),
        "is_filtered": filtered,
        "reads_lessons": redacted.may_read_lessons(request.user),
        "reads_register": register.may_read(request.user),
        "reads_runbooks": library.may_read(request.user),
        "columns": [_column(name, str(label), wanted.sort) for name, label in COLUMNS],
    }
    return render(request, "incidents/list.html", context, status=status)


def _place(request: SignedInRequest) -> Place:
    """Where the reader is. What is no number leads to the first page."""
    said = {name: request.GET.get(name, "") for name in ("before", "after", "page")}
    numbers = {name: int(value) for name, value in said.items() if _NUMBER.fullmatch(value)}
    return Place(**numbers)


def _leads_to(request: SignedInRequest, place: Mapping[str, int] | None) -> str:
    if place is None:
        return ""
    query = request.GET.copy()
    for name in ("before", "after", "page"):
        query.pop(name, None)
    query.update({name: str(number) for name, number in place.items()})
    return f"?{query.urlencode()}"


def _column(name: str, label: str, sort: str) -> dict[str, str]:
    """A column's head: where its link leads and how the table is sorted by it now."""
    if not name:
        return {"label": label}
    falling = sort == f"-{name}"
    rising = sort == name
    order = "descending" if falling else "ascending" if rising else "none"
    return {
        "label": label,
        "order": order,
        "to": name if falling else f"-{name}" if rising else name,
    }
