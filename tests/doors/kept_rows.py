"""Doors to what operators keep: people, services that talk back, rooms; and what rings."""

from tests.doors.rows import KEEPS, MACHINES, SIGNED_IN, Row, act, both, read

ROWS: dict[str, Row] = {
    "people": read(KEEPS),
    "invite-person": both(KEEPS),
    "person": read(KEEPS, pk="person"),
    "invite-again": act(KEEPS, pk="person"),
    "set-functions": act(KEEPS, pk="person"),
    "deactivate-person": act(KEEPS, pk="person"),
    "reset-factors": act(KEEPS, pk="person"),
    "teams": read(KEEPS),
    "make-team": act(KEEPS),
    "team": read(KEEPS, pk="team"),
    "put-into-team": act(KEEPS, pk="team"),
    "take-out-of-team": act(KEEPS, pk="team"),
    "connections": both(KEEPS),
    "connection": read(KEEPS, pk="connection"),
    "connection-act": act(KEEPS, pk="connection"),
    "rooms": both(KEEPS),
    "room": read(KEEPS, pk="room"),
    "room-act": act(KEEPS, pk="room"),
    "paged": read(SIGNED_IN),
    "resend-stop-page": act(MACHINES, slug="slug", generation="generation", pk="stop_page"),
}
# Opened by the signature of a service.
BY_SECRET = {"api:pagerduty_says", "api:slack_says"}
