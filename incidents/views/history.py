"""What was changed in an incident, field by field."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from incidents import access, changes, looks

PER_PAGE = 50


@require_safe
def history(request: SignedInRequest, number: int) -> HttpResponse:
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    found = changes.of(incident, reader=request.user)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "incidents/history.html", {"incident": incident, "page": page})
