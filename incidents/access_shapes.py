"""How the API tells of a grant. Shapes only; access_api and knock_api say what is done."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from incidents.models import AccessGrant


class GrantOut(Schema):
    """One grant in force."""

    id: int
    person: str | None = Field(description="A user name.")
    team: str | None
    level: str
    reason: str
    granted_by: str
    granted_at: datetime
    by_rule: bool = Field(description="No person ends what a rule gives.")
    expires_at: datetime | None


def grant(row: AccessGrant) -> GrantOut:
    """A grant as the API tells it."""
    return GrantOut(
        id=row.pk,
        person=row.person.username if row.person else None,
        team=row.team.name if row.team else None,
        level=row.level,
        reason=row.reason,
        granted_by=row.granted_by,
        granted_at=row.granted_at,
        by_rule=row.by_rule,
        expires_at=row.expires_at,
    )
