"""What the API takes and gives for incidents. Shapes only; api.py says what is done with them."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from accounts.api import Text
from incidents import reporting


class ReportIn(Schema):
    """A report. Only the title is needed; unknown is an answer to everything else."""

    title: Text = Field(min_length=1, max_length=reporting.LONGEST_TITLE)
    program: Text | None = Field(None, max_length=60, description="A program's slug.")
    dataset: Text | None = Field(None, max_length=60, description="A dataset's slug in it.")
    audience: Literal["few_inside", "everyone_inside", "outside", "unknown"] = "unknown"
    still_open: Literal["yes", "no", "unknown"] = "unknown"
    pause: bool = Field(
        False, description="Pull the cord, whatever the severity. Needs the program."
    )
    detail: Text = Field("", max_length=reporting.LONGEST_DETAIL)
    found_how: Text = Field("", max_length=200)
    reference: Text = Field("", max_length=200, description="The report's id in your system.")
    occurred_from: AwareDatetime | None = None
    drill: bool | None = Field(
        None, description="Must agree with the program; left out, it is as the program is."
    )


class ReportOut(Schema):
    """A neutral receipt: it says nothing about the response.

    The severity is that of the report itself; asked again, it does not tell what it became.
    """

    incident: str
    codename: str
    severity: int | None
    counts_as: int
    new: bool
    paused: list[str]
    receipt: str


class IncidentOut(Schema):
    incident: str
    codename: str
    title: str
    status: str
    severity: int | None
    counts_as: int
    peak: int
    program: str | None
    reported_at: datetime
    acknowledged_at: datetime | None
    drill: bool


class LevelIn(Schema):
    level: int = Field(ge=0, le=5)
    reason: Text = Field(min_length=1, max_length=2000)


class StatusIn(Schema):
    to: Text = Field(max_length=10)
    reason: Text = Field("", max_length=2000)
    exception: Text = Field("", max_length=2000)
