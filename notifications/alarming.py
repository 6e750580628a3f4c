"""Tell those who run Andon that the engine needs them, past the engine: by mail, at once.

And tell a monitor outside each minute that it does not.
"""

import structlog
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import reconciling, watching
from audit.models import Finding
from notifications import channels, mailing, outbound
from notifications.models import Method

logger = structlog.get_logger(__name__)
MOST_LINES = 20


@reconciling.alarm
def mail_operators(found: list[Finding]) -> None:
    """Mail every operator what was found. A page would go by the very engine that is in trouble.

    Raises:
        channels.NotSent: if the mail server took none of them.
    """
    failed: list[channels.NotSent] = []
    people = list(mailing.operators())
    for person in people:
        try:
            channels.send(Method.EMAIL, _message(person, found))
        except channels.NotSent as error:
            failed.append(error)
    if failed and len(failed) == len(people):
        raise failed[0]


def _message(person: User, found: list[Finding]) -> channels.Message:
    more = len(found) - MOST_LINES
    lines = [f"- {each.says}" for each in found[:MOST_LINES]]
    if more > 0:
        lines.append(f"- and {more} more")
    url = f"{settings.ENVIRONMENT.url}{reverse('engine')}"
    return channels.Message(
        key=f"findings-{found[0].pk}-{found[-1].pk}-{person.pk}",
        address=person.email,
        secret="",
        thread="engine",
        subject="[Andon] The engine needs you",
        text="\n".join((*lines, f"\nSee to it:\n{url}\n")),
        data={},
    )


@watching.pulse
def sign_of_life() -> None:
    """Tell the monitor of ANDON_DEADMAN_URL that the engine is well. Its silence is its alarm."""
    url = settings.ENVIRONMENT.deadman_url
    if not url:
        return
    try:
        status = outbound.post(url, body="", headers={})
    except outbound.NotReached as error:
        logger.warning("deadman_not_reached", error=str(error))
        return
    if not 200 <= status < 300:
        logger.warning("deadman_refused", status=status)
