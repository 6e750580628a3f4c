"""Rooms that are told beside people, for operators alone: add, test, retire them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import (
    recently_signed_in,
    recently_signed_in_to_change,
    signed_in_recently,
)
from notifications import checking, rooms, vault
from notifications.contact_views import refuse
from notifications.models import Room
from notifications.people_views import for_operators
from notifications.room_forms import RoomForm


@require_http_methods(["GET", "HEAD", "POST"])
@for_operators
@recently_signed_in_to_change
def every(request: SignedInRequest) -> HttpResponse:
    """Show all rooms, and take another one."""
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = rooms.make(
                said["name"],
                said["method"],
                said["address"],
                terms=form.terms(),
                actor=actor_of(request),
            )
        except rooms.Refused as refusal:
            refuse(form, refusal)
        else:
            return redirect("room", pk=made.pk)
    context = {"form": form, "rooms": rooms.every(request.user)}
    status = 422 if form.errors else 200
    return render(request, "notifications/rooms.html", context, status=status)


@require_safe
@for_operators
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one, with the secret of a webhook that has taken nothing so far."""
    room = _of(request, pk)
    is_new = not (room.last_success_at or room.retired_at)
    secret = _secret(room) if is_new and signed_in_recently(request) else ""
    context = {"room": room, "secret": secret, "is_tested": checking.is_tested(room)}
    return render(request, "notifications/room.html", context)


@require_POST
@for_operators
@recently_signed_in
def act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a test to one, or retire it."""
    room, do = _of(request, pk), request.POST.get("do")
    try:
        if do == "test":
            rooms.ask_for_test(room, actor=actor_of(request))
            messages.success(request, _("A test is on its way. Load the page again to see."))
        elif do == "retire":
            rooms.retire(room, actor=actor_of(request))
        else:
            messages.error(request, _("Nothing of this name can be done here."))
    except rooms.Refused as refusal:
        messages.error(request, str(refusal).partition(": ")[2].capitalize())
    return redirect("room", pk=pk)


def _secret(room: Room) -> str:
    try:
        return room.secret
    except vault.Unreadable:
        return ""


def _of(request: SignedInRequest, pk: int) -> Room:
    return get_object_or_404(rooms.every(request.user), pk=pk)
