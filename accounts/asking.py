"""What a caller of the API may ask for behind the question mark: what the operation knows.

A filter that is misspelt and passed over answers with everything, which looks like a result.
"""

import functools
from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest

from accounts.problems import Problem

_LONGEST = 60


def refuse_unknown(request: HttpRequest, known: Collection[str] = ()) -> None:
    """Let nothing through that asks for what is not known.

    Raises:
        Problem: 422, with the first parameter that is not known and those that are.
    """
    for name in request.GET:
        if name not in known:
            field, allowed = name[:_LONGEST] or "?", ", ".join(known)
            takes = f"this call knows {allowed}" if allowed else "this call takes none"
            said = f"{field}: there is no such parameter here; {takes}."
            raise Problem(422, said, field=field, allowed=allowed or "no parameters")


def only_what_is_known(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation refuse parameters that it does not know, before it does anything.

    Whoever may not call it, or says something wrong in one that it knows, is told that first.
    """
    known = _parameters(operation)

    @functools.wraps(operation)
    def checked(request: HttpRequest, **values: Any) -> Any:
        refuse_unknown(request, known)
        return operation(request, **values)

    return checked


def _parameters(operation: Callable[..., Any]) -> list[str]:
    described: Any = operation
    models = described._ninja_operation.models
    of_query = [model for model in models if model.__ninja_param_source__ == "query"]
    return sorted(name for model in of_query for name in model.__ninja_flatten_map__)
