"""Who is told, by what means, and every attempt to tell them until somebody answers."""

from notifications.models.contacting import ContactMethod, ContactTry, Method
from notifications.models.escalating import Escalation, Page, PageAttempt
from notifications.models.policies import EscalationPolicy, EscalationStep, EscalationTarget

__all__ = [
    "ContactMethod",
    "ContactTry",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "EscalationTarget",
    "Method",
    "Page",
    "PageAttempt",
]
