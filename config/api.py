"""The API: its routers, its documentation, and how every error becomes a problem document."""

from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError

from accounts.problems import Problem, answer
from incidents.api import router as incidents
from notifications.api import router as notifications
from programs.api import router as programs

logger = structlog.get_logger(__name__)

api = NinjaAPI(
    title="Andon",
    version="1",
    description=(
        "Report data exposures, pull the cord, follow the response. Send a person's API token as "
        "`Authorization: Bearer andon_t_…`. Collectors speak another protocol with the gate."
    ),
    urls_namespace="api",
)
api.add_router("/v1/incidents", incidents)
api.add_router("/v1/incidents", notifications)
api.add_router("/v1/programs", programs)

# What pydantic allows, by the kind of its complaint.
_LIMITS = ("max_length", "min_length", "ge", "le", "expected", "pattern", "error")


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(ValidationError)
def _wrong_field(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    first: dict[str, Any] = error.errors[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    name = ".".join(where[1:] if where[:1] == ["body"] else where) or "body"
    context = first.get("ctx", {})
    allowed = "; ".join(f"{key}: {context[key]}" for key in _LIMITS if key in context)
    return answer(Problem(422, f"{name}: {first['msg']}.", field=name, allowed=allowed))


@api.exception_handler(Throttled)
def _too_many(_request: HttpRequest, error: Throttled) -> HttpResponse:
    wait = int(error.wait or 60)
    response = answer(Problem(429, f"Too many requests. Try again in {wait} seconds."))
    response["Retry-After"] = str(wait)
    return response


@api.exception_handler(HttpError)
def _other(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(Problem(error.status_code, _sentence(str(error))))


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return answer(Problem(404, "There is nothing at this address."))


@api.exception_handler(Exception)
def _our_fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    # The class is enough for the log line; the message may quote what was sent.
    logger.exception("api_failed", error=type(error).__name__)
    return answer(Problem(500, "Something went wrong on our side; nothing was changed."))


def _sentence(text: str) -> str:
    return "The body is not JSON." if text.startswith("Cannot parse request body") else text
