"""Who may come in where people are kept, say how they are told, and see what they were."""

from tests.doors.rows import (
    _OF,
    CONTRIBUTE,
    KEEPS,
    MANAGE,
    SIGNED_IN,
    TENDS,
    VIEW,
    Row,
    act,
    both,
    read,
)

_R = {"ref": "ref"}
ROWS: dict[str, Row] = {
    "people": read(KEEPS),
    "invite-person": both(KEEPS),
    "person": read(KEEPS, pk="person"),
    "invite-again": act(KEEPS, pk="person"),
    "set-functions": act(KEEPS, pk="person"),
    "deactivate-person": act(KEEPS, pk="person"),
    "reset-factors": act(KEEPS, pk="person"),
    "contacts": both(SIGNED_IN),
    "deliveries": read(TENDS),
    "incident-deliveries": read(VIEW, **_OF),
    "resend-page": act(MANAGE, **_OF, pk="page"),
    "subscriptions": both(SIGNED_IN),
    "digest": both(SIGNED_IN),
    "stakeholders": both(KEEPS),
    "remove-stakeholder": act(KEEPS, pk="stakeholder"),
    "broadcasts": both(VIEW, CONTRIBUTE, **_OF),
    "broadcast": both(VIEW, CONTRIBUTE, **_OF, pk="broadcast"),
    "decide-broadcast": act(MANAGE, **_OF, pk="broadcast"),
    "withdraw-broadcast": act(CONTRIBUTE, **_OF, pk="broadcast"),
}
BY_SECRET = {"subscription", "end-subscription", "unsubscribe"}
API_ROWS: dict[str, Row] = {
    "api:list_broadcasts": read(VIEW, **_R),
    "api:approve_broadcast": act(MANAGE, **_R, broadcast="broadcast"),
    "api:return_broadcast": act(MANAGE, **_R, broadcast="broadcast"),
}
API_ALIASES = {"api:draft_broadcast": "api:list_broadcasts"}
