"""Rules of the single sign-on that name a team which there is not are said at the start."""

from django.core import checks
from django.db import InterfaceError

from accounts.functions import Function, Rule
from audit import teams
from config import teamless
from tests import make


def test_of_a_team_that_is_not_there_every_command_warns(settings, db):
    settings.SSO_GROUPS = [Rule("lake", team="Storage"), Rule("sec", Function.SECURITY)]
    [said] = [each for each in checks.run_checks() if each.id == teamless.ID]
    assert "the team 'Storage', which there is not: it gives nothing" in said.msg
    teams.make("Storage", actor=make.SYSTEM)
    assert [each for each in checks.run_checks() if each.id == teamless.ID] == []


def test_a_database_that_is_away_stops_no_command_for_its_teams(settings, monkeypatch):
    def away(*_args):
        raise InterfaceError("away")

    settings.SSO_GROUPS = [Rule("lake", team="Storage")]
    monkeypatch.setattr(teams, "known", away)
    assert teamless.names_no_team() == []
