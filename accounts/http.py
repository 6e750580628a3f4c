"""Types of requests, for annotations, and the actor behind one."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.actors import Actor
from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware; for annotations only."""

    user: User
    htmx: HtmxDetails


def actor_of(request: SignedInRequest) -> Actor:
    """The person who sent this page's request."""
    return Actor.person(request.user, via="page")
