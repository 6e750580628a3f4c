"""Who may come in where leadership looks, and where operators look after the house."""

from tests.doors.rows import _OF, LEADS, TENDS, VIEW, Row, act, both, read

ROWS: dict[str, Row] = {
    "operations": read(TENDS),
    "incidents:leadership": read(LEADS),
    "incidents:behind": read(LEADS, what="incidents"),
    "incidents:figures-csv": read(LEADS),
    "incidents:figures-json": read(LEADS),
    "incidents:brief": read(VIEW, **_OF),
    "incidents:compare": read(VIEW, **_OF),
    "incidents:boards": both(LEADS),
    "incidents:revoke-board": act(LEADS, pk="board"),
}
# Opened by the secret in its address.
BY_SECRET = {"incidents:wall", "api:wall"}
API_ROWS: dict[str, Row] = {
    "api:figures": read(LEADS),
    "api:boards": both(LEADS),
    "api:end-board": act(LEADS, board="board"),
    "api:brief": read(VIEW, ref="ref"),
}
