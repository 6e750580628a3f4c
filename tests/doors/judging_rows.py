"""Who may come in where incidents are assessed in full and rated a second time: as in rows.py."""

from tests.doors.rows import _OF, CONTRIBUTE, Row, act, both

ROWS: dict[str, Row] = {
    "incidents:assess": both(CONTRIBUTE, **_OF),
    "incidents:weigh-answers": act(CONTRIBUTE, **_OF),
}
API_ROWS: dict[str, Row] = {}
