"""The API: its routers, its documentation, and how every error becomes a problem document."""

from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import get_script_prefix
from django.utils.functional import cached_property
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.parser import Parser

from accounts.asking import only_what_is_known
from accounts.problems import CONTENT_TYPE, Problem, answer
from incidents.access_api import router as access
from incidents.api import router as incidents
from incidents.assess_api import router as assessments
from incidents.board_api import router as boards
from incidents.board_api import walls
from incidents.brief_api import router as briefs
from incidents.bundle_api import router as bundle
from incidents.cord_api import router as cord
from incidents.deciding_api import router as deciding
from incidents.draft_api import router as drafts
from incidents.evidence_api import router as evidence
from incidents.exposure_api import router as exposures
from incidents.history_api import router as history
from incidents.import_api import router as imports
from incidents.item_api import everywhere as items_everywhere
from incidents.item_api import router as items
from incidents.knock_api import router as knocks
from incidents.lead_api import router as figures
from incidents.legal_api import router as legal
from incidents.library_api import router as library
from incidents.rating_api import router as ratings
from incidents.register_api import router as register
from incidents.review_api import router as reviews
from incidents.rulesets_api import router as rule_sets
from incidents.runbook_api import router as runbook
from incidents.story_api import router as story
from incidents.thresholds_api import of_incident as rules_of_incident
from incidents.thresholds_api import router as thresholds
from incidents.tracking_api import router as tracking
from incidents.veris_api import router as veris
from notifications.acting_api import router as paging
from notifications.api import router as notifications
from notifications.broadcast_api import router as broadcasts
from notifications.deliveries_api import router as deliveries
from notifications.policy_api import router as policies
from notifications.rota_api import router as rotas
from notifications.services_api import router as services
from programs.api import confirming
from programs.api import router as programs
from programs.breadth_api import router as breadth
from programs.control_api import router as controls
from programs.running_api import router as running
from programs.stamps_api import router as stamps
from programs.watch.api import router as watch

logger = structlog.get_logger(__name__)
_FORM = "multipart/form-data"


