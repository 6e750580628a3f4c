"""How a page says that what was sent could not be read."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be read; a text of more than is read at all is named as that."""
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    mib = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2:g}"
    return render(request, "text_too_large.html", {"mib": mib}, status=413)
