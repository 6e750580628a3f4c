"""Pages for those who are not let in: ask, or break the glass; and for those who look at that."""

import threading
import time

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from accounts.throttle import Throttle
from incidents import glass, grants, knocks
from incidents.forms.entering import GlassForm, NumberForm, ReviewForm
from incidents.models import GlassBreak

# Of this process: enough to make it slow to try one number after the other.
_tries = Throttle(burst=10, per_second=1 / 60)
_lock = threading.Lock()


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest) -> HttpResponse:
    """Ask to be let in. The answer is the same whatever there is."""
    if request.method != "POST":
        return _page(request, ask_form=NumberForm(initial={"number": request.GET.get("ref", "")}))
    form = NumberForm(request.POST)
    if not form.is_valid():
        return _page(request, ask_form=form, status=422)
    with _lock:
        allowed = _tries.allow(str(request.user.pk), now=time.monotonic())
    if not allowed:
        form.blame(_("You have asked often: wait a minute for the next."))
        return _page(request, ask_form=form, status=429)
    said = form.cleaned_data
    try:
        knocks.ask(said["number"], reason=said["reason"], actor=actor_of(request))
    except grants.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, ask_form=form, status=409)
    messages.success(
        request, _("If there is such an incident, those who can let you in have been told.")
    )
    return redirect("incidents:ask")


@require_POST
@recently_signed_in
def break_glass(request: SignedInRequest) -> HttpResponse:
    """Open an incident at once, for an hour."""
    if not glass.may_break(request.user):
        raise PermissionDenied(_("Only those on duty may break the glass."))
    form = GlassForm(request.POST)
    if not form.is_valid():
        return _page(request, glass_form=form, status=422)
    said = form.cleaned_data
    try:
        made = glass.smash(said["number"], reason=said["reason"], actor=actor_of(request))
    except grants.Refused as refusal:
        form.blame(str(refusal))
        return _page(request, glass_form=form, status=409)
    messages.warning(request, _("You may read this for an hour. Others have been told."))
    return redirect("incidents:detail", number=made.incident.number)


def _page(
    request: SignedInRequest,
    *,
    ask_form: NumberForm | None = None,
    glass_form: GlassForm | None = None,
    status: int = 200,
) -> HttpResponse:
    forms = [form for form in (ask_form, glass_form) if form and form.errors]
    context = {
        "ask_form": ask_form or NumberForm(),
        "glass_form": glass_form or GlassForm(),
        "may_break": glass.may_break(request.user),
        "form": forms[0] if forms else None,
    }
    return render(request, "incidents/ask.html", context, status=status)


@require_safe
def broken_glass(request: SignedInRequest) -> HttpResponse:
    """Show who broke the glass, and what was found of it."""
    return _list(request)


@require_POST
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say whether it was right."""
    _check(request)
    made = get_object_or_404(glass.all_of_them(), pk=pk)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _list(request, form=form, wrong=made, status=422)
    said = form.cleaned_data
    try:
        glass.review(
            made,
            justified=said["justified"] == "yes",
            note=said["note"],
            actor=actor_of(request),
        )
    except grants.Refused as refusal:
        form.blame(str(refusal))
        return _list(request, form=form, wrong=made, status=409)
    messages.success(request, _("Noted."))
    return redirect("incidents:broken-glass")


def _check(request: SignedInRequest) -> None:
    if not request.user.is_any(*glass.MAY_REVIEW):
        raise PermissionDenied(_("Only privacy officers and auditors may see this."))


def _list(
    request: SignedInRequest,
    *,
    form: ReviewForm | None = None,
    wrong: GlassBreak | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show all breaks; the one that was answered wrong with what was said of it."""
    _check(request)
    context = {"breaks": glass.all_of_them()[:200], "form": form, "wrong": wrong}
    return render(request, "incidents/broken_glass.html", context, status=status)