class ObjectsOnly(Parser):
    """Take JSON objects alone: of a JSON string ninja would call the methods, such as `title`."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = super().parse_body(request)
        if not isinstance(body, dict):
            raise TypeError("no JSON object")
        return body


class Described(NinjaAPI):
    """An API whose description names the form of its refusals as it is."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the description, made once: it takes as long as twenty pages. Do not change it."""
        asked = (options.get("path_prefix"), get_script_prefix())
        if options.get("path_params"):
            return self._describe(**options)
        if asked not in self._described:
            self._described[asked] = self._describe(**options)
        return self._described[asked]

    @cached_property
    def _described(self) -> dict[tuple[str | None, str], Any]:
        return {}

    def _describe(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        for method, operation in _operations(schema):
            answers = operation["responses"]
            if method != "get":
                answers[413] = dict(answers[400], description="Content Too Large")
            for status, described in answers.items():
                if status >= 400:
                    described["content"] = {CONTENT_TYPE: described["content"]["application/json"]}
            sent = operation.get("requestBody", {}).get("content", {})
            if _FORM in sent:
                sent[_FORM]["schema"]["additionalProperties"] = False
        return schema


def _operations(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [each for path in schema["paths"].values() for each in path.items()]


api = Described(
    title="Andon",
    parser=ObjectsOnly(),
    version="1",
    description=(
        "Report data exposures, pull the cord, follow the response. Send a person's API token as "
        "`Authorization: Bearer andon_t_…`. A query parameter or a field of a body that an "
        "operation does not know is refused with 422. "
        "Collectors speak another protocol with the gate."
    ),
    urls_namespace="api",
)
api.add_decorator(only_what_is_known)
api.add_router("/v1/incidents", incidents)
api.add_router("/v1/register", register)
api.add_router("/v1/imports", imports)
api.add_router("/v1", veris)
api.add_router("/v1/incidents", evidence)
api.add_router("/v1/incidents", exposures)
api.add_router("/v1/incidents", bundle)
api.add_router("/v1/incidents", story)
api.add_router("/v1/incidents", briefs)
api.add_router("/v1/incidents", runbook)
api.add_router("/v1/runbooks", library)
api.add_router("/v1/incidents", assessments)
api.add_router("/v1/incidents", deciding)
api.add_router("/v1/incidents", reviews)
api.add_router("/v1/incidents", items)
api.add_router("/v1/action-items", items_everywhere)
api.add_router("/v1/incidents", drafts)
api.add_router("/v1/incidents", tracking)
api.add_router("/v1/incidents", access)
api.add_router("/v1/incidents", knocks)
api.add_router("/v1/incidents", history)
api.add_router("/v1/incidents", legal)
api.add_router("/v1/incidents", rules_of_incident)
api.add_router("/v1/thresholds", thresholds)
api.add_router("/v1/calibration", ratings)
api.add_router("/v1/severity/rules", rule_sets)
api.add_router("/v1/incidents", notifications)
api.add_router("/v1/rotas", rotas)
api.add_router("/v1/incidents", paging)
api.add_router("/v1/policies", policies)
api.add_router("/v1/incidents", broadcasts)
api.add_router("/v1/programs", programs)
api.add_router("/v1/programs", breadth)
api.add_router("/v1/programs", running)
api.add_router("/v1/cord", cord)
api.add_router("/v1/stamps", stamps)
api.add_router("/v1/confirmations", confirming)
api.add_router("/v1/services", services)
api.add_router("/v1/deliveries", deliveries)
api.add_router("/v1/figures", figures)
api.add_router("/v1/boards", boards)
api.add_router("/v1/wall", walls)
api.add_router("/v1/programs", controls)
api.add_router("/v1/programs", watch)

# What pydantic allows, by the kind of its complaint.
_LIMITS = ("max_length", "min_length", "ge", "le", "expected", "pattern", "error")


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(ValidationError)
def _wrong_field(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    first: dict[str, Any] = error.errors[0]
    name, context = _as_it_was_sent(first["loc"]), first.get("ctx", {})
    limits = "; ".join(f"{key}: {context[key]}" for key in _LIMITS if key in context)
    allowed = context.get("allowed", limits)
    return answer(Problem(422, f"{name}: {first['msg']}.", field=name, allowed=allowed))


def _as_it_was_sent(at: Iterable[str | int]) -> str:
    source, *where = map(str, at)
    # What we call a body or all parameters together is no part of the name of a field.
    if source == "body" or where[:1] == ["asked"]:
        where = where[1:]
    return ".".join(where) or "body"


@api.exception_handler(Throttled)
def _too_many(_request: HttpRequest, error: Throttled) -> HttpResponse:
    wait = int(error.wait or 60)
    # Ninja adds Retry-After by itself.
    return answer(Problem(429, f"Too many requests. Try again in {wait} seconds."))


@api.exception_handler(RequestDataTooBig)
def _too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return answer(Problem(413, f"The body is too large: at most {most} bytes are read."))


# A form whose parts cannot be told apart, or of too many parts.
@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
@api.exception_handler(UnreadablePostError)
def _unreadable(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return answer(Problem(400, "The body cannot be read as a form. Nothing was done."))


@api.exception_handler(HttpError)
def _other(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(Problem(error.status_code, _sentence(str(error))))


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return answer(Problem(404, "There is nothing at this address."))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_away(_request: HttpRequest, error: Exception) -> HttpResponse:
    logger.warning("api_database_away", error=type(error).__name__)
    # It may have been committed before the line broke; only saying it again tells.
    said = "The database does not answer just now. Say it again; with the same Idempotency-Key"
    response = answer(Problem(503, f"{said} nothing is done twice."))
    response["Retry-After"] = "2"
    return response


@api.exception_handler(Exception)
def _our_fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    # The class is enough for the log line; the message may quote what was sent.
    logger.exception("api_failed", error=type(error).__name__)
    # It may have failed after the commit, so nothing is promised that only a look can tell.
    said = "The fault is ours. What you sent was done as a whole or not at all"
    return answer(Problem(500, f"{said}: look before you send it again."))


def _sentence(text: str) -> str:
    unread = text.startswith("Cannot parse request body")
    return "The body is not a JSON object." if unread else text
