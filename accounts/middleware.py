"""Show times in the reader's zone beside UTC."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class InTheReadersZone:
    """Activate the reader's time zone for the length of one request.

    That of the organisation for whoever has chosen none or is not signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "zone", "") or settings.HOUSE_ZONE
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return self.get_response(request)
