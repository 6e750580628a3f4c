"""Who may come in at which address of the API: one row for each, as in rows.py."""

from tests.doors.rows import (
    _C,
    _P,
    BOTH,
    CONTRIBUTE,
    HOLD,
    MACHINES,
    MANAGE,
    MEASURES,
    OWN_ROLE,
    ROTAS,
    SIGNED_IN,
    TENDS,
    VIEW,
    Row,
    act,
    both,
    read,
)

_R = {"ref": "ref"}
API_ROWS: dict[str, Row] = {
    "api:report_incident": both(SIGNED_IN),
    "api:get_incident": read(VIEW, **_R),
    "api:list_timeline": read(VIEW, **_R),
    "api:exposures": both(VIEW, CONTRIBUTE, **_R),
    "api:list_obligations": read(VIEW, **_R),
    "api:set_legal_event": act(CONTRIBUTE, **_R),
    "api:state_legal_facts": act(CONTRIBUTE, **_R),
    "api:list_pages": read(VIEW, **_R),
    "api:evidence": both(VIEW, CONTRIBUTE, **_R),
    "api:correct_entry": act(CONTRIBUTE, **_R, entry="entry"),
    "api:pin_entry": act(CONTRIBUTE, **_R, entry="entry"),
    "api:tasks": both(VIEW, CONTRIBUTE, **_R),
    "api:change_task": act(CONTRIBUTE, **_R, task="task"),
    "api:settle_task": act(CONTRIBUTE, **_R, task="task"),
    "api:relations": both(VIEW, CONTRIBUTE, **_R),
    "api:end_relation": act(BOTH, **_R, relation="relation"),
    "api:access": both(VIEW, MANAGE, **_R),
    "api:end_access": act(MANAGE, **_R, grant="grant"),
    "api:roles": both(VIEW, MANAGE, **_R),
    "api:leave_role": act(OWN_ROLE, **_R, role="role"),
    "api:review": both(VIEW, CONTRIBUTE, **_R),
    "api:get_review_version": read(VIEW, **_R, version="written"),
    "api:publish_review": act(MANAGE, **_R, version="written"),
    "api:items": both(VIEW, CONTRIBUTE, **_R),
    "api:change_item": act(CONTRIBUTE, **_R, item="item"),
    # Whoever may only read may own one and say that it is done; the domain says who may do what.
    "api:settle_item": act(VIEW, **_R, item="item"),
    "api:correct_exposure": act(CONTRIBUTE, **_R, exposure="exposure"),
    "api:verify_exposure": act(MANAGE, **_R, exposure="exposure"),
    "api:evidence-file": read(VIEW, **_R, evidence="evidence"),
    "api:list_steps": read(VIEW, **_R),
    "api:mark_step": act(CONTRIBUTE, **_R, step="step"),
    "api:confirm_gate": act(CONTRIBUTE, **_R, step="step"),
    "api:note_step": act(CONTRIBUTE, **_R, step="step"),
    # Whoever may only read may have the right to one of them, such as a legal hold.
    "api:run_hook": act(VIEW, **_R, step="step"),
    "api:runbooks": both(VIEW, MANAGE, **_R),
    "api:assign_step": act(CONTRIBUTE, **_R, step="step"),
    "api:hold_evidence": act(HOLD, **_R, evidence="evidence"),
    "api:set_severity": act(MANAGE, **_R),
    "api:set_status": act(MANAGE, **_R),
    "api:post_update": act(CONTRIBUTE, **_R),
    "api:acknowledge": act(CONTRIBUTE, **_R),
    "api:list_rotas": read(ROTAS),
    "api:who_is_on_call": read(ROTAS, rota="rota"),
    "api:make_override": act(ROTAS, rota="rota"),
    "api:swaps": both(ROTAS, rota="rota"),
    "api:answer_swap": act(ROTAS, rota="rota", swap="swap"),
    "api:list_deliveries": read(TENDS),
    "api:list_programs": read(SIGNED_IN),
    "api:get_program": read(SIGNED_IN, **_P),
    "api:list_proof": read(MACHINES, **_P),
    "api:pause_program": act(SIGNED_IN, **_P),
    "api:list_controls": read(SIGNED_IN, **_P),
    "api:attest_control": act(MEASURES, **_C),
}
# The same doors by other names: the list is where reports are filed, the root answers 404.
API_ALIASES = {"api:list_incidents": "api:report_incident", "api:api-root": ""}

# They want rows.py to be read first.
from tests.doors import (  # noqa: E402
    filing_rows,
    judging_rows,
    lead_rows,
    policy_rows,
    record_rows,
    rules_rows,
    told_rows,
    watch_rows,
)

for _each in (
    filing_rows,
    judging_rows,
    lead_rows,
    policy_rows,
    record_rows,
    rules_rows,
    told_rows,
    watch_rows,
):
    API_ROWS |= _each.API_ROWS
    API_ALIASES |= getattr(_each, "API_ALIASES", {})
