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


def tell(
    people: Iterable[User],
    policy: EscalationPolicy,
    *,
    mark: str,
    said: str,
    times: Sequence[rotamail.Times] = (),
) -> None:
    """Mail each of these people, once for each mark; operators for those whom no mail reaches.

    Args:
        said: a sentence or several about the policy, which its name begins.
        times: from when to when; without an end it goes on. Each reads them in their own zone.
    """
    payload = {"policy": policy.pk, "mark": mark, "said": said, **rotamail.kept(times)}
    _schedule(people, payload)


def _schedule(people: Iterable[User], payload: dict[str, Any]) -> None:
    for person in {person.pk: person for person in people}.values():
        key = f"policy-{payload['policy']}-{payload['mark']}-{person.pk}"
        mine = {"key": key, "person": person.pk, "lane": f"person-{person.pk}"}
        clockwork.schedule(SEND, key=key, payload=payload | mine)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail, to whoever may still read that policy and has an address; else to operators.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    policy = access.policies_for(person).filter(pk=payload["policy"]).first()

    def instead() -> None:
        # Who runs Andon may read each; of those whom this mark told already none is told again.
        # What was planned before marks were kept has its own key alone.
        _schedule(mailing.operators(), {"mark": payload["key"]} | payload)

    if policy is None or not mailing.address_of(person):
        return instead
    return mailing.send(person, _message(payload, policy, person), or_else=instead)


def _message(payload: dict[str, Any], policy: EscalationPolicy, person: User) -> channels.Message:
    url = f"{settings.ENVIRONMENT.url}{reverse('policy', args=[policy.pk])}"
    # What was planned before there were times has none.
    times = [rotamail.in_words(start, end, person) for start, end in payload.get("times", [])]
    lines = [f"The escalation policy {policy.name}: {payload['said']}", *times]
    if more := payload.get("more"):
        lines.append(f"and {more} more")
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"policy:{policy.pk}",
        subject=f"[Andon] {policy.name}: people may be left untold",
        text="\n".join([*lines, "", "See to it:", url, ""]),
        data={},
    )
