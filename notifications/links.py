"""Signed links that let a paged person acknowledge without signing in first."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from incidents import access
from notifications.models import Escalation, Page
from programs import access as program_access

_SALT = "andon.acknowledge"
GOOD_FOR = timedelta(days=7)


class BadLink(Exception):
    """The link is not ours, was changed, or is too old."""


def acknowledge_url(page: Page) -> str:
    """Return the link for one page. It acts for the paged person, and answers this page alone."""
    token = signing.dumps({"page": page.pk}, salt=_SALT)
    return f"{settings.ENVIRONMENT.url}{reverse('acknowledge', args=[token])}"


def page_behind(token: str) -> Page:
    """Return the page that a link was made for.

    Raises:
        BadLink: if the signature is wrong, a week has passed, or the person is deactivated or
            may not take part in the incident, or see the stop, any more.
    """
    try:
        content = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
        page = Page.objects.select_related(
            "person", "escalation__incident", "escalation__order__program"
        ).get(pk=content["page"])
    except (signing.BadSignature, Page.DoesNotExist, LookupError, TypeError, ValueError) as error:
        raise BadLink from error
    # Who was shut out since must not be able to silence it.
    if page.person is None or not may_answer(page.person, page.escalation):
        raise BadLink
    return page


def may_answer(person: User, escalation: Escalation) -> bool:
    """True if a person takes part in what an escalation is about."""
    if escalation.incident:
        return access.may(person, "contribute", escalation.incident)
    assert escalation.order
    return person.is_active and program_access.sees_machines(person, escalation.order.program)
