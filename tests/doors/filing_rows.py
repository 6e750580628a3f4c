"""Who may come in where breaches are registered, imported, exported and told of: as in rows.py."""

from tests.doors.rows import SIGNED_IN, Row, _who, act, read

REGISTER = _who(
    "privacy officers, counsel and auditors",
    *("privacy_officer", "legal", "auditor"),
    sees=SIGNED_IN,
)
ROWS: dict[str, Row] = {
    "incidents:register": read(REGISTER),
    "incidents:export-register": act(REGISTER),
}
API_ROWS: dict[str, Row] = {"api:list_register": read(REGISTER)}
