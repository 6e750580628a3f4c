"""How Andon says that what was sent could not be read."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import parse_header_parameters
from django.views import defaults

ENCODING = "andon.encoding"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be read; a text of more than is read at all is named as that."""
    if isinstance(exception, BadRequest):
        return render(request, "unreadable.html", {"why": str(exception)}, status=400)
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    mib = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2:g}"
    return render(request, "text_too_large.html", {"mib": mib}, status=413)


class OfAnyType:
    """Take the encoding out of a type that names another than UTF-8, and note it as ENCODING.

    Django decodes the address of a request by it before there is a request, so that nothing of ours
    could answer: anybody would get an error that looks like one of Andon's. Some of those that
    Python knows make text which nothing can write down, and some are none of text at all.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, request: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            kind, said = parse_header_parameters(request.get("CONTENT_TYPE", ""))
        except ValueError:
            request["CONTENT_TYPE"] = "application/octet-stream"
        else:
            if "charset" in said and not _is_utf8(said["charset"]):
                request[ENCODING] = said["charset"]
                edge = f'; boundary="{said["boundary"]}"' if "boundary" in said else ""
                request["CONTENT_TYPE"] = f"{kind}{edge}"
        return self._application(request, start_response)


def _is_utf8(name: str) -> bool:
    try:
        return codecs.lookup(name).name == "utf-8"
    except (LookupError, ValueError):
        return False
