"""What every answer carries, whatever view made it, and what is refused before any view."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.problems import Problem, answer
from config import uploads


class NothingIsCached:
    """Keep pages of signed-in people out of every cache, and windows apart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        return response


class NothingIsTooLarge:
    """Refuse by its length what is too large for any view, before a byte of it is read.

    Comes last: what stands before it reads no body, and this answer is dressed like any other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if uploads.length_of(request) <= uploads.longest():
            return self.get_response(request)
        mib = f"{settings.EVIDENCE.largest / 1024**2:g}"
        if request.path.startswith("/api/"):
            return answer(Problem(413, f"The body is too large: at most {mib} MiB are taken."))
        return render(request, "413.html", {"mib": mib}, status=413)
