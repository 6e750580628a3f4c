"""Each copy of an update for stakeholders, apart from the others. The only writer of it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork
from incidents import access, embargo
from incidents.models import Incident
from notifications import channels, leaving, mailing, working
from notifications.models import Broadcast, BroadcastCopy, Method, News, Subscription

SEND = "notifications.send_broadcast"
ENGINE = Actor.machine("broadcast")
State = BroadcastCopy.State
_OPEN = (State.WAITING, State.SENDING)

# What is done when the last copy of an update has ended.
_when_settled: list[Callable[[int], None]] = []


def when_settled(tell: Callable[[int], None]) -> Callable[[int], None]:
    """Register who notes, in the same transaction, that every copy of an update has ended."""
    _when_settled.append(tell)
    return tell


def make(row: Broadcast) -> list[BroadcastCopy]:
    """Write down who gets this version: each once, by whatever they were chosen."""
    people = User.objects.filter(is_active=True)
    named = people.filter(pk__in=row.people) | people.filter(groups__in=row.teams)
    found = [_copy(row, person=person) for person in named.distinct().order_by("pk")]
    there = {copy.person_id for copy in found}
    for each in _subscribed(row) if row.subscribers else ():
        if each.person_id not in there:
            there.add(each.person_id)
            found.append(_copy(row, person=each.person, subscription=each))
    found += [_copy(row, stakeholder_id=pk) for pk in row.stakeholders]
    return BroadcastCopy.objects.bulk_create(found)


def _copy(row: Broadcast, **to: Any) -> BroadcastCopy:
    return BroadcastCopy(broadcast=row, version=row.version, **to)


def _subscribed(row: Broadcast) -> QuerySet[Subscription]:
    found = Subscription.objects.filter(
        program=row.incident.program_id,
        program__isnull=False,
        ended_at=None,
        at_once=True,
        about__contains=[News.UPDATE.value],
        mildest__gte=row.incident.counts_as,
        person__is_active=True,
    )
    return found.select_related("person").order_by("pk")


def hand_out(broadcast_pk: int, version: int) -> None:
    """Have each copy of a version sent, at its time."""
    row = Broadcast.objects.get(pk=broadcast_pk)
    wishes = []
    for copy in row.copies.filter(version=version, state=State.WAITING):
        whose = f"person-{copy.person_id}" if copy.person_id else f"outside-{copy.stakeholder_id}"
        payload = {"copy": copy.pk, "lane": f"news-{whose}"}
        key = f"{_prefix(row)}{copy.pk}"
        wishes.append(clockwork.Wish(SEND, key, payload, due_at=row.send_at, priority=2))
    clockwork.schedule_all(wishes)


def _prefix(row: Broadcast) -> str:
    return f"broadcast:{row.pk}:"


def call_off(row: Broadcast) -> bool:
    """Send no copy of a locked update; False if somebody may have one already."""
    mine = row.copies.filter(version=row.version)
    if mine.exclude(state=State.WAITING).exists():
        return False
    clockwork.cancel(prefix=_prefix(row))
    mine.update(state=State.WITHHELD, answer=_("it was changed"), ended_at=clockwork.now())
    return True


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one copy; return what to write when it was sent, or will never be.

    Raises:
        channels.NotSent, vault.Unreadable: if it did not leave; it is tried again later.
    """
    copy, why_not = _begin(payload["copy"])
    if copy is None:
        return lambda: None
    if why_not:
        return lambda: _end(copy, State.WITHHELD, why_not)
    try:
        answer = channels.send(Method.EMAIL, _message(copy))
    except channels.Bounced as error:
        said = str(error)
        return lambda: _bounced(copy, said)
    return lambda: _end(copy, State.SENT, answer)


@transaction.atomic
def _begin(pk: int) -> tuple[BroadcastCopy | None, str]:
    """Take up a copy that is wanted. From here on the update cannot be changed any more."""
    of = BroadcastCopy.objects.values_list("broadcast", flat=True).get(pk=pk)
    row = Broadcast.objects.select_for_update(no_key=True).get(pk=of)
    copy = BroadcastCopy.objects.select_related("person", "stakeholder", "subscription").get(pk=pk)
    copy.broadcast = row
    approved = row.state == Broadcast.State.APPROVED and row.version == copy.version
    if not approved or copy.state not in _OPEN:
        return None, ""
    why_not = _why_not(copy)
    if not why_not:
        copy.state, copy.attempts = State.SENDING, copy.attempts + 1
        copy.save(update_fields=["state", "attempts"])
    return copy, why_not


