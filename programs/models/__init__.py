"""Programs that collect data, the collectors that do it, and what stops them."""

from programs.models.collecting import Collector, CollectorKey, GateProcess, Lease
from programs.models.governing import Attestation, AttestationApproval, Waiver, WaiverApproval
from programs.models.hooks import CONFIRMS, Hook, HookCall, HookConfirmation, HookEvent
from programs.models.keys import ProgramKey
from programs.models.participating import ParticipantChoice
from programs.models.program import (
    NEXT,
    RUNNING,
    SKEW_SECONDS,
    STALE_SECONDS,
    Category,
    Dataset,
    Program,
    ProgramGroupPermission,
    ProgramUserPermission,
    State,
)
from programs.models.refused import RefusedStamp
from programs.models.resuming import ResumeApproval, ResumeRequest
from programs.models.stopping import (
    Pause,
    StopOrder,
    StopProof,
)
from programs.models.watching import (
    DeclaredAudience,
    Drift,
    ReaderList,
    Snapshot,
    WatchSource,
)

__all__ = [
    "CONFIRMS",
    "NEXT",
    "RUNNING",
    "SKEW_SECONDS",
    "STALE_SECONDS",
    "Attestation",
    "AttestationApproval",
    "Category",
    "Collector",
    "CollectorKey",
    "Dataset",
    "DeclaredAudience",
    "Drift",
    "GateProcess",
    "Hook",
    "HookCall",
    "HookConfirmation",
    "HookEvent",
    "Lease",
    "ParticipantChoice",
    "Pause",
    "Program",
    "ProgramGroupPermission",
    "ProgramKey",
    "ProgramUserPermission",
    "ReaderList",
    "RefusedStamp",
    "ResumeApproval",
    "ResumeRequest",
    "Snapshot",
    "State",
    "StopOrder",
    "StopProof",
    "Waiver",
    "WaiverApproval",
    "WatchSource",
]
