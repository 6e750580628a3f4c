"""What a caller of the API may send: what the operation knows, and nothing beside it.

A filter that is misspelt and passed over answers with everything, which looks like a result; a
field of a body that is passed over is a thing that was meant and not done.
"""

import functools
import json
from collections.abc import Callable, Collection
from typing import Any, Self

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from accounts.problems import Problem

_LONGEST = 60


class Sent(Schema):
    """A body of the API, or a part of one: the fields that it names, and no others."""

    model_config = ConfigDict(extra="forbid", from_attributes=False)

    # In place of ninja's, which reads whatever comes as an object: of a text it calls the methods.
    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        # Before what is missing is told, as a needed field that is misspelt is both.
        if isinstance(values, dict):
            unknown = next((name for name in values if name not in cls.model_fields), None)
            if unknown is not None:
                raise _no_such_field(unknown, cls.model_fields)
        return handler(values)


def _no_such_field(name: str, known: Collection[str]) -> ValidationError:
    said = PydanticCustomError(
        "no_such_field",
        "there is no such field; known here: {allowed}",
        {"allowed": ", ".join(known)},
    )
    wrong = InitErrorDetails(type=said, loc=(_shown(name),), input=None)
    return ValidationError.from_exception_data("body", [wrong])


def _shown(name: str) -> str:
    # Half a character, as JSON may hold, is no text that can be written down.
    return name[:_LONGEST].encode(errors="replace").decode() or "?"


def refuse_unknown(request: HttpRequest, known: Collection[str] = ()) -> None:
    """Let nothing through that asks for what is not known.

    Raises:
        Problem: 422, with the first parameter that is not known and those that are.
    """
    for name in request.GET:
        if name not in known:
            raise _no_such("parameter", name, known)


def _no_such(what: str, name: str, known: Collection[str] = ()) -> Problem:
    field, allowed = _shown(name), ", ".join(known)
    takes = f"this call knows {allowed}" if allowed else "this call takes none"
    said = f"{field}: there is no such {what}; {takes}."
    return Problem(422, said, field=field, allowed=allowed or f"no {what}s")


def only_what_is_known(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation refuse what it does not know, before it does anything.

    Parameters, fields of a form, and a body where it takes none; those of a body are refused by
    `Sent`. Whoever may not call it, or says something wrong in what it knows, is told that first.
    """
    known, refuse_body = _parameters(operation), _of_body(operation)

    @functools.wraps(operation)
    def checked(request: HttpRequest, **values: Any) -> Any:
        refuse_unknown(request, known)
        refuse_body(request)
        return operation(request, **values)

    return checked


def _parameters(operation: Callable[..., Any]) -> list[str]:
    of_query = [each for each in _models(operation) if each.__ninja_param_source__ == "query"]
    return sorted(name for model in of_query for name in model.__ninja_flatten_map__)


def _of_body(operation: Callable[..., Any]) -> Callable[[HttpRequest], None]:
    by_source = {each.__ninja_param_source__: each for each in _models(operation)}
    if "form" in by_source or "file" in by_source:
        fields = [*getattr(by_source.get("form"), "__ninja_flatten_map__", ())]
        fields += getattr(by_source.get("file"), "model_fields", ())
        return functools.partial(_refuse_of_form, known=fields)
    described: Any = operation
    reads_itself = "requestBody" in (described._ninja_operation.openapi_extra or {})
    return _let_pass if "body" in by_source or reads_itself else _refuse_body


def _models(operation: Callable[..., Any]) -> list[Any]:
    described: Any = operation
    return list(described._ninja_operation.models)


def _let_pass(_request: HttpRequest) -> None:
    """Where the shape of the body says no, or senders may say more than is read."""


def _refuse_of_form(request: HttpRequest, known: Collection[str]) -> None:
    for name in (*request.POST, *request.FILES):
        if name not in known:
            raise _no_such("field", name, known)


def _refuse_body(request: HttpRequest) -> None:
    if request.method == "GET" or request.body.strip() in (b"", b"{}"):
        return
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if said and isinstance(said, dict):
        raise _no_such("field", next(iter(said)))
    raise Problem(422, "body: this call takes none.", field="body", allowed="no body")
