"""How the API says no: RFC 9457 problem details, the same for every refusal."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja import Schema

CONTENT_TYPE = "application/problem+json"
_TITLES = {
    400: "The request cannot be read",
    401: "Who are you",
    403: "You may not do this",
    404: "Not found",
    405: "Method not allowed",
    409: "Not in this state",
    413: "Too large",
    415: "Not JSON",
    422: "A field is wrong",
    429: "Too many requests",
    500: "Our fault",
    503: "Not now",
}


class ProblemOut(Schema):
    """The body of every refusal. `field` and `allowed` are there when one field is at fault."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    allowed: str | None = None


class Problem(Exception):
    """Raised by an endpoint; becomes a problem document. `detail` is a sentence for a person."""

    def __init__(self, status: int, detail: str, *, field: str = "", allowed: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.allowed = allowed


def of_refusal(refusal: Exception, **names: str) -> Problem:
    """Return what a refusal of the domain is to a caller.

    A sentence that begins with a field is about that field: 422; else about how things stand: 409.

    Args:
        names: what the API calls a field that the domain has another word for.
    """
    said, colon, allowed = str(refusal).partition(": ")
    if not colon or " " in said:
        return Problem(409, str(refusal))
    field = names.get(said, said)
    return Problem(422, f"{field}: {allowed}", field=field, allowed=allowed)


def responses(*statuses: int) -> dict[int, type[ProblemOut]]:
    """What an operation declares it may refuse with, besides what every operation may."""
    return dict.fromkeys(sorted({400, 401, 403, 422, 429, *statuses}), ProblemOut)


def answer(problem: Problem) -> HttpResponse:
    """Return the HTTP answer for a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(problem.status, "Refused"),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.field:
        body["field"] = problem.field
    if problem.allowed:
        body["allowed"] = problem.allowed
    response = JsonResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="andon"'
    if problem.status == 429:
        response["Retry-After"] = "60"
    return response
