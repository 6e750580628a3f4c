"""What must be shown before a program may run: one version of the controls, as data. Pure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from severity.reading import BadRuleSet, Section
from severity.strict_yaml import BadYaml, load

FOLDER = Path(__file__).parent / "controls"
# Said here, not "the newest file": a draft that lies in the folder decides nothing.
CURRENT = "2026.11-1"
VERSION = re.compile(r"\d{4}\.\d{2}-\d{1,3}", re.ASCII)
_ID = re.compile(r"[A-Z]\d{2}", re.ASCII)
_LONGEST_DAYS = 1100

_KEYS = ["id", "name", "requirement", "evidence", "owner", "approvers", "good_for", "grace"]
_OPTIONAL = ["blocks", "each", "machine", "ends_on"]


class Duty(StrEnum):
    """Whose duty a control is. The words are those of accounts.functions."""

    PROGRAM_OWNER = "program_owner"
    PRIVACY_OFFICER = "privacy_officer"
    LEGAL = "legal"
    SECURITY = "security"
    HR = "hr"
    DATA_STEWARD = "data_steward"
    AUDITOR = "auditor"


class Condition(StrEnum):
    """What about a program makes a control apply to it."""

    ALWAYS = "always"
    WORKERS = "workers"
    CODETERMINATION = "codetermination"
    US_MONITORING_NOTICE = "us_monitoring_notice"
    EU_AI = "eu_ai"
    PROCESSORS = "processors"
    TRAINING = "training"


class Event(StrEnum):
    """What ends an attestation before its time."""

    PURPOSE_CHANGED = "purpose_changed"
    DATA_CLASS_ADDED = "data_class_added"
    DATASET_ADDED = "dataset_added"
    NEW_JURISDICTION = "new_jurisdiction"
    PROGRAM_VERSION_CHANGED = "program_version_changed"
    COLLECTOR_VERSION_CHANGED = "collector_version_changed"
    GRANT_CHANGED = "grant_changed"
    INCIDENT_SEV_0_2 = "incident_sev_0_2"
    LAW_RULE_CHANGED = "law_rule_changed"
    CLOCK_RULES_VERSION_CHANGED = "clock_rules_version_changed"
    RISK_CHANGED = "risk_changed"
    NOTICE_TEXT_CHANGED = "notice_text_changed"
    ORG_CHANGE = "org_change"


@dataclass(frozen=True)
class Facts:
    """What is known of a program. None is "nobody said", and counts as yes.

    `jurisdictions` are codes such as DE or US-CA; empty if nobody said.
    """

    of_workers: bool | None = None
    codetermination: bool | None = None
    ai_in_eu: bool | None = None
    has_processors: bool | None = None
    trains_models: bool | None = None
    jurisdictions: tuple[str, ...] = ()


# US alone does not say which state.
_NOTICE_STATES = frozenset({"US", "US-NY", "US-CT", "US-DE"})


def holds(condition: Condition, facts: Facts) -> bool:
    """Say whether a condition holds for a program; what is unknown holds."""
    if condition is Condition.ALWAYS:
        return True
    if condition is Condition.US_MONITORING_NOTICE:
        return not facts.jurisdictions or not _NOTICE_STATES.isdisjoint(facts.jurisdictions)
    said = {
        Condition.WORKERS: facts.of_workers,
        Condition.CODETERMINATION: facts.codetermination,
        Condition.EU_AI: facts.ai_in_eu,
        Condition.PROCESSORS: facts.has_processors,
        Condition.TRAINING: facts.trains_models,
    }
    return said[condition] is not False


@dataclass(frozen=True)
class Control:
    """One thing that must be shown. `good_for_days` and `grace_days` are whole days.

    `each` asks for one approver of every function named; else one of any is enough. With
    `machine` a machine may attest it, and is believed at once.
    """

    id: str
    name: str
    requirement: str
    evidence: tuple[str, ...]
    owner: Duty
    approvers: tuple[Duty, ...]
    good_for_days: int
    grace_days: int
    blocks: bool
    each: bool
    machine: bool
    applies_if: Condition
    ends_on: frozenset[Event]
    references: tuple[str, ...]

    def applies(self, facts: Facts) -> bool:
        return holds(self.applies_if, facts)

    @property
    def approvals_needed(self) -> int:
        return len(self.approvers) if self.each else 1


@dataclass(frozen=True)
class ControlSet:
    """Every control of one version, in its order. `reminder_days` are days before the end."""

    version: str
    sha256: str
    reminder_days: tuple[int, ...]
    waiver_days: int
    waiver_approvals: int
    controls: tuple[Control, ...]

    @classmethod
    def current(cls) -> "ControlSet":
        """The controls that decide today."""
        return cls.load(CURRENT)

    @classmethod
    def load(cls, version: str) -> "ControlSet":
        """Return the set that was shipped as `version`, such as "2026.11-1".

        Raises:
            BadRuleSet: if no such version was shipped, or its file must not decide anything.
        """
        return _load(FOLDER, version)

    @classmethod
    def parse(cls, text: str) -> "ControlSet":
        """Return the set that a YAML text holds.

        Raises:
            BadRuleSet: if a key is missing, unknown or wrong, if an id is given twice, or if
                two of one function would have to agree; the message has the path of the key.
        """
        try:
            data = load(text)
        except BadYaml as fault:
            raise BadRuleSet("controls", f"is not plain YAML: {fault}") from fault
        whole = Section(data, "", keys=["version", "reminders", "waiver", "controls"])
        waiver = whole.section("waiver", keys=["longest", "approvals"])
        sections = whole.sections(
            "controls", keys=[*_KEYS, "applies_if", "references"], optional=_OPTIONAL
        )
        controls = tuple(_control(section) for section in sections)
        _refuse_twice("controls", [control.id for control in controls])
        return cls(
            version=_version(whole.text("version")),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            reminder_days=whole.wholes("reminders", least=1, most=365),
            waiver_days=waiver.whole("longest", least=1, most=30),
            waiver_approvals=waiver.whole("approvals", least=2, most=5),
            controls=controls,
        )

    def get(self, id_: str) -> Control | None:
        return next((control for control in self.controls if control.id == id_), None)

    def applying(self, facts: Facts) -> tuple[Control, ...]:
        """The controls that a program with these facts must meet."""
        return tuple(control for control in self.controls if control.applies(facts))

    def ended_by(self, events: Iterable[Event]) -> tuple[Control, ...]:
        happened = frozenset(events)
        return tuple(c for c in self.controls if not happened.isdisjoint(c.ends_on))


@cache
def _load(folder: Path, version: str) -> ControlSet:
    # Checked before it becomes a path.
    _version(version)
    try:
        text = (folder / f"{version}.yaml").read_text(encoding="utf-8")
    except FileNotFoundError:
        shipped = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
        raise BadRuleSet("version", f"{version} was not shipped; there is: {shipped}") from None
    found = ControlSet.parse(text)
    if found.version != version:
        raise BadRuleSet("version", f"is {found.version} in the file of {version}")
    return found


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise BadRuleSet("version", f'is {text!r}, must look like "2026.11-1"')
    return text


def _control(section: Section) -> Control:
    id_ = section.text("id")
    if not _ID.fullmatch(id_):
        raise BadRuleSet(section.at("id"), f"is {id_!r}, must look like G01")
    approvers = section.words("approvers", Duty)
    _refuse_twice(section.at("approvers"), approvers)
    return Control(
        id=id_,
        name=section.text("name"),
        requirement=section.text("requirement"),
        evidence=section.texts("evidence"),
        owner=section.word("owner", Duty),
        approvers=approvers,
        good_for_days=section.whole("good_for", least=1, most=_LONGEST_DAYS),
        grace_days=section.whole("grace", least=0, most=30),
        blocks=_flag(section, "blocks", default=True),
        each=_flag(section, "each", default=False),
        machine=_flag(section, "machine", default=False),
        applies_if=section.word("applies_if", Condition),
        ends_on=frozenset(section.words("ends_on", Event) if "ends_on" in section else ()),
        references=section.texts("references"),
    )


def _flag(section: Section, key: str, *, default: bool) -> bool:
    return section.flag(key) if key in section else default


def _refuse_twice(path: str, given: Iterable[str]) -> None:
    words = list(given)
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise BadRuleSet(path, f"names {', '.join(twice)} twice")
