"""Answer a page: signed in on the incident page, or by the link that a page carries."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from accounts.http import Fragment, SignedInRequest, actor_of
from incidents import access, looks
from incidents.models import AccessGrant
from notifications import links, paging, reading, ringing
from programs import access as program_access
from programs import silence
from programs.models import StopOrder


@require_POST
def acknowledge_incident(request: SignedInRequest, number: int) -> HttpResponse:
    """Answer for an incident that one sees: the paging stops."""
    incident = access.get_incident(request.user, number, to=AccessGrant.Level.CONTRIBUTE)
    paging.acknowledge(incident, actor=actor_of(request))
    by = reading.who_is_on_it(incident)
    if by is None or by == request.user:
        messages.success(request, _("You are on it. The paging has stopped."))
    else:
        # Of two who answer at the same moment one was first, and is the one who is looked after.
        messages.info(request, _("%(who)s is on it already.") % {"who": by.name})
    return redirect(reverse("incidents:detail", args=[number]))


@require_POST
def acknowledge_stop(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """Answer for a stop whose machines one sees: the paging stops."""
    order = _stop(request, slug, generation)
    paging.acknowledge_stop(order, actor=actor_of(request))
    messages.success(request, _("You are on it. The paging has stopped."))
    return redirect("programs:stop", slug=slug, generation=generation)


@require_safe
def stop_escalation(request: SignedInRequest, slug: str, generation: int) -> HttpResponse:
    """The live part of the page of a stop that shows the paging."""
    context = {"runs": reading.runs_of_stop(_stop(request, slug, generation)), "of_a_stop": True}
    return Fragment.of("notifications/_escalation.html", context, request).answer(request)


def _stop(request: SignedInRequest, slug: str, generation: int) -> StopOrder:
    program = program_access.get_program(request.user, slug, to="machines")
    return get_object_or_404(program.stop_orders, generation=generation)


@require_safe
def escalation(request: SignedInRequest, number: int) -> HttpResponse:
    """The live part of the incident page that shows the paging."""
    incident = access.get_incident(request.user, number)
    if "If-None-Match" not in request.headers:
        looks.note(incident, request.user, via="page")
    context = {"runs": reading.runs(incident)}
    return Fragment.of("notifications/_escalation.html", context, request).answer(request)


@require_safe
def paged(request: SignedInRequest) -> HttpResponse:
    """The live part of every page that shows what its reader is asked to answer."""
    context = {"rings": ringing.for_person(request.user)}
    return Fragment.of("notifications/_paged.html", context, request).answer(request)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Answer by the link of a page. Nothing happens on GET: mail scanners open links."""
    try:
        page = links.page_behind(token)
    except links.BadLink:
        return render(request, "notifications/bad_link.html", status=404)
    assert page.person
    by = Actor.person(page.person, via="link")
    answered = request.method == "POST" and paging.answer_page(page, actor=by)
    order = page.escalation.order
    context = {
        "page": page,
        "incident": page.escalation.incident,
        "order": order,
        "found": silence.about(order) if order else None,
        "answered": answered,
        "over": "" if answered else reading.why_over(page),
    }
    about = "acknowledge_stop" if order else "acknowledge"
    return render(request, f"notifications/{about}.html", context)
