"""The list of incidents."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from incidents import search
from incidents.forms.searching import FilterForm

PER_PAGE = 50
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
    pages = Paginator(search.find(request.user, wanted), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    filtered = any(request.GET.get(name) for name in form.fields if name != "sort")
    context = {
        "form": form,
        "page": page,
        "is_filtered": filtered,
        "columns": [_column(name, str(label), wanted.sort) for name, label in COLUMNS],
    }
    return render(request, "incidents/list.html", context)


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
