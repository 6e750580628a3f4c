"""Tell others what became true, after it is true for good.

The only module that writes OutboxEvent.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from audit import clockwork
from audit.gathering import OutsideTransaction, Turn, write_soon
from audit.models import OutboxEvent

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
            clockwork.Wish(kind, f"event:{event.pk}:{kind}", event.payload, priority=priority)
            for event, priority in rows
            for kind in _subscriptions.get(event.topic, ())
        ]
    )


def on(topic: str, *, name: str) -> Callable[[Subscriber], Subscriber]:
    """Register a subscriber.

    It runs in a transaction of its own, which also marks it done: exactly once.
    """

    def register(subscriber: Subscriber) -> Subscriber:
        clockwork.within_transaction(name)(subscriber)
        _subscriptions.setdefault(topic, []).append(name)
        return subscriber

    return register
