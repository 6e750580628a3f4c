"""Send people their digest, once a day or week at their own hour. Writes DigestPlan and Digest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from audit.models import Due
from notifications import digest_mail, digesting, mailing, periods, ways
from notifications.models import Digest, DigestPlan

PLAN, SEND = "notifications.plan_digests", "notifications.send_digest"
AN_HOUR = timedelta(hours=1)
# What was missed for longer than this, as nothing ran, is not told in one heap.
LONGEST = timedelta(days=31)
ENGINE = Actor.machine("engine")
Rhythm, State = DigestPlan.Rhythm, Digest.State
_FIELDS = ("rhythm", "hour", "weekday", "skips_empty", "by_function", "since")


class Refused(Exception):
    """It cannot be kept so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Wish:
    """When somebody wants the digest; `hour` and `weekday` (Monday is 0) by their own clock."""

    rhythm: str
    hour: int = 7
    weekday: int = 0
    skips_empty: bool = True


@transaction.atomic
def choose(person: User, wish: Wish, *, actor: Actor) -> DigestPlan:
    """Send a person the digest so from now on.

    Raises:
        Refused: if the wish cannot be kept; the message names the field.
    """
    if wish.rhythm not in Rhythm.values:
        raise Refused(_("rhythm: one of: %(all)s.") % {"all": ", ".join(Rhythm.values)})
    if not 0 <= wish.hour <= 23 or not 0 <= wish.weekday <= 6:
        raise Refused(_("hour: from 0 to 23, and a weekday from 0, Monday, to 6."))
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    plan = DigestPlan.objects.filter(person=person).first()
    there, plan = plan, plan or DigestPlan(person=person)
    plan.rhythm, plan.hour, plan.weekday = wish.rhythm, wish.hour, wish.weekday
    plan.skips_empty, plan.by_function, plan.since = wish.skips_empty, False, clockwork.now()
    if there:
        history.save(plan, *_FIELDS, actor=actor)
    else:
        history.save_new(plan, actor=actor)
    stream = trail.stream_of(person)
    trail.record("digest.chosen", plan, actor=actor, stream=stream, rhythm=wish.rhythm)
    look_after()
    return plan


def stop(person: User, *, actor: Actor) -> None:
    """Send a person no more of them. Safe to call again."""
    plan = DigestPlan.objects.filter(person=person).first()
    if plan is None or plan.rhythm != Rhythm.OFF:
        choose(person, Wish(Rhythm.OFF), actor=actor)


def ensure(person: User, *, actor: Actor) -> None:
    """Have a digest sent each day to whoever chose something for it and no rhythm yet."""
    plan = DigestPlan.objects.filter(person=person).first()
    if plan is None or plan.rhythm == Rhythm.OFF:
        choose(person, Wish(Rhythm.DAILY), actor=actor)


def look_after() -> None:
    """Have digests planned from now on. Safe to call again."""
    moment = clockwork.now()
    clockwork.schedule(PLAN, key=f"digests:{moment:%Y-%m-%dT%H}", payload={}, due_at=moment)


def plan(_payload: dict[str, Any]) -> None:
    """Write down each digest of the coming hour, and each that is late; look again in an hour."""
    now = clockwork.now()
    _let_leaders_have_one()
    newest: dict[int, datetime] = dict(Digest.objects.values_list("person").annotate(Max("until")))
    rows = []
    for each in _wanted().select_related("person"):
        period = periods.latest(_rhythm(each), now + AN_HOUR)
        since = _since(period, newest.get(each.person_id), now)
        # What ended before it was asked for is of before; what has no length was told already.
        if max(each.since, since) < period.until:
            rows.append(Digest(person=each.person, day=period.day, since=since, until=period.until))
    Digest.objects.bulk_create(rows, ignore_conflicts=True)
    clockwork.schedule_all([_wish(row) for row in rows])
    following = now.replace(minute=0, second=0, microsecond=0) + AN_HOUR
    clockwork.schedule(PLAN, key=f"digests:{following:%Y-%m-%dT%H}", payload={}, due_at=following)


def _let_leaders_have_one() -> None:
    """Whoever leads gets one each week, until they choose otherwise."""
    leaders = User.objects.filter(groups__name=Function.EXECUTIVE, is_active=True)
    for person in leaders.filter(digest_plan=None):
        plan = DigestPlan(person=person, rhythm=Rhythm.WEEKLY, by_function=True)
        plan.since = clockwork.now()
        history.save_new(plan, actor=ENGINE)


def _wanted() -> QuerySet[DigestPlan]:
    leads = Q(person__groups__name=Function.EXECUTIVE)
    found = DigestPlan.objects.filter(Q(by_function=False) | leads, person__is_active=True)
    return found.exclude(rhythm=Rhythm.OFF).distinct()


def _rhythm(plan: DigestPlan) -> periods.Rhythm:
    return periods.Rhythm(plan.rhythm, plan.hour, plan.weekday, ways.zone_of(plan.person))


def _since(period: periods.Period, newest: datetime | None, now: datetime) -> datetime:
    """From where the last one ended: whatever was down for a while, nothing is left out."""
    if newest is None or newest < now - LONGEST:
        return period.since
    return newest


def _wish(row: Digest) -> clockwork.Wish:
    payload = {"person": row.person_id, "day": row.day.isoformat()}
    payload["lane"] = f"news-{row.person_id}"
    key = f"digest:{row.person_id}:{row.day.isoformat()}"
    return clockwork.Wish(SEND, key, payload, due_at=row.until)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one digest, once; what is in it is asked at this moment.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    found = Digest.objects.filter(person=payload["person"], day=payload["day"])
    digest = found.select_related("person").first()
    if digest is None or digest.state != State.WAITING:
        return lambda: None
    plan = _wanted().filter(person=digest.person_id).first()
    address = mailing.address_of(digest.person)
    if plan is None or not address:
        return lambda: _end(digest, State.DROPPED)
    contents = digesting.of(digest.person, digest.since, digest.until)
    if contents.empty and plan.skips_empty:
        return lambda: _end(digest, State.EMPTY)
    write = mailing.send(digest.person, digest_mail.message(digest, address, contents))

    def sent() -> None:
        write()
        _end(digest, State.SENT)

    return sent


def _end(digest: Digest, state: Digest.State) -> None:
    digest.state, digest.ended_at = state, clockwork.now()
    digest.save(update_fields=["state", "ended_at"])


def period_now(person: User) -> tuple[datetime, datetime]:
    """Return what a preview is about: since the last digest, or a day or week, until now."""
    now = clockwork.now()
    last = Digest.objects.filter(person=person, until__lte=now).first()
    if last and last.until > now - LONGEST:
        return last.until, now
    plan = DigestPlan.objects.filter(person=person).first()
    return now - timedelta(days=7 if plan and plan.rhythm == Rhythm.WEEKLY else 1), now


def install(using: str, **_: Any) -> None:
    """Have digests planned, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {DigestPlan._meta.db_table, Due._meta.db_table}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        look_after()
