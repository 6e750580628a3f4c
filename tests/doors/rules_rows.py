"""Who may come in where rules are read, written, and asked why they acted: as in rows.py."""

from dataclasses import replace

from tests.doors.rows import EDITORS, FUNCTIONED, MANAGE, ROTAS, VIEW, Row, act, both, read

_OF = {"number": "number"}
_RULE = {"rule": "rule"}
_VERSION = _RULE | {"number": "rule_version"}
# By the API whoever may not read them is told that there is nothing.
_EDITS = replace(EDITORS, sees=ROTAS.names)
ROWS: dict[str, Row] = {
    "incidents:thresholds": read(FUNCTIONED),
    "incidents:threshold-new": both(EDITORS),
    "incidents:firings": read(FUNCTIONED),
    "incidents:threshold": read(FUNCTIONED, **_RULE),
    "incidents:threshold-edit": both(EDITORS, **_RULE),
    "incidents:threshold-retire": act(EDITORS, **_RULE),
    "incidents:threshold-publish": act(EDITORS, **_VERSION),
    "incidents:threshold-withdraw": act(EDITORS, **_VERSION),
    "incidents:rule-sets": read(FUNCTIONED),
    "incidents:rule-set-new": both(EDITORS),
    "incidents:rule-set": read(FUNCTIONED, version="rule_set"),
    "incidents:rule-set-publish": act(EDITORS, version="rule_set"),
    "incidents:rule-set-withdraw": act(EDITORS, version="rule_set"),
    "incidents:explain": read(VIEW, **_OF),
    "incidents:allow": act(MANAGE, **_OF, pk="firing"),
}
API_ROWS: dict[str, Row] = {
    "api:list_books": read(ROTAS),
    "api:get_book": both(ROTAS, _EDITS, runbook="runbook"),
    "api:retire_book": act(_EDITS, runbook="runbook"),
    "api:publish_book": act(_EDITS, runbook="runbook", number="version"),
    "api:withdraw_book": act(_EDITS, runbook="runbook", number="version"),
    "api:list_thresholds": read(ROTAS),
    "api:list_firings": read(ROTAS),
    "api:list_versions": both(ROTAS, _EDITS, rule="rule"),
    "api:publish_threshold": act(_EDITS, rule="rule"),
    "api:propose_rule_set": both(ROTAS, _EDITS),
    "api:get_rule_set": read(ROTAS, version="rule_set"),
    "api:publish_rule_set": act(_EDITS, version="rule_set"),
    "api:explain_rules": read(VIEW, ref="ref"),
}
API_ALIASES = {
    "api:propose_threshold": "api:list_versions",
    "api:propose_book": "api:get_book",
    "api:list_rule_sets": "api:propose_rule_set",
}
