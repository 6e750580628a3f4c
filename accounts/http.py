"""What every view needs: types of requests, the actor behind one, and fragments that answer 304."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django_htmx.middleware import HtmxDetails

from accounts.actors import Actor
from accounts.models import User

# The words of a length of time that goes on, as the tag `lasting` writes them.
_COUNTING = re.compile(r'(data-since="[^"]*">)[^<]*')


class SignedInRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails


def actor_of(request: SignedInRequest) -> Actor:
    """The person who sent this page's request."""
    return Actor.person(request.user, via="page")


@dataclass(frozen=True)
class Fragment:
    """A live part of a page: what it holds now, and the name of that content."""

    html: SafeString
    etag: str

    @classmethod
    def of(cls, template: str, context: Mapping[str, Any], request: HttpRequest) -> "Fragment":
        html = render_to_string(template, dict(context), request=request)
        # What the browser counts on by itself is no news: else each second would have its own tag.
        named = hashlib.sha256(_COUNTING.sub(r"\1", html).encode()).hexdigest()[:32]
        return cls(mark_safe(html), f'"{named}"')  # noqa: S308 - templates have escaped it

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the fragment, or 304 to who has it already.

        Kept in no cache: static/js/live.js remembers the ETag, so that no incident
        text is written to the disk of a browser.
        """
        if request.headers.get("If-None-Match") == self.etag:
            unchanged = HttpResponseNotModified()
            unchanged["ETag"] = self.etag
            return unchanged
        return HttpResponse(self.html, headers={"ETag": self.etag})
