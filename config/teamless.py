"""Say when a command starts which teams the single sign-on gives that there are not.

A rule makes no team: who names groups elsewhere would else say what a team of this house is. It
gives nothing until an operator made the team, and is said here and on the page of teams.
"""

from typing import Any

from django.core import checks
from django.db import Error

from notifications import teamroster

ID = "andon.W002"


@checks.register()
def names_no_team(**_given: Any) -> list[checks.CheckMessage]:
    """Warn of each team in ANDON_OIDC_GROUPS that there is not."""
    try:
        lacking = teamroster.lacking()
    except Error:
        # Away, or before the first `migrate`: that is said by whoever needs it.
        return []
    said = "ANDON_OIDC_GROUPS gives the team {!r}, which there is not: it gives nothing."
    hint = "Make it under People, Teams, or name one that there is."
    return [checks.Warning(said.format(each.name), hint=hint, id=ID) for each in lacking]
