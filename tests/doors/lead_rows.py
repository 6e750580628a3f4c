"""Who may come in where leadership looks, and where operators look after the house."""

from tests.doors.rows import LEADS, Row, read

ROWS: dict[str, Row] = {
    "incidents:leadership": read(LEADS),
    "incidents:behind": read(LEADS, what="incidents"),
    "incidents:figures-csv": read(LEADS),
    "incidents:figures-json": read(LEADS),
}
API_ROWS: dict[str, Row] = {
    "api:figures": read(LEADS),
}
