"""What responders do on the incident page: one view for each act, all of them by POST."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.functions import Function
from accounts.http import SignedInRequest, actor_of
from incidents import access, cord, lifecycle, looks, pinning, timeline
from incidents.forms import response
from incidents.models import AccessGrant, Status, TimelineEntry
from incidents.views.acting import carry_out

CONTRIBUTE, MANAGE, CLOSE = (
    AccessGrant.Level.CONTRIBUTE,
    AccessGrant.Level.MANAGE,
    AccessGrant.Level.CLOSE,
)


@require_POST
def update(request: SignedInRequest, number: int) -> HttpResponse:
    """Write an update and plan the next one."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = response.UpdateForm(request.POST)

    def write() -> None:
        said, actor = form.cleaned_data, actor_of(request)
        timeline.write(
            incident,
            TimelineEntry.Kind.UPDATE,
            said["text"],
            actor=actor,
            audience=said["audience"],
            occurred_at=said["occurred_at"],
        )
        minutes = said["next_in"]
        due = timezone.now() + timedelta(minutes=minutes) if minutes else None
        lifecycle.plan_update(incident, next_update_at=due, actor=actor)

    return carry_out(request, incident, write, at="story", said=_("Update written."), form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Put a corrected entry in the place of one. The old text stays readable."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    looks.note(incident, request.user, via="page")
    entry = get_object_or_404(incident.timeline, pk=pk)
    initial = {"text": entry.text, "occurred_at": entry.occurred_at}
    form = response.CorrectForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                timeline.correct(entry, **form.cleaned_data, actor=actor_of(request))
            except timeline.Refused as refusal:
                form.blame(str(refusal))
                status = 409
            else:
                messages.success(request, _("Corrected. The old text stays readable."))
                return redirect(f"{reverse('incidents:detail', args=[number])}#story")
    context = {"incident": incident, "entry": entry, "form": form}
    return render(request, "incidents/correct.html", context, status=status)


@require_POST
def pin(request: SignedInRequest, number: int, pk: int, how: str) -> HttpResponse:
    """Put an entry on top of the timeline, or back among the others."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    entry = get_object_or_404(incident.timeline, pk=pk)
    act = pinning.pin if how == "pin" else pinning.unpin
    said = _("Pinned.") if how == "pin" else _("No longer pinned.")
    return carry_out(
        request, incident, lambda: act(entry, actor=actor_of(request)), at="story", said=said
    )


@require_POST
def status(request: SignedInRequest, number: int) -> HttpResponse:
    """Move the incident to another status."""
    closes = request.POST.get("to") == Status.CLOSED
    incident = access.get_incident(request.user, number, to=CLOSE if closes else MANAGE)
    form = response.StatusForm(request.POST, incident=incident)

    def move() -> None:
        said = form.cleaned_data
        lifecycle.move(
            incident,
            Status(said["to"]),
            actor=actor_of(request),
            reason=said["reason"],
            exception=said.get("exception", ""),
        )

    return carry_out(request, incident, move, at="status", said=_("Status changed."), form=form)


@require_POST
def pull_cord(request: SignedInRequest, number: int) -> HttpResponse:
    """Pause the incident's program."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = response.CordForm(request.POST)

    def pull() -> None:
        cord.pull(incident, reason=form.cleaned_data["reason"], actor=actor_of(request))

    return carry_out(
        request, incident, pull, at="collection", said=_("The stop is ordered."), form=form
    )


@require_POST
def aware(request: SignedInRequest, number: int) -> HttpResponse:
    """Decide from when the organisation was aware (GDPR Art. 33)."""
    incident = access.get_incident(request.user, number)
    if not request.user.is_any(Function.PRIVACY_OFFICER):
        raise PermissionDenied(_("Only a privacy officer may decide this."))
    form = response.AwareForm(request.POST)

    def decide_it() -> None:
        lifecycle.decide_awareness(incident, **form.cleaned_data, actor=actor_of(request))

    return carry_out(request, incident, decide_it, at="aware", said=_("Decided."), form=form)
