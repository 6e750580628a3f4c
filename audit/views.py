"""allauth's pages on which people change or use a second factor, with what they do recorded."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from django.http import HttpRequest, HttpResponse

from accounts.actors import Actor
from accounts.http import SignedInRequest, actor_of
from audit import factors

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
