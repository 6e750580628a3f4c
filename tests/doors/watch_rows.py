"""Who may come in where it is declared and looked up who reads a dataset: as in rows.py."""

from tests.doors.rows import (
    _OF,
    _P,
    CONTRIBUTE,
    MACHINES,
    RUN,
    VIEW,
    Row,
    act,
    both,
    read,
)

_D = {**_P, "dataset": "dataset"}
_S = {**_D, "pk": "watch_source"}
ROWS: dict[str, Row] = {
    "incidents:access-logs": both(VIEW, CONTRIBUTE, **_OF, pk="exposure"),
    "programs:dataset": read(MACHINES, **_D),
    "programs:declare-audience": both(RUN, **_D),
    "programs:add-source": both(RUN, **_D),
    "programs:source": both(MACHINES, RUN, **_S),
    "programs:look-now": act(RUN, **_S),
    "programs:switch-source": act(RUN, **_S),
    "programs:send-readers": act(RUN, **_S),
    "programs:look": read(MACHINES, **_S, look="look"),
}
API_ROWS: dict[str, Row] = {
    "api:get_audience": read(MACHINES, **_D),
    "api:list_looks": read(MACHINES, **_D),
    "api:send_readers": act(RUN, **_D, source="watch_source"),
}
API_ALIASES = {"api:declare_audience": "api:get_audience"}
