"""Tell people by e-mail what becomes of a rota: its shifts, swaps, gaps and calendars."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import channels, mailing, ways
from notifications.models import Rota

SEND = "notifications.mail_of_rota"
# As many as are read; the page has all.
MOST_TIMES = 20

Times = tuple[datetime, datetime | None]


def tell(
    people: Iterable[User],
    rota: Rota,
    *,
    key: str,
    subject: str,
    said: str,
    times: Sequence[Times] = (),
) -> None:
    """Mail each of these people, once for each key; operators for those whom no mail reaches.

    Args:
        times: from when to when; without an end it goes on. Each reads them in their own zone.
    """
    payload = {"rota": rota.pk, "mark": key, "subject": subject, "said": said, **kept(times)}
    _schedule(people, payload)


def kept(times: Sequence[Times]) -> dict[str, Any]:
    """Return times as they are kept until they are sent: so many as are read, and how many more."""
    first = [[start.isoformat(), end and end.isoformat()] for start, end in times[:MOST_TIMES]]
    return {"times": first, "more": max(len(times) - MOST_TIMES, 0)}


def _schedule(people: Iterable[User], payload: dict[str, Any]) -> None:
    for person in {person.pk: person for person in people}.values():
        key = f"rota-{payload['rota']}-{payload['mark']}-{person.pk}"
        mine = {"key": key, "person": person.pk, "lane": f"person:{person.pk}"}
        clockwork.schedule(SEND, key=key, payload=payload | mine)


def keepers(rota: Rota) -> list[User]:
    """Return who hears of what is wrong with a rota: its owners, or operators.

    These where no owner is left who has a function and whom a mail reaches.
    """
    owners = [person for person in rota.owners.filter(is_active=True) if person.functions]
    return [each for each in owners if mailing.address_of(each)] or list(mailing.operators())


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail; where none reaches its reader, operators read whose it was.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])

    def instead() -> None:
        # Operators whom none reaches have nobody in their place.
        if "meant_for" not in payload:
            more = {"mark": f"{payload['key']}-instead", "meant_for": person.name}
            _schedule(mailing.operators(), payload | more)

    if not mailing.address_of(person):
        return instead
    return mailing.send(person, _message(payload, person), or_else=instead)


def _message(payload: dict[str, Any], person: User) -> channels.Message:
    rota = Rota.objects.get(pk=payload["rota"])
    lines = [f"{rota.name}: {payload['said']}", ""]
    if meant_for := payload.get("meant_for"):
        lines = [f"This was for {meant_for}, whom no mail reaches.", "", *lines]
    lines += [in_words(start, end, person) for start, end in payload["times"]]
    if payload["more"]:
        lines.append(f"and {payload['more']} more")
    if payload["times"]:
        lines.append("")
    url = f"{settings.ENVIRONMENT.url}{reverse('rota', args=[rota.pk])}"
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"rota:{rota.pk}",
        subject=f"[Andon] {rota.name}: {payload['subject']}",
        text="\n".join([*lines, "The rota:", url, ""]),
        data={},
    )


def in_words(start: str, end: str | None, person: User) -> str:
    """Return from when to when, by the person's clock and in UTC; both are given as ISO 8601."""
    zone = ways.zone_of(person)
    begins = datetime.fromisoformat(start).astimezone(zone)
    if end is None:
        return f"  from {begins:%a %d %b %Y %H:%M %Z} on ({begins.astimezone(UTC):%H:%M} UTC)"
    ends = datetime.fromisoformat(end).astimezone(zone)
    utc = f"{begins.astimezone(UTC):%d %b %H:%M} – {ends.astimezone(UTC):%d %b %H:%M} UTC"
    return f"  {begins:%a %d %b %Y %H:%M} – {ends:%a %d %b %Y %H:%M %Z} ({utc})"
