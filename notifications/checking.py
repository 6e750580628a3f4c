"""Look each day whether rooms and services still take what is sent, as quietly as each allows.

Where asking would be read by people nothing is sent; pages say when something was taken last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from audit import clockwork, reconciling
from audit.models import Due
from audit.reconciling import Found
from notifications import channels, connecting, lookmail, vault, workspaces
from notifications.models import Connection, Room

SWEEP, LOOK = "notifications.look_at_places", "notifications.look_at_room"
DAY = timedelta(days=1)


def sweep(payload: dict[str, Any]) -> None:
    """Have each room and each bot looked at, and all of them again a day later."""
    day = payload["at"][:10]
    plan(last=payload["at"])
    for room in rooms_in_use():
        if is_tested(room):
            lane = {"room": room.pk, "lane": f"room-{room.pk}"}
            clockwork.schedule(LOOK, key=f"room-look:{room.pk}:{day}", payload=lane)
    for bot in connections_in_use().exclude(sealed_token=""):
        lane = {"connection": bot.pk, "lane": "slack"}
        clockwork.schedule(connecting.LOOK, key=f"connection-look:{bot.pk}:{day}", payload=lane)


def plan(*, last: str = "") -> None:
    """Have all looked at a day from now, or from the last time. Safe to call again."""
    now = clockwork.now()
    due = max(datetime.fromisoformat(last) if last else now, now - DAY) + DAY
    key, payload = f"places:{due:%Y-%m-%d}", {"at": due.isoformat()}
    clockwork.schedule(SWEEP, key=key, payload=payload, due_at=due)


def rooms_in_use() -> list[Room]:
    return list(Room.objects.filter(retired_at=None).order_by("name", "pk"))


def connections_in_use() -> QuerySet[Connection]:
    return Connection.objects.filter(retired_at=None).order_by("name", "pk")


def is_tested(room: Room) -> bool:
    """True if a room can be asked without anybody there reading it."""
    try:
        return channels.may_look(room.method, room.address)
    except vault.Unreadable:
        # What cannot even be opened fails its test, and is seen by that.
        return True


def look(payload: dict[str, Any]) -> Callable[[], None]:
    """Ask whether a room would take something; return what to write if so.

    Raises:
        channels.NotSent, vault.Unreadable: if not; it is tried again.
    """
    room = Room.objects.get(pk=payload["room"])
    if room.retired_at:
        return lambda: None
    try:
        channels.look(room.method, _message(room))
    except (channels.NotSent, vault.Unreadable) as error:
        _failed(room, str(error))
        raise
    return lambda: _works(room)


def _message(room: Room) -> channels.Message:
    return channels.Message(
        key=f"room-look-{room.pk}-{clockwork.now():%Y%m%d%H%M%S%f}",
        address=room.address,
        secret=workspaces.secret_for(room.method, room),
        thread=f"room:{room.pk}",
        subject="[Andon] This is a test",
        text="This is a test. There is nothing to do.\n",
        data={"test": True},
        kind="look",
    )


def _works(room: Room) -> None:
    same = Room.objects.filter(pk=room.pk)
    same.update(tested_at=Now(), last_failure="", failing_since=None)


def _failed(room: Room, why: str) -> None:
    same = Room.objects.filter(pk=room.pk)
    same.update(tested_at=Now(), last_failure_at=Now(), last_failure=why[:200])
    # What was taken since then ended the failure before.
    if room.failing_since is None or (room.last_success_at or room.made_at) > room.failing_since:
        same.update(failing_since=Now())


def give_up(payload: dict[str, Any]) -> None:
    """A room did not answer at all: operators hear of it, once until it does again."""
    room = Room.objects.get(pk=payload["room"])
    since = f"{room.failing_since:%Y%m%d%H%M%S%f}" if room.failing_since else ""
    lookmail.tell_of_place(
        f"room-{room.pk}-{since}",
        what=f"The room {room.name}",
        where=f"{room.get_method_display()} {room.hint}",
        answer=room.last_failure,
        path=reverse("room", args=[room.pk]),
    )


def give_up_bot(payload: dict[str, Any]) -> None:
    """The same of the bot of a workspace."""
    bot = Connection.objects.get(pk=payload["connection"])
    since = f"{bot.failing_since:%Y%m%d%H%M%S%f}" if bot.failing_since else ""
    lookmail.tell_of_place(
        f"connection-{bot.pk}-{since}",
        what=f"The connection {bot.name}",
        where=f"{bot.get_kind_display()}'s bot",
        answer=bot.test_failure,
        path=reverse("connection", args=[bot.pk]),
    )


@dataclass(frozen=True)
class Place:
    """A room or a service as it stands: what its last test or delivery said, and when that was.

    One that `hears` is sent nothing; `taken_at` is then when something last came from there.
    """

    name: str
    kind: str
    url: str
    failure: str
    is_tested: bool
    tested_at: datetime | None
    taken_at: datetime | None
    hears: bool = False


def places() -> list[Place]:
    """Return all rooms and services that are in use, those that fail first."""
    found = [_of_room(room) for room in rooms_in_use()]
    found += [_of_connection(each) for each in connections_in_use()]
    return sorted(found, key=lambda place: not place.failure)


def _of_room(room: Room) -> Place:
    return Place(
        room.name,
        room.get_method_display(),
        reverse("room", args=[room.pk]),
        room.last_failure,
        is_tested(room),
        room.tested_at,
        room.last_success_at,
    )


def _of_connection(each: Connection) -> Place:
    return Place(
        each.name,
        each.get_kind_display(),
        reverse("connection", args=[each.pk]),
        each.test_failure,
        bool(each.sealed_token),
        each.tested_at,
        each.last_heard_at,
        hears=True,
    )


@reconciling.check("rooms forgotten")
def forgotten() -> Iterator[Found]:
    """Rooms and services that nobody would look at again."""
    if Due.objects.waiting().filter(kind=SWEEP).exists():
        return
    if rooms_in_use() or connections_in_use().exists():
        plan()
        yield Found("rooms", "rooms and services were not looked at any more", mended=True)


def install(using: str, **_: Any) -> None:
    """Have all looked at from tomorrow on, after `migrate`. Doing it again changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the table is not there.
    there = set(connections[using].introspection.table_names())
    if using != DEFAULT_DB_ALIAS or Due._meta.db_table not in there:
        return
    if not Due.objects.waiting().filter(kind=SWEEP).exists():
        plan()
