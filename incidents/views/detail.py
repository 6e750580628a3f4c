"""The page of one incident and its live parts."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from incidents import access, looks
from incidents.forms import response
from incidents.models import Incident, TimelineEntry
from incidents.views import panels, runs
from incidents.views.panels import Forms, May


@require_safe
def detail(request: SignedInRequest, number: int) -> HttpResponse:
    return page(request, access.get_incident(request.user, number))


def page(
    request: SignedInRequest,
    incident: Incident,
    *,
    forms: Forms | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the whole page.

    Args:
        forms: bound forms by panel, to show again what was sent and what is wrong with it.
        refusal: the domain's sentence, where it belongs to no field.
    """
    looks.note(incident, request.user, via="page")
    forms = forms or {}
    may = May.of(request, incident)
    wrong = [form for form in forms.values() if form.errors]
    context: dict[str, Any] = {
        "incident": incident,
        "may": may,
        "refusal": refusal,
        "form": wrong[0] if wrong else None,
        **{part: show(request, incident) for part, show in LIVE.items()},
        "kinds": panels.kinds_of(request),
        "all_kinds": TimelineEntry.Kind.choices,
        **_ways_on(incident, forms),
        **_panels(request, incident, may, forms),
    }
    return render(request, "incidents/detail.html", context, status=status)


def _panels(request: SignedInRequest, incident: Incident, may: May, forms: Forms) -> dict[str, Any]:
    return {
        **panels.cord(incident, may, forms),
        **panels.severity(incident, request, forms),
        **panels.firings(incident, forms),
        **runs.runbook(incident, request.user, forms),
        **runs.review(incident),
        **panels.evidence(incident, forms),
        **panels.exposed(incident),
        **panels.merged(incident, request),
        **panels.related(incident, request, forms),
        **panels.tasks(incident, forms),
        **panels.roles(incident, request, forms),
        **panels.who_sees(incident, may, forms),
        **panels.why(incident, request, may),
    }


def _ways_on(incident: Incident, forms: Forms) -> dict[str, Any]:
    return {
        "update_form": forms.get("update") or response.UpdateForm(),
        "status_form": forms.get("status") or response.StatusForm(incident=incident),
        "aware_form": forms.get("aware") or response.AwareForm(),
    }


def _head(request: SignedInRequest, incident: Incident) -> Fragment:
    return Fragment.of("incidents/_head.html", panels.head(incident), request)


def _story(request: SignedInRequest, incident: Incident) -> Fragment:
    kinds, most = panels.kinds_of(request), panels.most_of(request)
    context = panels.told(incident, kinds=kinds, most=most)
    # The links in a live part lead to the page, wherever the part was asked for.
    context["page_url"] = reverse("incidents:detail", args=[incident.number])
    context |= {"may": May.of(request, incident), "kinds": kinds}
    return Fragment.of("incidents/_story.html", context, request)


def _collection(request: SignedInRequest, incident: Incident) -> Fragment:
    return Fragment.of("incidents/_collection.html", panels.collection(incident, request), request)


LIVE = {"head": _head, "story": _story, "collection": _collection}


@require_safe
def live(request: SignedInRequest, number: int, part: str) -> HttpResponse:
    """One live part, or 304. The parts are named in the URL pattern."""
    incident = access.get_incident(request.user, number)
    if "If-None-Match" not in request.headers:
        # The page that stands open asks with it each few seconds, and has been noted.
        looks.note(incident, request.user, via="page")
    return LIVE[part](request, incident).answer(request)
