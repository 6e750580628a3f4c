"""Who may come in where the record is sealed, verified and given out: as in rows.py."""

from tests.doors.rows import EVERYBODY, RECORD, Row, act, read

ROWS: dict[str, Row] = {
    "record": read(RECORD),
    "record-live": read(RECORD),
    "record-verify": act(RECORD),
    "record-seal": act(RECORD),
    "record-checkpoint": read(RECORD, number="checkpoint"),
    "record-stamp": read(RECORD, number="checkpoint"),
    "record-verifier": read(EVERYBODY),
    "record-key": read(EVERYBODY),
}
