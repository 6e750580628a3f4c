"""Calendars of others in a rota, and those that leave it: feeds under a secret address."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import secrets, strangers
from accounts.http import SignedInRequest, actor_of
from notifications import access, almanac, calendars, feeds, rota_page, rotas
from notifications.calendar_forms import CalendarForm
from notifications.models import CalendarFeed, Rota, RotaCalendar
from programs import evidence


@require_POST
def add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a calendar as a layer of a rota."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    form = CalendarForm(request.POST, request.FILES)
    if evidence.TOO_LARGE in request.META:
        form.add_error("file", _("The file is larger than 1 MB."))
    if form.is_valid():
        try:
            _add(request, rota, form)
        except rotas.Refused as refusal:
            form.blame(str(refusal))
        else:
            messages.success(request, _("The calendar counts once it has been read."))
            return redirect("rota", pk=pk)
    return rota_page.show(request, rota, wrong=form)


def _add(request: SignedInRequest, rota: Rota, form: CalendarForm) -> RotaCalendar:
    said, actor = form.cleaned_data, actor_of(request)
    if said["file"]:
        return calendars.add_file(rota, form.terms(), said["file"].read(), actor=actor)
    return calendars.add(rota, form.terms(), said["address"], actor=actor)


@require_POST
def remove(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Let a calendar count no more."""
    rota = access.get_rota(request.user, pk, to_keep=True)
    calendar = get_object_or_404(RotaCalendar, rota=rota, pk=number)
    try:
        calendars.remove(calendar, actor=actor_of(request))
    except rotas.Refused as refusal:
        return rota_page.show(request, rota, refusal=str(refusal).partition(": ")[2])
    messages.success(request, _("It counts no more."))
    return redirect("rota", pk=pk)


@require_POST
@never_cache
def make_own_feed(request: SignedInRequest) -> HttpResponse:
    """Make the address of the reader's own shifts, and show it this once."""
    if not access.may_read(request.user):
        raise Http404
    return _made(request, None)


@require_POST
@never_cache
def make_feed(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make an address of a rota's shifts for the reader, and show it this once."""
    return _made(request, access.get_rota(request.user, pk))


def _made(request: SignedInRequest, rota: Rota | None) -> HttpResponse:
    _feed, text = feeds.make(request.user, rota, actor=actor_of(request))
    address = f"{settings.ENVIRONMENT.url}{reverse('calendar-feed', args=[text])}"
    context = {"address": address, "rota": rota}
    return render(request, "notifications/feed.html", context)


@require_POST
def withdraw_feed(request: SignedInRequest, pk: int) -> HttpResponse:
    """End an address of the reader's own at once."""
    feed = get_object_or_404(CalendarFeed, owner=request.user, pk=pk)
    feeds.withdraw(feed, actor=actor_of(request))
    messages.success(request, _("The address opens nothing any more."))
    return redirect("on-call")


@require_safe
@login_not_required
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer a calendar program, which cannot sign in: the address is its secret."""
    place = request.META.get("REMOTE_ADDR", "")
    presented = secrets.parse(secret)
    try:
        strangers.check(place, presented.key_id if presented else "")
    except strangers.TooMany as refusal:
        return HttpResponse(str(refusal), status=429, content_type="text/plain")
    found = feeds.recognise(secret)
    if found is None:
        strangers.note(place)
        raise Http404
    strangers.trust(found.key_id)
    answer = HttpResponse(almanac.of_feed(found), content_type="text/calendar; charset=utf-8")
    # It may be kept by whoever reads it, and by nobody on the way.
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Disposition"] = 'inline; filename="on-call.ics"'
    return answer
