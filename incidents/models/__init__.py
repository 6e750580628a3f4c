"""Incidents and everything that happens in one."""

from incidents.models.accessing import AccessAnalysis
from incidents.models.bundling import Bundle
from incidents.models.drafts import APPROVALS, Draft, DraftApproval, DraftVersion
from incidents.models.drills import Drill
from incidents.models.evidence import Custody, Evidence
from incidents.models.exposing import Accessed, Exposure, Whose
from incidents.models.figures import LENGTHS, Figure, Grain, Measure, Spread
from incidents.models.importing import Import, Imported, ImportFault, ImportPart
from incidents.models.inbound import Received, Refusal, Source
from incidents.models.incident import (
    NEXT,
    OVER,
    Audience,
    Counter,
    DrillScope,
    Incident,
    IncidentGroupPermission,
    IncidentUserPermission,
    Kind,
    ReportKey,
    Status,
    StillOpen,
)
from incidents.models.knocking import AccessRequest, GlassBreak, Look
from incidents.models.legal import OWED, LegalEvent, LegalFacts, Obligation
from incidents.models.pinning import Pin
from incidents.models.rating import SecondRating
from incidents.models.response import (
    SHARED_ROLES,
    AccessGrant,
    GateCheck,
    Role,
    RoleAssignment,
    RunbookRun,
    RunbookStep,
    TimelineEntry,
)
from incidents.models.reviewing import ActionItem, Review, ReviewVersion
from incidents.models.rules import RuleFiring, SeverityProposal
from incidents.models.saved import SavedView
from incidents.models.stepping import StepAct
from incidents.models.tracking import Relation, Task
from incidents.models.wall import Wallboard
from incidents.models.watched import WatchedDrift
from incidents.models.writing import RunbookVersion

__all__ = [
    "APPROVALS",
    "LENGTHS",
    "NEXT",
    "OVER",
    "OWED",
    "SHARED_ROLES",
    "AccessAnalysis",
    "AccessGrant",
    "AccessRequest",
    "ActionItem",
    "Accessed",
    "Audience",
    "Bundle",
    "Counter",
    "Custody",
    "Draft",
    "DraftApproval",
    "DraftVersion",
    "Drill",
    "DrillScope",
    "Evidence",
    "Exposure",
    "Figure",
    "GateCheck",
    "GlassBreak",
    "Import",
    "ImportFault",
    "ImportPart",
    "Imported",
    "Grain",
    "Incident",
    "IncidentGroupPermission",
    "IncidentUserPermission",
    "Kind",
    "LegalEvent",
    "LegalFacts",
    "Look",
    "Measure",
    "Obligation",
    "Pin",
    "Received",
    "Refusal",
    "Relation",
    "ReportKey",
    "Review",
    "ReviewVersion",
    "Role",
    "RoleAssignment",
    "RuleFiring",
    "RunbookRun",
    "RunbookStep",
    "SavedView",
    "SecondRating",
    "RunbookVersion",
    "SeverityProposal",
    "Source",
    "Spread",
    "Status",
    "StepAct",
    "StillOpen",
    "Task",
    "TimelineEntry",
    "WatchedDrift",
    "Wallboard",
    "Whose",
]
