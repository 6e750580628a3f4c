"""What each hook of a runbook is here: done by Andon, elsewhere on its pages, or by others.

Pure: words and names. What Andon does not have is done by hand, and says so.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents.models import AccessGrant
from programs.models import Hook


class How(StrEnum):
    """How a hook is done."""

    ALONE = "alone"  # by Andon, unasked
    HERE = "here"  # by Andon, when somebody says so
    PANEL = "panel"  # in a form of its own on the page
    OUTSIDE = "outside"  # by another system, if the program has one that takes it


@dataclass(frozen=True)
class Action:
    """One hook. `level` is what a person needs on the incident to set it off."""

    name: str
    says: Any
    how: How
    level: AccessGrant.Level = AccessGrant.Level.MANAGE
    panel: str = ""
    kind: Hook.Kind = Hook.Kind.OTHER


HOLD = "hold.apply"
_OUTSIDE = (
    ("dataset.freeze", _("Freeze the dataset"), Hook.Kind.DATASET),
    ("training.freeze", _("Stop training"), Hook.Kind.TRAINING),
    ("model.quarantine", _("Quarantine the model"), Hook.Kind.TRAINING),
    ("extraction.probe", _("Probe the model for what it repeats"), Hook.Kind.TRAINING),
    ("grants.snapshot", _("Keep a snapshot of the grants"), Hook.Kind.OTHER),
    ("logs.preserve", _("Preserve the logs"), Hook.Kind.OTHER),
    ("scan.rescan", _("Scan the exposure anew"), Hook.Kind.OTHER),
    ("canary.verify", _("Try to read as an outsider"), Hook.Kind.OTHER),
    ("token.revoke", _("Revoke the credential"), Hook.Kind.OTHER),
    ("access.analyse", _("List who read it"), Hook.Kind.OTHER),
    ("report.draft", _("Draft the filing or notice"), Hook.Kind.OTHER),
    ("evidence.bundle", _("Bundle the evidence"), Hook.Kind.OTHER),
)
_ALL = (
    Action("incident.open", _("Open the incident"), How.ALONE),
    Action("escalate.timer", _("Tell the next role when a step is late"), How.ALONE),
    # As on the page: whoever contributes pulls the cord. Holds ask for their own right.
    Action("program.pause", _("Pause the program"), How.HERE, AccessGrant.Level.CONTRIBUTE),
    Action(HOLD, _("Set a legal hold on all evidence"), How.HERE, AccessGrant.Level.VIEW),
    Action("notify.role", _("Page those on call again"), How.HERE),
    Action("clock.start", _("Decide from when you were aware"), How.PANEL, panel="aware"),
    Action("assess.enisa", _("Assess the severity"), How.PANEL, panel="severity"),
    Action("resume.request", _("Ask that the program goes on"), How.PANEL, panel="collection"),
    *(Action(name, says, How.OUTSIDE, kind=kind) for name, says, kind in _OUTSIDE),
)
ACTIONS = {action.name: action for action in _ALL}
