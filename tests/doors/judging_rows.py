"""Who may come in where incidents are assessed in full and rated a second time: as in rows.py."""

from tests.doors.rows import (
    _OF,
    CONTRIBUTE,
    MANAGE,
    SIGNED_IN,
    VIEW,
    Row,
    _who,
    act,
    both,
    read,
)

RATER = _who("whoever was asked for the rating", "rater")
# Whoever may read the incident cannot rate it blindly.
VOLUNTEERS = _who(
    "responders, commanders, security, privacy officers and counsel who may not read the incident",
    *("responder", "security", "legal", "rater"),
)
ROWS: dict[str, Row] = {
    "incidents:assess": both(CONTRIBUTE, **_OF),
    "incidents:weigh-answers": act(CONTRIBUTE, **_OF),
    "incidents:ask-rating": act(MANAGE, **_OF),
    "incidents:call-off-rating": act(MANAGE, **_OF, pk="rating"),
    "incidents:ratings": read(SIGNED_IN),
    "incidents:rating": both(RATER, pk="rating"),
    "incidents:decline-rating": act(RATER, pk="rating"),
    "incidents:take-rating": act(VOLUNTEERS, pk="offered"),
    "incidents:calibration": read(SIGNED_IN),
}
API_ROWS: dict[str, Row] = {
    "api:get_calibration": read(SIGNED_IN),
    "api:assessment": both(VIEW, CONTRIBUTE, ref="ref"),
    "api:list_proposals": read(VIEW, ref="ref"),
    "api:confirm_proposal": act(MANAGE, ref="ref", proposal="proposal"),
    "api:withdraw_proposal": act(MANAGE, ref="ref", proposal="proposal"),
    "api:list_own_firings": read(VIEW, ref="ref"),
    "api:veto_firing": act(MANAGE, ref="ref", firing="firing"),
    "api:allow_firing": act(MANAGE, ref="ref", firing="firing"),
    "api:merge": both(MANAGE, ref="ref"),
}
