"""Who is told, by what means, and every attempt to tell them until somebody answers."""

from notifications.models.contacting import ContactMethod, Method
from notifications.models.escalating import (
    Escalation,
    EscalationPolicy,
    EscalationStep,
    Page,
    PageAttempt,
)

__all__ = [
    "ContactMethod",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "Method",
    "Page",
    "PageAttempt",
]
