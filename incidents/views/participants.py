"""The page for participants of a program. Not in programs, as it tells of past incidents."""

import threading
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.throttle import Throttle
from incidents import redacted
from incidents.forms.choosing import ChoiceForm
from programs import access, participation, stops, summary
from programs.forms import PauseForm
from programs.models import Category, Program, State

SAID = {
    participation.BREAK: lazy("Your break is stored. Collectors hear of it within the second."),
    participation.OPT_OUT: lazy("Your opt-out is stored. Collectors hear of it within the second."),
    participation.GO_ON: lazy("Stored: you take part again."),
}
# Enough for a shared tablet; too few to go through everybody's pseudonyms.
_tries = Throttle(burst=20, per_second=1 / 30)
_lock = threading.Lock()


@require_safe
@login_not_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show it to whoever is signed in, or to everybody where the organisation says so."""
    if not isinstance(request.user, AnonymousUser):
        program = access.get_program(request.user, slug)
    elif settings.ENVIRONMENT.participant_pages == "public":
        program = access.get_public_program(slug)
    else:
        return redirect_to_login(request.get_full_path())
    return _show(request, program)


@require_POST
@sensitive_post_parameters("subject")
def choose(request: SignedInRequest, slug: str) -> HttpResponse:
    """Store what a participant chose. Nothing tells who was signed in."""
    program = access.get_program(request.user, slug)
    choice = request.POST.get("choice", "")
    if choice not in SAID:
        return HttpResponseBadRequest("choice must be one of break, opt_out, go_on.")
    form = ChoiceForm(request.POST, choice=choice)
    if not form.is_valid():
        return _show(request, program, form=form, status=422)
    with _lock:
        allowed = _tries.allow(str(request.user.pk), now=time.monotonic())
    if not allowed:
        form.blame(_("That were many choices from here: wait half a minute for the next."))
        return _show(request, program, form=form, status=429)
    try:
        _store(program, choice, form)
    except participation.Refused as refusal:
        form.blame(str(refusal))
        return _show(request, program, form=form, status=422)
    messages.success(request, SAID[choice])
    return redirect("incidents:for-participants", slug=slug)


def _store(program: Program, choice: str, form: ChoiceForm) -> None:
    subject = form.cleaned_data["subject"]
    if choice == participation.BREAK:
        participation.take_break(program.pk, subject, seconds=form.seconds)
    elif choice == participation.OPT_OUT:
        participation.opt_out(program.pk, subject)
    else:
        participation.go_on(program.pk, subject)


def _show(
    request: HttpRequest, program: Program, *, form: ChoiceForm | None = None, status: int = 200
) -> HttpResponse:
    order = program.stop_orders.filter(drill_only=False).order_by("-generation").first()
    held = program.pauses.whole().exists()
    context: dict[str, Any] = {
        "program": program,
        "categories": [Category(name).label for name in program.categories],
        "audiences": program.datasets.exclude(declared_audience=""),
        "readers": access.how_many_see(program),
        "standing": summary.of([program])[0].standing,
        "order": order,
        "was_drill": bool(order and stops.is_drill(order)),
        "incidents": redacted.of(program),
        "form": form,
        "choice_form": form or ChoiceForm(),
        "pause_form": PauseForm(),
        "may_act": request.user.is_authenticated,
        "can_pause": program.state != State.RETIRED and not held,
    }
    return render(request, "incidents/for_participants.html", context, status=status)
