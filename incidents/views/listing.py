"""The list of incidents."""

import re
from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from incidents import library, listing
from incidents.forms.searching import FilterForm
from incidents.listing import Place

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
    form = FilterForm(request.GET, user=request.user)
    wanted = form.wanted()
    page = listing.page(request.user, wanted, _place(request))
    filtered = any(request.GET.get(name) for name in form.fields if name != "sort")
    context = {
        "form": form,
        "page": page,
        "newer": _leads_to(request, page.newer),
        "older": _leads_to(request, page.older),
        "is_filtered": filtered,
        "reads_runbooks": library.may_read(request.user),
        "columns": [_column(name, str(label), wanted.sort) for name, label in COLUMNS],
    }
    return render(request, "incidents/list.html", context)


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
