"""Who may come in where the record is sealed, verified and given out: as in rows.py."""

from tests.doors.rows import _OF, EVERYBODY, MANAGE, RECORD, Row, act, both, read

ROWS: dict[str, Row] = {
    "record": read(RECORD),
    "record-live": read(RECORD),
    "record-verify": act(RECORD),
    "record-seal": act(RECORD),
    "record-checkpoint": read(RECORD, number="checkpoint"),
    "record-stamp": read(RECORD, number="checkpoint"),
    "record-verifier": read(EVERYBODY),
    "record-key": read(EVERYBODY),
    "incidents:bundles": read(MANAGE, **_OF),
    "incidents:ask-bundle": act(MANAGE, **_OF),
}
# A bundle is for whom it was made, whoever else manages the incident.
BY_SECRET = {"incidents:bundle-file", "api:bundle-file"}
API_ROWS: dict[str, Row] = {"api:bundles": both(MANAGE, MANAGE, ref="ref")}
