"""Each piece of state has one writer, read off the syntax tree."""

import ast
import re

from tests.trees import every_node, functions, in_apps, name, nodes

# The field, the model it is a field of, and the modules that may set it.
WRITERS = {
    ("Program", "state"): {"programs.lifecycle"},
    ("WatchSource", "enabled"): {"programs.watch.watching"},
    ("WatchSource", "sealed_password"): {"programs.watch.watching"},
    ("WatchSource", "turn"): {"programs.watch.watching"},
    ("Drift", "state"): {"programs.watch.drifting"},
    ("Drift", "verified_at"): {"programs.watch.drifting"},
    ("Drift", "fixed_at"): {"programs.watch.drifting"},
    ("Drift", "checks"): {"programs.watch.drifting"},
    ("Program", "generation"): {"programs.lifecycle"},
    ("Program", "subjects_version"): {"programs.participation"},
    ("Program", "controls_end_at"): {"programs.clearance"},
    ("Waiver", "state"): {"programs.waivers"},
    ("Waiver", "good_until"): {"programs.waivers"},
    ("Pause", "lifted_at"): {"programs.pauses"},
    ("Pause", "needs_executive"): {"programs.pauses"},
    ("StopOrder", "proof"): {"programs.stops"},
    ("StopProof", "state"): {"programs.stops"},
    ("StopProof", "violations"): {"programs.stops"},
    ("Lease", "revoked_at"): {"programs.stops"},
    ("Drill", "state"): {"incidents.drills"},
    ("Drill", "ended_at"): {"incidents.drills"},
    ("Hook", "enabled"): {"programs.hooks"},
    ("HookCall", "state"): {"programs.calls"},
    ("HookCall", "sent_at"): {"programs.calls"},
    ("HookCall", "answered_at"): {"programs.calls"},
    ("Dataset", "frozen_at"): {"programs.confirmations"},
    ("Incident", "status"): {"incidents.lifecycle"},
    ("Incident", "status_since"): {"incidents.lifecycle"},
    ("Incident", "acknowledged_at"): {"incidents.lifecycle"},
    ("Incident", "next_update_at"): {"incidents.lifecycle"},
    ("Incident", "assess_by"): {"incidents.assessmentdue"},
    ("Incident", "duplicate_of"): {"incidents.merging"},
    ("Incident", "restricted"): {"incidents.breadth", "incidents.merging"},
    ("Program", "responders_read"): {"programs.breadth"},
    ("Incident", "aware_at"): {"incidents.lifecycle"},
    ("Incident", "sev"): {"incidents.judgement"},
    ("Incident", "counts_as"): {"incidents.judgement"},
    ("Incident", "peak_sev"): {"incidents.judgement"},
    ("Incident", "assessment"): {"incidents.judgement"},
    ("SeverityProposal", "decided_by"): {"incidents.proposals"},
    ("RuleFiring", "fired_at"): {"incidents.firing"},
    ("RuleFiring", "vetoed_by"): {"incidents.objecting"},
    ("RuleFiring", "allowed_by"): {"incidents.objecting"},
    ("ThresholdVersion", "state"): {"incidents.rulemaking"},
    ("ThresholdVersion", "decided_by"): {"incidents.rulemaking"},
    ("ThresholdVersion", "decided_at"): {"incidents.rulemaking"},
    ("ThresholdVersion", "effective_from"): {"incidents.rulemaking"},
    ("RuleSetVersion", "state"): {"incidents.rulesets"},
    ("RuleSetVersion", "decided_by"): {"incidents.rulesets"},
    ("RuleSetVersion", "decided_at"): {"incidents.rulesets"},
    ("RuleSetVersion", "effective_from"): {"incidents.rulesets"},
    ("RoleAssignment", "until"): {"incidents.roles"},
    ("RunbookStep", "done_by"): {"incidents.steps"},
    ("Review", "published"): {"incidents.reviews"},
    ("Review", "published_by"): {"incidents.reviews"},
    ("Review", "published_at"): {"incidents.reviews"},
    ("ActionItem", "settled_by"): {"incidents.items"},
    ("ActionItem", "owner"): {"incidents.items"},
    ("Task", "settled_by"): {"incidents.tasking"},
    ("ActionItem", "done_by"): {"incidents.items"},
    ("ActionItem", "state"): {"incidents.items"},
    ("RunbookVersion", "state"): {"incidents.library"},
    ("RunbookVersion", "decided_by"): {"incidents.library"},
    ("RunbookVersion", "decided_at"): {"incidents.library"},
    ("StepAct", "state"): {"incidents.stepping"},
    ("StepAct", "answered_at"): {"incidents.stepping"},
    ("RunbookStep", "gate_at"): {"incidents.steps"},
    ("RunbookStep", "assignee"): {"incidents.steps"},
    ("RunbookStep", "told_late_at"): {"incidents.lateness"},
    ("RunbookStep", "told_up_at"): {"incidents.lateness"},
    ("AccessGrant", "ended_at"): {"incidents.grants"},
    ("AccessRequest", "state"): {"incidents.knocks"},
    ("AccessRequest", "decided_at"): {"incidents.knocks"},
    ("GlassBreak", "verdict"): {"incidents.glass"},
    ("Evidence", "scan"): {"incidents.evidence"},
    ("Evidence", "scan_said"): {"incidents.evidence"},
    ("Evidence", "damaged_at"): {"incidents.evidence"},
    ("Evidence", "held_at"): {"incidents.holds"},
    ("Evidence", "held_by"): {"incidents.holds"},
    ("Evidence", "hold_reason"): {"incidents.holds"},
    ("Exposure", "until"): {"incidents.exposures"},
    ("Exposure", "location"): {"incidents.exposures"},
    ("Exposure", "verified_at"): {"incidents.exposures"},
    ("Exposure", "verified_by"): {"incidents.exposures"},
    ("Obligation", "state"): {"incidents.filings"},
    ("Obligation", "told_percent"): {"incidents.clockreminders"},
    ("Obligation", "decided_by"): {"incidents.filings"},
    ("Obligation", "filed_text"): {"incidents.filings"},
    ("Obligation", "submitted_at"): {"incidents.filings"},
    ("Obligation", "confirmed_at"): {"incidents.filings"},
    ("Wallboard", "revoked_at"): {"incidents.wallboards"},
    ("Import", "state"): {"incidents.importing"},
    ("Import", "ended_at"): {"incidents.importing"},
    ("Import", "parts_done"): {"incidents.importing"},
    ("Pin", "unpinned_at"): {"incidents.pinning"},
    ("Relation", "ended_at"): {"incidents.relations"},
    ("Task", "state"): {"incidents.tasking"},
    ("Task", "owner"): {"incidents.tasking"},
    ("Task", "reminded_of"): {"incidents.tasking"},
    ("Escalation", "taken"): {"notifications.runs"},
    ("Escalation", "next_due_at"): {"notifications.runs"},
    ("Escalation", "offered_to"): {"notifications.runs"},
    ("Escalation", "asked_at"): {"notifications.runs"},
    ("Escalation", "snoozed_until"): {"notifications.runs"},
    ("Escalation", "generation"): {"notifications.runs"},
    ("Escalation", "reached"): {"notifications.runs"},
    ("Escalation", "acknowledged_by"): {"notifications.runs"},
    ("Page", "sent_at"): {"notifications.sending"},
    ("Due", "lease_until"): {"audit.clockwork", "audit.claims"},
    ("Due", "state"): {"audit.claims", "audit.clockwork", "audit.reviving"},
    ("Bundle", "state"): {"incidents.bundles"},
    ("Verification", "state"): {"audit.looking"},
    ("Finding", "over_at"): {"audit.reconciling"},
    ("Finding", "seen_at"): {"audit.reconciling"},
    ("Mark", "reached"): {"audit.reconciling"},
    ("EngineBeat", "checked_at"): {"audit.reconciling"},
    ("RuleFiring", "state"): {"incidents.firing", "incidents.objecting"},
    ("SecondRating", "state"): {"incidents.ratings"},
    ("SecondRating", "rater"): {"incidents.ratings"},
    ("SecondRating", "level"): {"incidents.ratings"},
    ("SecondRating", "is_blind"): {"incidents.ratings"},
    ("SeverityProposal", "state"): {"incidents.proposals"},
    ("RunbookStep", "state"): {"incidents.steps"},
    ("Escalation", "state"): {"notifications.runs"},
    ("Escalation", "acknowledged_at"): {"notifications.runs"},
    ("Page", "state"): {"notifications.runs", "notifications.sending"},
    ("PageAttempt", "ended_at"): {"notifications.sending"},
    ("Page", "held_until"): {"notifications.sending"},
    ("ContactMethod", "verified_at"): {"notifications.contacts"},
    ("ContactMethod", "mildest"): {"notifications.contacts"},
    ("ContactMethod", "bounced_at"): {"notifications.contacts", "notifications.working"},
    ("ContactMethod", "last_success_at"): {"notifications.working"},
    ("ContactTry", "wrong"): {"notifications.trying"},
    ("ContactTry", "state"): {"notifications.trying"},
    ("ContactTry", "ended_at"): {"notifications.trying"},
    ("Drill", "finding"): {"incidents.drills"},
    ("EscalationPolicy", "finding"): {"notifications.readiness"},
    ("EscalationPolicy", "looked_at"): {"notifications.readiness"},
    ("EscalationPolicy", "levels"): {"notifications.policymaking"},
    ("EscalationPolicy", "version"): {"notifications.policymaking"},
    ("EscalationPolicy", "fallback_id"): {"notifications.policymaking"},
    ("Connection", "retired_at"): {"notifications.connecting"},
    ("Connection", "last_heard_at"): {"notifications.connecting"},
    ("Connection", "team_since"): {"notifications.workspaces"},
    ("Counterpart", "ended_at"): {"notifications.connecting"},
    ("Room", "retired_at"): {"notifications.rooms"},
    ("Rota", "retired_at"): {"notifications.rotas"},
    ("RotaLayer", "until"): {"notifications.turns"},
    ("Override", "withdrawn_at"): {"notifications.covers"},
    ("CalendarFeed", "withdrawn_at"): {"notifications.feeds"},
    ("Swap", "state"): {"notifications.swaps"},
    ("Swap", "override"): {"notifications.swaps"},
    ("RotaCalendar", "removed_at"): {"notifications.calendars"},
    ("RotaCalendar", "failures"): {"notifications.calendars"},
    ("Room", "tested_at"): {"notifications.checking"},
    ("Room", "failing_since"): {"notifications.checking"},
    ("Connection", "tested_at"): {"notifications.workspaces"},
    ("Connection", "test_failure"): {"notifications.workspaces"},
    ("Connection", "failing_since"): {"notifications.workspaces"},
    ("RotaGap", "over_at"): {"notifications.noting"},
    ("Swap", "answered_at"): {"notifications.swaps"},
    ("Subscription", "at_once"): {"notifications.subscribing"},
    ("Stakeholder", "removed_at"): {"notifications.stakeholders"},
    ("Broadcast", "state"): {"notifications.broadcasts"},
    ("Broadcast", "version"): {"notifications.broadcasts"},
    ("Broadcast", "writers"): {"notifications.broadcasts"},
    ("Broadcast", "decided_by"): {"notifications.broadcasts"},
    ("Broadcast", "decided_at"): {"notifications.broadcasts"},
    ("BroadcastCopy", "state"): {"notifications.copies"},
    ("BroadcastCopy", "ended_at"): {"notifications.copies"},
    ("Digest", "state"): {"notifications.digests"},
    ("Digest", "ended_at"): {"notifications.digests"},
    ("DigestPlan", "rhythm"): {"notifications.digests"},
    ("DigestPlan", "skips_empty"): {"notifications.digests"},
    ("Subscription", "mildest"): {"notifications.subscribing"},
    ("Subscription", "ended_at"): {"notifications.subscribing"},
    ("Collector", "retired_at"): {"programs.collectors"},
    ("ResumeRequest", "state"): {"programs.wishes"},
    ("Attestation", "state"): {"programs.attestation"},
    ("Attestation", "decided_at"): {"programs.attestation"},
    ("Attestation", "decided_by"): {"programs.attestation"},
    ("SeverityProposal", "decided_at"): {"incidents.proposals"},
    ("Attestation", "good_until"): {"programs.attestation"},
    ("Attestation", "ended_at"): {"programs.attestation"},
    ("CollectorKey", "revoked_at"): {"programs.collectors"},
    ("ProgramKey", "revoked_at"): {"programs.keys"},
    ("GateProcess", "seen_at"): {"programs.presence"},
    ("ApiToken", "revoked_at"): {"audit.credentials"},
    ("User", "is_active"): {"audit.people"},
    ("UserSession", "last_seen_at"): {"audit.sessions"},
}
# Rows that come into being in one module alone.
MAKERS = {
    "Incident": {"incidents.historic", "incidents.reporting"},
    "DraftVersion": {"incidents.drafts"},
    "DraftApproval": {"incidents.drafts"},
    "Import": {"incidents.importing"},
    "ImportPart": {"incidents.importing"},
    "ImportFault": {"incidents.importing"},
    "Imported": {"incidents.historic"},
    "Drill": {"incidents.drills"},
    "SavedView": {"incidents.saved_views"},
    "Assessment": {"incidents.pastlevels", "incidents.weighing"},
    "ReportKey": {"incidents.repeats"},
    "RuleFiring": {"incidents.firing"},
    "SecondRating": {"incidents.ratings"},
    "SeverityProposal": {"incidents.proposals"},
    "TimelineEntry": {"incidents.timeline"},
    "RoleAssignment": {"incidents.roles"},
    "Review": {"incidents.reviews"},
    "ReviewVersion": {"incidents.reviews"},
    "ActionItem": {"incidents.items"},
    "RunbookVersion": {"incidents.library"},
    "ThresholdVersion": {"incidents.rulemaking"},
    "RuleSetVersion": {"incidents.rulesets"},
    "StepAct": {"incidents.stepping"},
    "RunbookRun": {"incidents.runbooks"},
    "RunbookStep": {"incidents.runbooks"},
    "AccessGrant": {"incidents.grants", "incidents.pastaccess"},
    "AccessRequest": {"incidents.knocks"},
    "GlassBreak": {"incidents.glass"},
    "Custody": {"incidents.custody"},
    "Evidence": {"incidents.evidence"},
    "Exposure": {"incidents.exposures"},
    "LegalEvent": {"incidents.legalevents"},
    "LegalFacts": {"incidents.legalevents"},
    "Measure": {"incidents.measuring"},
    "Wallboard": {"incidents.wallboards"},
    "Figure": {"incidents.measuring"},
    "Spread": {"incidents.measuring"},
    "Obligation": {"incidents.obligations"},
    "Pin": {"incidents.pinning"},
    "Relation": {"incidents.relations"},
    "Source": {"incidents.sources"},
    "Received": {"incidents.inbound"},
    "Refusal": {"incidents.refusals"},
    "Task": {"incidents.tasking"},
    "Escalation": {"notifications.runs"},
    "Page": {
        "notifications.queueing",
        "notifications.relaying",
        "notifications.rooms",
        "notifications.runs",
    },
    "Room": {"notifications.rooms"},
    "PageAttempt": {"notifications.sending"},
    "EscalationPolicy": {"notifications.policymaking"},
    "EscalationStep": {"notifications.policymaking"},
    "EscalationTarget": {"notifications.policymaking"},
    "PolicyVersion": {"notifications.policymaking"},
    "ContactTry": {"notifications.trying"},
    "Connection": {"notifications.connecting"},
    "Counterpart": {"notifications.connecting"},
    "Reply": {"notifications.replying"},
    "Rota": {"notifications.rotas"},
    "RotaLayer": {"notifications.turns"},
    "Override": {"notifications.covers"},
    "Swap": {"notifications.swaps"},
    "RotaCalendar": {"notifications.calendars"},
    "CalendarShift": {"notifications.calendars"},
    "CalendarFeed": {"notifications.feeds"},
    "RotaGap": {"notifications.noting"},
    "PolicyGap": {"notifications.noting"},
    "Subscription": {"notifications.subscribing"},
    "Broadcast": {"notifications.broadcasts"},
    "BroadcastCopy": {"notifications.copies"},
    "Stakeholder": {"notifications.stakeholders"},
    "DigestPlan": {"notifications.digests"},
    "Digest": {"notifications.digests"},
    "DeclaredAudience": {"programs.watch.declaring"},
    "WatchSource": {"programs.watch.watching"},
    "ReaderList": {"programs.watch.looking"},
    "Snapshot": {"programs.watch.looking"},
    "Drift": {"programs.watch.drifting"},
    "WatchedDrift": {"incidents.watched"},
    "AccessAnalysis": {"incidents.accesslogs"},
    "Pause": {"programs.pauses"},
    "StopOrder": {"programs.stops"},
    "StopProof": {"programs.stops"},
    "Hook": {"programs.hooks"},
    "HookCall": {"programs.calls"},
    "HookConfirmation": {"programs.confirmations"},
    "ResumeRequest": {"programs.wishes"},
    "ResumeApproval": {"programs.wishes"},
    "Attestation": {"programs.attestation"},
    "AttestationApproval": {"programs.attestation"},
    "Waiver": {"programs.waivers"},
    "WaiverApproval": {"programs.waivers"},
    "Dataset": {"programs.terms"},
    "Collector": {"programs.collectors"},
    "CollectorKey": {"programs.collectors"},
    "GateProcess": {"programs.presence"},
    "ParticipantChoice": {"programs.participation"},
    "Program": {"programs.lifecycle"},
    "ProgramKey": {"programs.keys"},
    "RefusedStamp": {"programs.violations"},
    "Entry": {"audit.trail"},
    "Remark": {"audit.trail"},
    "OutboxEvent": {"audit.outbox"},
    "Due": {"audit.claims", "audit.clockwork"},
    "Finding": {"audit.reconciling"},
    "ApiToken": {"audit.credentials"},
    "User": {"audit.people"},
}
# Makes what no page can make yet, for a look or a drill, or too much of it for any page.
BESIDE = {"config.demo", "config.scale"}

