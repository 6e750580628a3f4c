"""What the API takes and gives of threshold rules and of the severity rules."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from accounts.api import Text
from accounts.asking import Sent
from incidents import rulesets, seconding


class FloorOut(Schema):
    """A rule of the floor, in words."""

    id: str
    asks: str
    does: str
    how: str
    why: str


class RuleOut(Schema):
    """A rule of the organisation or of a program. `document` is what a proposal sends."""

    id: str
    version: str
    program: str | None = Field(description="The program whose own rule it is.")
    document: dict[str, Any]


class RulesOut(Schema):
    rules_version: str = Field(description="Of the rule set that the floor comes with.")
    floor: list[FloorOut]
    rules: list[RuleOut]


class VersionOut(Schema):
    rule: str
    number: int
    state: str
    retires: bool
    reason: str
    author: str = Field(description="A user name.")
    written_at: datetime
    decided_by: str | None = Field(description="A user name.")
    effective_from: datetime | None
    document: dict[str, Any]


class ProposalIn(Sent):
    """A version, as docs/thresholds.md describes it. `based_on` is the version that you read."""

    document: dict[str, Any]
    reason: Text = Field(max_length=seconding.LONGEST_REASON)
    based_on: Text = Field("", max_length=20, description="Such as v3; empty for a new rule.")
    effective_from: AwareDatetime | None = None


class PublishIn(Sent):
    number: int = Field(ge=1, le=10**6, description="Of the version that waits.")


class FiringOut(Schema):
    """One act of a rule: which version, for what, the facts that it saw, what came of it."""

    id: int
    incident: str
    rule: str
    rules_version: str
    floor: bool
    action: str
    scope: str
    name: str
    program: str | None
    dataset: str | None
    state: str
    why: str
    facts: dict[str, Any]
    key: str
    outcome: str
    created_at: datetime
    due_at: datetime | None
    fired_at: datetime | None


class CheckOut(Schema):
    field: str
    wanted: str
    found: str
    holds: bool


class RuleToldOut(Schema):
    """One rule held against the incident as it is now."""

    id: str
    version: str
    floor: bool
    why: str
    applies: bool
    checks: list[CheckOut]
    firings: list[int]


class WantedIn(Schema):
    rule: Text = Field("", max_length=40)
    action: Text = Field("", max_length=30)
    state: Text = Field("", max_length=10)
    program: Text = Field("", max_length=60)


class RuleSetOut(Schema):
    """One version of the severity rules. Those that came with Andon have no author."""

    version: str
    sha256: str
    state: str = Field(description="`shipped`, `waiting`, `published` or `withdrawn`.")
    decides: bool = Field(description="True of the one that decides now.")
    fault: str = Field(description="Why this release does not read it; empty if it does.")
    based_on: str | None
    reason: str
    author: str | None = Field(description="A user name.")
    decided_by: str | None = Field(description="A user name.")
    effective_from: datetime | None


class RuleSetTextOut(RuleSetOut):
    text: str = Field(description="YAML.")


class RuleSetIn(Sent):
    """The next version: the whole as YAML. `based_on` is the version that you read."""

    text: Text = Field(max_length=rulesets.LONGEST_TEXT)
    reason: Text = Field(max_length=seconding.LONGEST_REASON)
    based_on: Text = Field(max_length=20)
    effective_from: AwareDatetime | None = None
