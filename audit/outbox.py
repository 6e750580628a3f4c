"""Tell others what became true, after it is true for good.

The only module that writes OutboxEvent.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from audit import clockwork
from audit.gathering import OutsideTransaction, Turn, write_soon
from audit.models import Due, OutboxEvent

Subscriber = Callable[[dict[str, Any]], None]
_subscriptions: dict[str, list[str]] = {}


def publish(topic: str, *, priority: int = 5, **payload: Any) -> OutboxEvent:
    """Store an event that becomes visible if, and only if, the caller commits.

    Each subscriber gets a due row of its own, so that one that fails neither
    holds up nor repeats the others.

    Raises:
        OutsideTransaction: if there is no transaction around the call.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(f"publish({topic!r}) needs transaction.atomic() around it")
    event = OutboxEvent(topic=topic, payload=payload)
    write_soon(_write, (event, priority), turn=Turn.EVENTS)
    return event


def _write(rows: list[tuple[OutboxEvent, int]]) -> None:
    OutboxEvent.objects.bulk_create([event for event, _ in rows])
    clockwork.schedule_all(
        [
            clockwork.Wish(kind, _key(event, kind), event.payload, priority=priority)
            for event, priority in rows
            for kind in _subscriptions.get(event.topic, ())
        ]
    )


def missing(events: Sequence[OutboxEvent]) -> list[tuple[OutboxEvent, str]]:
    """Return each event with each kind of work of a subscriber that was never made for it."""
    wanted = {
        _key(event, kind): (event, kind)
        for event in events
        for kind in _subscriptions.get(event.topic, ())
    }
    there = set(Due.objects.filter(key__in=wanted).values_list("key", flat=True))
    return [pair for key, pair in wanted.items() if key not in there]


def send_again(event: OutboxEvent, kind: str) -> None:
    """Make the work of one subscriber for an event, unless it is there."""
    clockwork.schedule(kind, key=_key(event, kind), payload=event.payload)


def _key(event: OutboxEvent, kind: str) -> str:
    return f"event:{event.pk}:{kind}"


def on(topic: str, *, name: str) -> Callable[[Subscriber], Subscriber]:
    """Register a subscriber.

    It runs in a transaction of its own, which also marks it done: exactly once.
    """

    def register(subscriber: Subscriber) -> Subscriber:
        clockwork.within_transaction(name)(subscriber)
        _subscriptions.setdefault(topic, []).append(name)
        return subscriber

    return register
