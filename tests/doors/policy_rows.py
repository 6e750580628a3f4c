"""Who may come in where policies are read and written, and people paged by hand: as in rows.py."""

from tests.doors.rows import CONTRIBUTE, MAKE_ROTAS, ROTAS, Row, act, both, read

ROWS: dict[str, Row] = {
    "hand-over": act(CONTRIBUTE, number="number"),
    "snooze": act(CONTRIBUTE, number="number"),
    "escalate": act(CONTRIBUTE, number="number"),
    "page-person": act(CONTRIBUTE, number="number"),
    "policies": read(ROTAS),
    "dry-run": read(ROTAS),
    "policy": read(ROTAS, pk="policy"),
    "policy-history": read(ROTAS, pk="policy"),
    "policy-new": both(MAKE_ROTAS),
    "policy-edit": both(MAKE_ROTAS, pk="policy"),
    "policy-retire": act(MAKE_ROTAS, pk="policy"),
}
API_ROWS: dict[str, Row] = {
    "api:hand_over": act(CONTRIBUTE, ref="ref"),
    "api:snooze": act(CONTRIBUTE, ref="ref"),
    "api:escalate": act(CONTRIBUTE, ref="ref"),
    "api:page_person": act(CONTRIBUTE, ref="ref"),
    "api:make_policy": both(ROTAS, MAKE_ROTAS),
    "api:get_policy": read(ROTAS, id="policy"),
    "api:retire_policy": act(MAKE_ROTAS, id="policy"),
    "api:dry_run": read(ROTAS),
}
API_ALIASES = {"api:list_policies": "api:make_policy", "api:change_policy": "api:get_policy"}
