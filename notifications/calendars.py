"""Read calendars that others keep as layers of a rota. Writes RotaCalendar and CalendarShift.

What was read last and well counts until the next good reading, however often reading fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import resolving
from accounts.actors import Actor
from audit import clockwork, history
from notifications import agenda, confined, outbound, rotamail, rotas, vault
from notifications.agenda import Entry
from notifications.models import CalendarShift, Rota, RotaCalendar

READ = "notifications.read_calendar"
EACH = timedelta(hours=1)
# How far ahead shifts are kept: what is read each hour, and a file, which is read once.
AHEAD, AHEAD_OF_FILE = timedelta(days=90), timedelta(days=366)
MOST_CALENDARS = 5
MOST_UNKNOWN = 50
# Others' servers are restarted; owners hear of what lasts.
TOLD_AFTER = 3


@dataclass(frozen=True)
class Terms:
    """What a calendar is called, and where it counts among the layers."""

    name: str
    rank: int


def add(rota: Rota, terms: Terms, address: str, *, actor: Actor) -> RotaCalendar:
    """Have a calendar at an address read soon, and each hour from then on.

    Raises:
        Refused: if a term is wrong, or the address may not be called or leads inside.
    """
    if address.lower().startswith("webcal://"):
        address = f"https{address[6:]}"
    # Before the transaction: it asks the resolver of names.
    if wrong := resolving.why_not_kept(address):
        raise rotas.Refused(wrong)
    with transaction.atomic():
        calendar = _make(rota, terms, address, actor)
        read_later(calendar.pk, clockwork.now())
    return calendar


def add_file(rota: Rota, terms: Terms, content: bytes, *, actor: Actor) -> RotaCalendar:
    """Keep the shifts of the coming year of a calendar that was handed in.

    Raises:
        Refused: if a term is wrong, or the file is no calendar, too large or asks for too much.
    """
    now = clockwork.now()
    try:
        # Before the transaction: it may take seconds.
        found = confined.read(content, rota.zone, now, now + AHEAD_OF_FILE)
    except agenda.Unreadable as error:
        raise rotas.Refused(f"file: {error}") from error
    with transaction.atomic():
        calendar = _make(rota, terms, "", actor)
        _keep(calendar, found, now)
    calendar.refresh_from_db()
    return calendar


def _make(rota: Rota, terms: Terms, address: str, actor: Actor) -> RotaCalendar:
    rota = rotas.lock(rota)
    rotas.check_text(terms.name, "name", rotas.LONGEST_NAME)
    rotas.check_rank(terms.rank)
    if rotas.rank_taken(rota, terms.rank):
        raise rotas.Refused(f"rank: there is a layer of rank {terms.rank} already; choose another.")
    if rota.calendars.filter(removed_at=None).count() >= MOST_CALENDARS:
        raise rotas.Refused(f"name: a rota has at most {MOST_CALENDARS} calendars; remove one.")
    calendar = RotaCalendar(rota=rota, name=terms.name, rank=terms.rank, added_at=clockwork.now())
    calendar.address = address
    history.save_new(calendar, actor=actor)
    rotas.record("rota.calendar_added", rota, actor=actor, **_facts(calendar))
    return calendar


@transaction.atomic
def remove(calendar: RotaCalendar, *, actor: Actor) -> None:
    """Let a calendar count no more from now on.

    Raises:
        Refused: if it is removed already.
    """
    rota = rotas.lock(calendar.rota)
    calendar.refresh_from_db()
    if calendar.removed_at:
        raise rotas.Refused("calendar: is removed already; read the page again.")
    # Nobody reads it again, so nobody needs its address.
    calendar.removed_at, calendar.sealed_address = clockwork.now(), ""
    history.save(calendar, "removed_at", "sealed_address", actor=actor)
    rotas.record("rota.calendar_removed", rota, actor=actor, **_facts(calendar))


def read_later(pk: int, at: datetime) -> None:
    """Have a calendar read at a moment. The same minute is planned once."""
    payload = {"calendar": pk, "at": at.isoformat(), "lane": f"rota-calendar:{pk}"}
    key = f"rota-calendar:{pk}:{at:%Y-%m-%dT%H:%M}"
    clockwork.schedule(READ, key=key, payload=payload, due_at=at)


def _next(payload: dict[str, Any]) -> datetime:
    """An hour after it was due; after a time in which no engine ran, an hour from now."""
    now = clockwork.now()
    return max(datetime.fromisoformat(payload["at"]), now - EACH / 2) + EACH


def read(payload: dict[str, Any]) -> Callable[[], None]:
    """Read a calendar at its address; return what to write of it. Never raises for what it says."""
    found = RotaCalendar.objects.filter(removed_at=None, rota__retired_at=None)
    calendar = found.select_related("rota").filter(pk=payload["calendar"]).first()
    if calendar is None or not calendar.sealed_address:
        return lambda: None
    now = clockwork.now()
    try:
        content = outbound.fetch(calendar.address, most=agenda.MOST_BYTES)
        entries = confined.read(content, calendar.rota.zone, now, now + AHEAD)
    except outbound.NotReached as error:
        why = f"The address was not reached: {error}."
    except (agenda.Unreadable, vault.Unreadable) as error:
        why = str(error)
    else:
        return lambda: _came(payload, entries, now)
    return lambda: _failed(payload, why)


def give_up(payload: dict[str, Any]) -> None:
    """What cannot be handled at all counts as a failure, and is tried again in an hour."""
    _failed(payload, "An error of ours; whoever runs Andon finds it in the log.")


def _locked(pk: int) -> RotaCalendar | None:
    found = RotaCalendar.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("rota").filter(pk=pk, removed_at=None).first()


def _failed(payload: dict[str, Any], why: str) -> None:
    calendar = _locked(payload["calendar"])
    if calendar is None:
        return
    now = clockwork.now()
    failures = min(calendar.failures + 1, 30_000)
    # No history: it is no change that anybody made.
    RotaCalendar.objects.filter(pk=calendar.pk).update(
        failure=why[:300], failures=failures, tried_at=now
    )
    read_later(calendar.pk, _next(payload))
    if failures == TOLD_AFTER:
        since = calendar.read_at or calendar.added_at
        rotamail.tell(
            rotamail.keepers(calendar.rota),
            calendar.rota,
            key=f"calendar-{calendar.pk}-failed-{since:%Y%m%d%H%M%S}",
            subject=f"the calendar {calendar.name} cannot be read",
            said=f"the calendar {calendar.name} could not be read {TOLD_AFTER} times: {why} What "
            "was read before goes on counting. It is tried each hour.",
        )


def _came(payload: dict[str, Any], entries: list[Entry], now: datetime) -> None:
    calendar = _locked(payload["calendar"])
    if calendar:
        _keep(calendar, entries, now)
        read_later(calendar.pk, _next(payload))


def _keep(calendar: RotaCalendar, entries: list[Entry], now: datetime) -> None:
    """Put what was read in the place of the shifts to come; what is past stays as it was."""
    people = _people({name for entry in entries for name in entry.named})
    wanted = {
        (people[name.casefold()], max(entry.start, now), entry.end)
        for entry in entries
        for name in entry.named
        if name.casefold() in people
    }
    _replace(calendar, wanted, now)
    unknown = {name for entry in entries for name in entry.named if name.casefold() not in people}
    RotaCalendar.objects.filter(pk=calendar.pk).update(
        unknown=sorted(unknown)[:MOST_UNKNOWN], failure="", failures=0, read_at=now, tried_at=now
    )


Wanted = set[tuple[int, datetime, datetime]]


def _replace(calendar: RotaCalendar, wanted: Wanted, now: datetime) -> None:
    held = calendar.shifts.filter(ends_at__gt=now)
    there = {(row.person_id, max(row.starts_at, now), row.ends_at): row for row in held}
    for key, row in there.items():
        if key not in wanted and row.starts_at < now:
            row.ends_at = now
            row.save(update_fields=["ends_at"])
    gone = [row.pk for key, row in there.items() if key not in wanted and row.starts_at >= now]
    calendar.shifts.filter(pk__in=gone).delete()
    CalendarShift.objects.bulk_create(
        CalendarShift(calendar=calendar, person_id=person, starts_at=start, ends_at=end)
        for person, start, end in sorted(wanted - there.keys())
    )


def _people(names: set[str]) -> dict[str, int]:
    """Return who is meant by these addresses, user names or full names, among whom may be there."""
    wanted = {name.casefold() for name in names}
    found: dict[str, int] = {}
    twice = set()
    for person in rotas.who_may_be_on_call():
        for name in {person.email.casefold(), person.username.casefold(), person.name.casefold()}:
            if name in wanted and found.setdefault(name, person.pk) != person.pk:
                twice.add(name)
    # A name that two people have says nothing.
    return {name: pk for name, pk in found.items() if name not in twice}


def _facts(calendar: RotaCalendar) -> dict[str, object]:
    return {"calendar": calendar.pk, "name": calendar.name, "rank": calendar.rank}
