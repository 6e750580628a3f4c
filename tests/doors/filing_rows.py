"""Who may come in where breaches are registered, imported, exported and told of: as in rows.py."""

from tests.doors.rows import _OF, APPROVE, CONTRIBUTE, SIGNED_IN, VIEW, Row, _who, act, both, read

REGISTER = _who(
    "privacy officers, counsel and auditors",
    *("privacy_officer", "legal", "auditor"),
    sees=SIGNED_IN,
)
ROWS: dict[str, Row] = {
    "incidents:register": read(REGISTER),
    "incidents:export-register": act(REGISTER),
    "incidents:veris": read(VIEW, **_OF),
    "incidents:drafts": both(VIEW, CONTRIBUTE, **_OF),
    "incidents:draft": read(VIEW, **_OF, pk="draft"),
    "incidents:write-draft": act(CONTRIBUTE, **_OF, pk="draft"),
    "incidents:draft-version": read(VIEW, **_OF, pk="draft", version="first"),
    "incidents:draft-markdown": read(VIEW, **_OF, pk="draft", version="first"),
    # Whoever may only read may have a role by which they approve; the domain says who may.
    "incidents:approve-draft": act(VIEW, **_OF, pk="draft", version="first"),
    "incidents:imports": both(APPROVE),
    "incidents:import": read(APPROVE, pk="import"),
    "incidents:import-columns": act(APPROVE, pk="import"),
    "incidents:import-act": act(APPROVE, pk="import", how="drop"),
    "incidents:import-rejects": read(APPROVE, pk="import"),
}
API_ROWS: dict[str, Row] = {
    "api:drafts": both(VIEW, CONTRIBUTE, ref="ref"),
    "api:draft": both(VIEW, CONTRIBUTE, ref="ref", draft="draft"),
    "api:get_draft_version": read(VIEW, ref="ref", draft="draft", version="first"),
    "api:get_draft_markdown": read(VIEW, ref="ref", draft="draft", version="first"),
    "api:approve_draft": act(VIEW, ref="ref", draft="draft", version="first"),
    "api:imports": both(APPROVE),
    "api:import": read(APPROVE, run="import"),
    "api:preview_import": read(APPROVE, run="import"),
    "api:choose_columns": act(APPROVE, run="import"),
    "api:begin_import": act(APPROVE, run="import"),
    "api:drop_import": act(APPROVE, run="import"),
    "api:get_rejects": read(APPROVE, run="import"),
    "api:list_register": read(REGISTER),
    "api:incident_as_veris": read(VIEW, ref="ref"),
    "api:list_veris": read(SIGNED_IN),
}
