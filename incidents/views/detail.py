"""The page of one incident and its live parts."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import Fragment, SignedInRequest
from incidents import access, looks, story
from incidents.forms import response
from incidents.forms.narrowing import StoryForm
from incidents.models import Incident, TimelineEntry
from incidents.views import panels, runs
from incidents.views.panels import Forms
from incidents.views.room import Room


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
    room = Room(incident, request.user)
    wrong = [form for form in forms.values() if form.errors]
    context: dict[str, Any] = {
        "incident": incident,
        "may": room.may,
        "refusal": refusal or StoryForm(request.GET).wrong(),
        "form": wrong[0] if wrong else None,
        **{part: show(request, room) for part, show in LIVE.items()},
        "kinds": panels.kinds_of(request),
        "all_kinds": TimelineEntry.Kind.choices,
        **_ways_on(incident, forms),
        **_panels(request, room, forms),
    }
    return render(request, "incidents/detail.html", context, status=status)


def _panels(request: SignedInRequest, room: Room, forms: Forms) -> dict[str, Any]:
    incident = room.incident
    return {
        **panels.cord(room, forms),
        **panels.severity(incident, request, forms),
        **panels.second_ratings(incident, forms),
        **panels.firings(incident, forms),
        **runs.runbook(room, forms),
        **runs.review(incident),
        **panels.evidence(incident, forms),
        **panels.exposed(room),
        **panels.clocks(room),
        **panels.merged(incident, request),
        **panels.related(incident, request, forms),
        **panels.tasks(incident, forms),
        **panels.roles(room, forms),
        **panels.who_sees(incident, room.may, forms),
        **panels.why(incident, request, room.may),
    }


def _ways_on(incident: Incident, forms: Forms) -> dict[str, Any]:
    return {
        "update_form": forms.get("update") or response.UpdateForm(),
        "status_form": forms.get("status") or response.StatusForm(incident=incident),
        "aware_form": forms.get("aware") or response.AwareForm(),
    }


def _head(request: SignedInRequest, room: Room) -> Fragment:
    return Fragment.of("incidents/_head.html", panels.head(room), request)


def _story(request: SignedInRequest, room: Room) -> Fragment:
    context = panels.told(room, panels.asked_of(request))
    # The links in a live part lead to the page, wherever the part was asked for.
    context["page_url"] = reverse("incidents:detail", args=[room.incident.number])
    context["may"] = room.may
    return Fragment.of("incidents/_story.html", context, request)


def _collection(request: SignedInRequest, room: Room) -> Fragment:
    return Fragment.of("incidents/_collection.html", panels.collection(room), request)


LIVE = {"head": _head, "story": _story, "collection": _collection}


@require_safe
def live(request: SignedInRequest, number: int, part: str) -> HttpResponse:
    """One live part, or 304. The parts are named in the URL pattern."""
    incident = access.get_incident(request.user, number)
    if "If-None-Match" not in request.headers:
        # The page that stands open asks with it each few seconds, and has been noted.
        looks.note(incident, request.user, via="page")
    return LIVE[part](request, Room(incident, request.user)).answer(request)


@require_safe
def timeline(request: SignedInRequest, number: int) -> HttpResponse:
    """The whole story on a page of its own, to read and to print: no forms, nothing live."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    asked = replace(panels.asked_of(request), most=story.MOST_TO_PRINT)
    context = panels.told(Room(incident, request.user), asked)
    context["refusal"] = StoryForm(request.GET).wrong()
    return render(request, "incidents/timeline.html", context)
