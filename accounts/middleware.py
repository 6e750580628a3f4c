"""Let in nobody by half, and show times in the reader's zone beside UTC."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts import factors

# What somebody can open who must have a second factor and has none yet: to get one, or to leave.
ENROLMENT = frozenset(
    {
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),
        *("mfa_view_recovery_codes", "mfa_download_recovery_codes"),
        *("account_reauthenticate", "account_logout"),
    }
)


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


class OnlyWithASecondFactor:
    """Lead whoever must have a second factor to where they get one, whatever they ask for.

    Deny by default: a page that is added tomorrow is shut as well. What anybody may open
    without a sign-in stays open, and shows them what it shows to anybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_given: Any
    ) -> HttpResponse | None:
        if not factors.owed_by(request.user):
            return None
        match = request.resolver_match
        if match and match.view_name in ENROLMENT:
            request.owes_a_factor = True  # type: ignore[attr-defined]
            return None
        if not getattr(view, "login_required", True):
            request.user = AnonymousUser()
            return None
        way_in = reverse("mfa_index")
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(way_in)
        return redirect(way_in)
