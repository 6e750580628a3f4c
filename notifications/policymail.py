"""Tell people by e-mail that a policy may leave others untold."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import access, channels, mailing, rotamail
from notifications.models import EscalationPolicy

SEND = "notifications.send_policy_finding"
MOST_TIMES = 20


def tell(
    people: Iterable[User],
    policy: EscalationPolicy,
    *,
    mark: str,
    said: str,
    times: Sequence[rotamail.Times] = (),
) -> None:
    """Mail each of these people, once for each mark.

    Args:
        said: a sentence or several about the policy, which its name begins.
        times: from when to when; without an end it goes on. Each reads them in their own zone.
    """
    for person in {person.pk: person for person in people}.values():
        key = f"policy-{policy.pk}-{mark}-{person.pk}"
        payload = {
            "key": key,
            "person": person.pk,
            "policy": policy.pk,
            "said": said,
            "times": [
                [start.isoformat(), end.isoformat() if end else None]
                for start, end in times[:MOST_TIMES]
            ],
            "lane": f"person-{person.pk}",
        }
        clockwork.schedule(SEND, key=key, payload=payload)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail, to whoever may still read that policy.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    policy = access.policies_for(person).filter(pk=payload["policy"]).first()
    if policy is None or not person.email:
        return lambda: None
    return mailing.send(person, _message(payload, policy, person))


def _message(payload: dict[str, Any], policy: EscalationPolicy, person: User) -> channels.Message:
    url = f"{settings.ENVIRONMENT.url}{reverse('policy', args=[policy.pk])}"
    # What was planned before there were times has none.
    times = [rotamail.in_words(start, end, person) for start, end in payload.get("times", [])]
    lines = [f"The escalation policy {policy.name}: {payload['said']}", *times]
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"policy:{policy.pk}",
        subject=f"[Andon] {policy.name}: people may be left untold",
        text="\n".join([*lines, "", "See to it:", url, ""]),
        data={},
    )
