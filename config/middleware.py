"""What every answer carries, whatever view made it, and what is refused before any view."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.problems import Problem, answer
from config import unread, uploads

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_LONGEST_NAME = 40


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


class EverythingIsUtf8:
    """Refuse a form in another encoding. What is no form is read by its bytes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = request.META.get(unread.ENCODING)
        if named is None or request.content_type not in _FORMS:
            return self.get_response(request)
        said = _("A form is sent in UTF-8, not in %(name)s.") % {"name": named[:_LONGEST_NAME]}
        if request.path.startswith("/api/"):
            return answer(Problem(400, said))
        return unread.bad_request(request, BadRequest(said))


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