def _why_not(copy: BroadcastCopy) -> str:
    row = copy.broadcast
    if embargo.names_a_place(row.incident, f"{row.subject}\n{row.text}"):
        return _("it says where exposed data lie")
    if copy.stakeholder:
        return _("is listed no more") if copy.stakeholder.removed_at else ""
    assert copy.person
    if not mailing.address_of(copy.person):
        return _("has no address that works")
    if copy.subscription and not _wants(copy):
        return _("is not subscribed, or may not see the incident")
    return ""


def _wants(copy: BroadcastCopy) -> bool:
    assert copy.subscription
    if copy.subscription.ended_at or not copy.subscription.at_once:
        return False
    return _sees(copy)


def _sees(copy: BroadcastCopy) -> bool:
    return copy.person is not None and access.may(copy.person, "view", copy.broadcast.incident)


def _message(copy: BroadcastCopy) -> channels.Message:
    row, base = copy.broadcast, settings.ENVIRONMENT.url
    lines, leave = [row.text, ""], ""
    if _sees(copy):
        lines.append(f"{base}{reverse('incidents:detail', args=[row.incident.number])}")
    if copy.subscription:
        token = leaving.from_subscription(copy.subscription)
        leave = f"{base}{reverse('unsubscribe', args=[token])}"
        lines += [_("You get this because you subscribed to it. End it with one click:"), leave]
    elif copy.stakeholder:
        lines.append(_("Whoever sent you this can take you off their list: tell them."))
    address = copy.person.email if copy.person else ""
    if copy.stakeholder:
        address = copy.stakeholder.address
    return channels.Message(
        key=f"broadcast-{copy.pk}",
        address=address,
        secret="",
        thread=row.incident.codename,
        subject=f"[Andon] {row.incident.codename}: {row.subject}",
        text="\n".join([*lines, ""]),
        data={},
        unsubscribe=leave,
    )


def _bounced(copy: BroadcastCopy, said: str) -> None:
    if copy.person:
        working.bounced(copy.person, None)
    _end(copy, State.FAILED, said)


def _end(copy: BroadcastCopy, state: BroadcastCopy.State, answer: str) -> None:
    # Held, so that of two that end at once one is the last.
    row = Broadcast.objects.select_for_update(no_key=True).get(pk=copy.broadcast_id)
    copy.state, copy.answer, copy.ended_at = state, answer[:200], clockwork.now()
    copy.save(update_fields=["state", "answer", "ended_at"])
    if not row.copies.filter(version=copy.version, state__in=_OPEN).exists():
        for tell in _when_settled:
            tell(row.pk)


def give_up(payload: dict[str, Any]) -> None:
    """Note that a copy could not be sent at all; the others are not held up."""
    copy = BroadcastCopy.objects.get(pk=payload["copy"])
    if copy.state in _OPEN:
        said = _("the mail server did not take it, %(n)s times") % {"n": copy.attempts}
        _end(copy, State.FAILED, said)


def of_incident(incident: Incident) -> QuerySet[BroadcastCopy]:
    """Return the copies of the updates of an incident, the newest first, a hundred at most."""
    found = BroadcastCopy.objects.filter(broadcast__incident=incident)
    return found.select_related("broadcast", "person", "stakeholder").order_by("-pk")[:100]


def told(row: Broadcast) -> str:
    """Return who got a version and who did not, in a sentence each."""
    mine = list(row.copies.filter(version=row.version).select_related("person", "stakeholder"))
    got = [copy for copy in mine if copy.state == State.SENT]
    words = _("The update for stakeholders was sent to %(n)s of %(all)s.")
    lines = [words % {"n": len(got), "all": len(mine)}]
    lines += [f"{copy.name}: {copy.answer}" for copy in mine if copy not in got][:50]
    return "\n".join(lines)
