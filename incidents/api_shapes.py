"""What the API takes and gives for incidents. Shapes only; api.py says what is done with them."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from accounts.api import Text
from accounts.asking import Sent
from incidents import reporting
from incidents.search import Wanted


class ReportIn(Sent):
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


class ListIn(Schema):
    """Which incidents, as the filter of the page; without any of it all that may be seen."""

    before: int | None = Field(None, ge=1, le=2_000_000_000)
    q: Text = Field("", max_length=100, description="Words, a number or a codename.")
    severity: list[Annotated[int, Field(ge=0, le=5)]] = Field([], max_length=6)
    status: Text = Field("", max_length=20, description="Or `open`: all that is not over.")
    program: Text = Field("", max_length=60, description="A program's slug.")
    exposed: bool = Field(False, description="The exposure is still open.")
    overdue: bool = Field(False, description="Full assessment overdue.")
    since: AwareDatetime | None = Field(None, description="Reported from then on.")
    until: AwareDatetime | None = Field(None, description="Reported before.")
    mine: bool = Field(False, description="Reported by the owner, or with a role of theirs.")
    person: Text = Field("", max_length=150, description="The user name of who has a role in it.")

    def wanted(self) -> Wanted:
        """The same for `search`."""
        return Wanted(
            text=self.q,
            levels=tuple(self.severity),
            status=self.status,
            program=self.program,
            still_exposed=self.exposed,
            assessment_late=self.overdue,
            since=self.since,
            until=self.until,
            mine=self.mine,
            person=self.person,
        )


class LevelIn(Sent):
    level: int = Field(ge=0, le=5)
    reason: Text = Field(min_length=1, max_length=2000)


class StatusIn(Sent):
    to: Text = Field(max_length=10)
    reason: Text = Field("", max_length=2000)
    exception: Text = Field("", max_length=2000)
