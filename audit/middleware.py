"""Let no session go on for ever."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit import sessions


class SessionsEnd:
    """Sign out whoever did nothing for too long, or signed in too long ago.

    A page that is only open asks for its live parts by itself: that is nobody acting.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            if sessions.is_over(request.session, now):
                logout(request)
            elif request.method != "GET" or "HX-Request" not in request.headers:
                sessions.note(request.session, now)
        return self.get_response(request)
