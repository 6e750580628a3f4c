"""What people do to their own sign-in, recorded: second factors, sessions, API tokens."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from accounts.recency import recently_signed_in
from audit import credentials, factors, sessions
from audit.forms import TokenForm

View = Callable[..., HttpResponse]
# allauth's pages take the other methods as well.
_READING = ("GET", "HEAD", "OPTIONS")


def changing(view: View) -> View:
    """Record which factors of the signed-in person a page adds or removes."""

    @wraps(view)
    def recorded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in _READING:
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
        if request.method in _READING or person is None:
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
    which, actor = request.POST.get("session"), actor_of(request)
    if which is None:
        ended = sessions.end_all(request.user, but=this, actor=actor)
    else:
        # What is no number is no session: that must not end all the others.
        pk = int(which) if which.isdecimal() and len(which) < 19 else 0
        ended = int(sessions.end_one(request.user, pk, actor=actor))
    said = ngettext("%(n)s session ended.", "%(n)s sessions ended.", ended) % {"n": ended}
    messages.success(request, said if ended else _("That session has ended already."))
    return redirect("usersessions_list")


@require_safe
def tokens_of_mine(request: SignedInRequest) -> HttpResponse:
    """Show the API tokens that act for the reader: those that work, then those that are over."""
    found = request.user.api_tokens.order_by("-created_at")
    now = timezone.now()
    usable = [token for token in found if token.usable(now)]
    over = [token for token in found if not token.usable(now)]
    return render(request, "audit/tokens.html", {"tokens": usable, "over": over})


@require_http_methods(["GET", "HEAD", "POST"])
@recently_signed_in
def issue_token(request: SignedInRequest) -> HttpResponse:
    """Issue a token to the person who asks, and show it this once."""
    form = TokenForm(request.POST or None, scopes=credentials.open_to(request.user))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            token, text = credentials.issue_own(
                request.user,
                label=said["label"],
                scopes=said["scopes"],
                programs=said["programs"].replace(",", " ").split(),
                expires_at=timezone.now() + timedelta(days=said["days"]),
                actor=actor_of(request),
            )
        except credentials.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return render(request, "audit/token.html", {"token": token, "text": text})
    status = 422 if form.errors else 200
    return render(request, "audit/token_new.html", {"form": form}, status=status)


@require_POST
def withdraw_token(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a token of the reader's at once."""
    if not credentials.withdraw_own(request.user, pk, actor=actor_of(request)):
        raise Http404
    messages.success(request, _("Withdrawn. It opens nothing any more."))
    return redirect("tokens")
