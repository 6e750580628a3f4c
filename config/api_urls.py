"""The API's paths. Its operations ask for a token; its documentation for a signed-in person."""

import functools
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from accounts.problems import Problem, answer
from config.api import api

_DOCUMENTATION = ("openapi-json", "openapi-view", "api-root")
View = Callable[..., HttpResponse]


def _in_our_form(view: View) -> View:
    """Have an operation refuse other methods as it refuses all else."""

    @functools.wraps(view)
    def ours(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        allowed = ", ".join(sorted(response["Allow"].split(", ")))
        refusal = answer(Problem(405, f"{request.method} is not known here.", allowed=allowed))
        refusal["Allow"] = allowed
        return refusal

    return ours


@login_not_required
@csrf_exempt
def _nothing_here(_request: HttpRequest) -> HttpResponse:
    return answer(Problem(404, "There is nothing at this address."))


_patterns, _namespace, _name = api.urls
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern) and _pattern.name not in _DOCUMENTATION:
        _pattern.callback = login_not_required(_in_our_form(_pattern.callback))

urlpatterns = [path("", (_patterns, _namespace, _name)), re_path(r"^v1", _nothing_here)]
