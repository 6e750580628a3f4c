"""Who is told, by what means, and every attempt to tell them until somebody answers."""

from notifications.models.broadcasting import Broadcast, BroadcastCopy, Stakeholder
from notifications.models.connecting import Connection, Counterpart, Reply
from notifications.models.contacting import ContactMethod, ContactTry, Method
from notifications.models.escalating import Escalation, Page, PageAttempt
from notifications.models.policies import (
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    PolicyGap,
    PolicyVersion,
)
from notifications.models.rooms import Room
from notifications.models.rotas import (
    CalendarFeed,
    CalendarShift,
    Override,
    Rota,
    RotaCalendar,
    RotaGap,
    RotaLayer,
    Swap,
)
from notifications.models.telling import Digest, DigestPlan, News, Subscription

__all__ = [
    "Broadcast",
    "BroadcastCopy",
    "CalendarFeed",
    "CalendarShift",
    "Connection",
    "ContactMethod",
    "ContactTry",
    "Counterpart",
    "Digest",
    "DigestPlan",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "EscalationTarget",
    "Method",
    "News",
    "Override",
    "Page",
    "PageAttempt",
    "PolicyGap",
    "PolicyVersion",
    "Reply",
    "Room",
    "Rota",
    "RotaCalendar",
    "RotaGap",
    "RotaLayer",
    "Stakeholder",
    "Subscription",
    "Swap",
]
