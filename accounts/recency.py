"""Let nobody do what is grave from a browser that somebody left open."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]


def signed_in_recently(request: HttpRequest) -> bool:
    """True if the person showed who they are, by any way to sign in, within ten minutes."""
    records = get_authentication_records(request, request.user)
    latest = max((record["at"] for record in records), default=0.0)
    return bool(time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def recently_signed_in(view: View) -> View:
    """Have people show once more who they are; what they sent is then carried out."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if signed_in_recently(request):
            return view(request, *args, **kwargs)
        if not reauthentication.get_reauthentication_flows(request.user):
            # Who they are is said elsewhere, and only a new sign-in asks there.
            raise PermissionDenied(
                _("This needs a sign-in of the last ten minutes: sign out and in again.")
            )
        kept: HttpResponseBase = reauthentication.suspend_request(
            request, reverse("account_reauthenticate")
        )
        return kept

    return guarded


def recently_signed_in_to_change(view: View) -> View:
    """The same where looking is open to a page that was left open, and sending a form is not."""
    guarded = recently_signed_in(view)

    @wraps(view)
    def chosen(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (guarded if request.method == "POST" else view)(request, *args, **kwargs)

    return chosen