# Where a name that is not written out is set: what may be in it is checked there.
SETTERS = {
    "accounts/preferences.py": {"change"},
    "incidents/exposures.py": {"_save"},
    "incidents/filings.py": {"_set"},
    "incidents/lifecycle.py": {"move"},
    "incidents/obligations.py": {"_move"},
    "programs/lifecycle.py": {"_move"},
    "programs/terms.py": {"change"},
}


def module(path):
    return name(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def in_the_making(path):
    """What stands in an `__init__`: no row is made there, for no model has one of its own."""
    makers = [function for function in functions(path) if function.name == "__init__"]
    return {node for maker in makers for node in ast.walk(maker)}


def sets(path):
    """(line, owner, field) for each `x.field = …` and each `.update(field=…)`."""
    built = in_the_making(path)
    for node in (node for node in every_node(path) if node not in built):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                        yield node.lineno, ast.unparse(part.value), part.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update":
            for keyword in node.keywords:
                yield node.lineno, ast.unparse(node.func.value), keyword.arg


def test_each_state_has_one_writer():
    allowed = {}
    for (_model, field), modules in WRITERS.items():
        allowed.setdefault(field, set()).update(modules)
    found = {
        f"{name(path)}:{line} sets {owner}.{field}"
        for path in in_apps()
        for line, owner, field in sets(path)
        if field in allowed and module(path) not in allowed[field]
    }
    assert not found


def test_a_field_is_set_by_a_name_that_is_computed_in_few_places():
    found = {
        f"{name(path)}:{call.lineno} in {function.name}"
        for path in in_apps()
        for function in functions(path)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("setattr", "object.__setattr__", "vars", "operator.setattr")
        and function.name not in SETTERS.get(name(path), ())
    }
    assert not found


def makes(path):
    """(line, model) for each `Model.objects.create(…)` and each `history.create(Model, …)`."""
    for call in nodes(path, ast.Call):
        written = ast.unparse(call.func)
        found = re.fullmatch(r"(\w+)\.(?:_default_manager|objects)\.\w*create\w*", written)
        if found:
            yield call.lineno, found[1]
        elif written == "history.create" and call.args:
            yield call.lineno, ast.unparse(call.args[0])
        elif written in MAKERS and call.keywords and "launch" not in path.parts:
            yield call.lineno, written


def test_each_row_is_made_in_one_module():
    found = {
        f"{name(path)}:{line} makes {model}"
        for path in in_apps()
        for line, model in makes(path)
        if model in MAKERS and module(path) not in MAKERS[model] | BESIDE
    }
    assert not found
