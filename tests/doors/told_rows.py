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


def join(
    rows: dict[str, Row],
    by_secret: set[str],
    api_rows: dict[str, Row] | None = None,
    api_aliases: dict[str, str] | None = None,
) -> None:
    """Put these beside the others."""
    rows.update(ROWS)
    by_secret.update(BY_SECRET)
    if api_rows is not None and api_aliases is not None:
        join_api(api_rows, api_aliases)


def join_api(api_rows: dict[str, Row], api_aliases: dict[str, str]) -> None:
    """Put those of the API beside the others."""
    api_rows.update(API_ROWS)
    api_aliases.update(API_ALIASES)
