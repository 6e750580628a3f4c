"""What people do to their own sign-in, recorded: allauth's pages of the second factor, sessions."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from audit import factors, sessions

View = Callable[..., HttpResponse]


def changing(view: View) -> View:
    """Record which factors of the signed-in person a page adds or removes."""

    @wraps(view)
    def recorded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        session = request.session.session_key or ""
        with factors.changing(request.user, session=session, actor=actor_of(request)):
            return view(request, *args, **kwargs)

    return recorded


def proving(view: View) -> View:
    """Record the recovery code that somebody uses, signed in already or about to be."""

    @wraps(view)
    def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user if request.user.is_authenticated else _signing_in(request)
        if request.method != "POST" or person is None:
            return view(request, *args, **kwargs)
        with factors.proving(person, actor=Actor.person(person, via="page")):
            return view(request, *args, **kwargs)

    return recorded


def _signing_in(request: HttpRequest) -> Any:
    """Who gave the password and has yet to show the second factor."""
    login = unstash_login(request, peek=True)
    return login.user if login else None


@require_http_methods(["GET", "HEAD", "POST"])
def sessions_of_mine(request: SignedInRequest) -> HttpResponse:
    """Show where one is signed in; end one of these sessions, or all but this one."""
    this = request.session.session_key or ""
    if request.method != "POST":
        found = sessions.of(request.user, this=this)
        return render(request, "audit/sessions.html", {"sessions": found})
    which, actor = request.POST.get("session", ""), actor_of(request)
    if which.isdecimal() and len(which) < 19:
        ended = int(sessions.end_one(request.user, int(which), actor=actor))
    else:
        ended = sessions.end_all(request.user, but=this, actor=actor)
    said = ngettext("%(n)s session ended.", "%(n)s sessions ended.", ended) % {"n": ended}
    messages.success(request, said if ended else _("That session has ended already."))
    return redirect("usersessions_list")
