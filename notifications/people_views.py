"""Who has an account here, for operators: invite, give functions, shut out, reset a second factor.

For everybody else there are no such pages. Whoever changes something showed lately who they are.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from audit import factors, people
from notifications import roster
from notifications.people_forms import (
    DeactivateForm,
    FunctionsForm,
    InviteForm,
    PeopleForm,
    functions_of,
)

View = Callable[..., HttpResponseBase]


def for_operators(view: View) -> View:
    """Have no such page for anybody else; asked before who they are, and not after."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not roster.may_read(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_operators
def everybody(request: SignedInRequest) -> HttpResponse:
    """Show all people, or those who are looked for."""
    form = PeopleForm(request.GET)
    page = roster.page(request.user, form.wanted(), request.GET.get("page", ""))
    filtered = any(request.GET.get(name) for name in ("q", "function", "state"))
    context = {"form": form, "page": page, "lines": roster.lines(page), "is_filtered": filtered}
    return render(request, "notifications/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_operators
@recently_signed_in
def invite(request: SignedInRequest) -> HttpResponse:
    """Add a person, who is sent a link by which they choose a password."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = people.invite(**form.cleaned_data, actor=actor_of(request))
        except people.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("%(who)s is invited at %(address)s.")
            messages.success(request, said % {"who": person.name, "address": person.email})
            return redirect("person", person.pk)
    status = 422 if form.errors else 200
    return render(request, "notifications/invite.html", {"form": form}, status=status)


@require_safe
@for_operators
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one person and what can be done about them."""
    return _page(request, roster.one(request.user, pk))


@require_POST
@for_operators
@recently_signed_in
def invite_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send another link to somebody who has not come in."""
    person = roster.one(request.user, pk).person
    try:
        people.invite_again(person, actor=actor_of(request))
    except people.Refused as refusal:
        return _page(request, roster.one(request.user, pk), refusal=str(refusal))
    messages.success(request, _("Another link is on its way to %(who)s.") % {"who": person.email})
    return redirect("person", pk)


@require_POST
@for_operators
@recently_signed_in
def set_functions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what somebody is here for."""
    line, form = roster.one(request.user, pk), FunctionsForm(request.POST)
    if not form.is_valid():
        return _page(request, line, functions=form)
    try:
        people.give(line.person, form.cleaned_data["functions"], actor=actor_of(request))
    except people.Refused as refusal:
        return _page(request, line, functions=form, refusal=str(refusal))
    messages.success(request, _("Saved. It counts at once."))
    return redirect("person", pk)


@require_POST
@for_operators
@recently_signed_in
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Shut somebody out."""
    line, form = roster.one(request.user, pk), DeactivateForm(request.POST)
    if not form.is_valid():
        return _page(request, line, leaving=form)
    reason = form.cleaned_data["reason"]
    try:
        people.deactivate(line.person, reason=reason, actor=actor_of(request))
    except people.Refused as refusal:
        return _page(request, line, leaving=form, refusal=str(refusal))
    messages.success(request, _("Deactivated. Their sessions and tokens have ended."))
    return redirect("person", pk)


@require_POST
@for_operators
@recently_signed_in
def reset_factors(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the second factors of somebody who lost theirs."""
    line = roster.one(request.user, pk)
    try:
        taken = factors.reset(line.person, actor=actor_of(request))
    except factors.Refused as refusal:
        return _page(request, line, refusal=str(refusal))
    said = _("Reset. Their sessions have ended.") if taken else _("There was no second factor.")
    messages.success(request, said)
    return redirect("person", pk)


def _page(
    request: SignedInRequest,
    line: roster.Line,
    *,
    functions: FunctionsForm | None = None,
    leaving: DeactivateForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    bound: list[forms.Form | None] = [functions, leaving]
    wrong = next((form for form in bound if form and form.errors), None)
    context = {
        "line": line,
        "is_oneself": line.person.pk == request.user.pk,
        "functions": functions or FunctionsForm(initial=functions_of(line.person)),
        "leaving": leaving or DeactivateForm(),
        "wrong": wrong,
        "refusal": refusal,
    }
    status = 409 if refusal else 422 if wrong else 200
    return render(request, "notifications/person.html", context, status=status)
