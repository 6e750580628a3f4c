"""Teams are made, and people are put in and taken out; what a team opens follows at once."""

import ast

import pytest
from django.contrib.auth.models import Group

from accounts.functions import Function
from accounts.models import User
from audit import people, recorded, teams
from audit.differences import UNHEARD
from audit.models import Entry
from incidents import grants
from programs import breadth
from programs.breadth import Responder
from severity.ladder import Sev
from tests import make
from tests.audit import plant
from tests.trees import in_apps, name, nodes

pytestmark = pytest.mark.django_db
RULED = ("Night shift", "Storage")


@pytest.fixture
def team():
    return teams.make("Storage", actor=make.SYSTEM)


@pytest.fixture
def person():
    return make.user()


def names(person):
    return {team.name for team in teams.known().filter(user=person)}


def acts(person):
    kept = Entry.objects.filter(stream=f"user:{person.pk}", action__startswith="person.team")
    return [*kept.order_by("seq").values_list("action", flat=True)]


def follow(person, *given, ruled=RULED):
    teams.follow(person, given=given, ruled=ruled, actor=make.SYSTEM)


def test_a_team_is_made_once_and_recorded():
    made = teams.make("  Application   security ", actor=make.SYSTEM)
    assert made.name == "Application security"
    assert Entry.objects.get(action="team.made").subject == f"auth.group:{made.pk}"
    assert made in teams.known()


@pytest.mark.parametrize(
    "odd",
    [
        *("", " ", "x" * 81, "a,b", "a=b", "a\0b", "a\u200bb", "a\u202eb", "line\nbreak\x07"),
        *("storage", "STORAGE ", "operator", "Operator", "Incident commander"),
    ],
)
def test_a_name_that_is_odd_or_taken_is_refused(team, odd):
    with pytest.raises(teams.Refused, match="name: "):
        teams.make(odd, actor=make.SYSTEM)
    assert list(teams.known()) == [team]


def test_who_is_put_in_and_taken_out_is_recorded_each_time(team, person):
    for _again in "ab":
        teams.put_in(team, person, actor=make.SYSTEM)
    assert names(person) == {"Storage"}
    for _again in "ab":
        teams.take_out(team, person, actor=make.SYSTEM)
    assert names(person) == set()
    assert acts(person) == [teams.JOINED, teams.LEFT]


def test_nobody_puts_themselves_into_a_team(team):
    operator = make.user(Function.OPERATOR)
    with pytest.raises(teams.Refused, match="another operator"):
        teams.put_in(team, operator, actor=make.actor(operator))
    assert names(operator) == set()


def test_who_was_deactivated_is_taken_out_and_not_put_in(team, person):
    teams.put_in(team, person, actor=make.SYSTEM)
    people.deactivate(person, actor=make.SYSTEM)
    teams.take_out(team, person, actor=make.SYSTEM)
    with pytest.raises(teams.Refused, match="is deactivated"):
        teams.put_in(team, person, actor=make.SYSTEM)
    assert names(person) == set()


def test_whoever_sets_functions_leaves_the_teams_as_they_are(team, person):
    teams.put_in(team, person, actor=make.SYSTEM)
    for wanted in ([Function.LEGAL], [Function.HR, Function.AUDITOR], []):
        people.give(person, wanted, actor=make.SYSTEM)
        assert User.objects.get(pk=person.pk).functions == set(wanted)
        assert names(person) == {"Storage"}


def test_teams_that_are_ruled_are_given_and_taken_and_others_stay(team, person):
    for each in ("Night shift", "By hand"):
        teams.put_in(teams.make(each, actor=make.SYSTEM), person, actor=make.SYSTEM)
    follow(person, "Storage")
    assert names(person) == {"Storage", "By hand"}
    follow(person)
    assert names(person) == {"By hand"}
    assert acts(person)[2:] == [teams.LEFT, teams.JOINED, teams.LEFT]
    people.give(person, [Function.LEGAL], actor=make.SYSTEM)
    follow(person, "Storage")
    assert User.objects.get(pk=person.pk).functions == {Function.LEGAL}


def test_a_team_that_is_not_there_gives_nothing_and_is_not_made(person):
    before = Group.objects.count()
    follow(person, *RULED)
    follow(person, "Operator", "operator", ruled=("Operator", "operator"))
    assert (names(person), Group.objects.count()) == (set(), before)
    assert not User.objects.get(pk=person.pk).functions
    assert acts(person) == []


def test_what_a_team_is_let_in_to_is_seen_and_shut_at_once(team, person):
    incident = make.incident()
    grants.admit(incident, level="manage", team=team, reason="Theirs.", actor=make.SYSTEM)
    assert not make.sees(person, incident)
    follow(person, "Storage")
    assert make.sees(person, incident)
    follow(person)
    assert not make.sees(person, incident)


def test_what_a_team_responds_for_is_seen_and_shut_at_once(team, person):
    program, officer = make.program(participants=50), make.user(Function.PRIVACY_OFFICER)
    by = make.actor(officer)
    breadth.add(program, Responder(None, team), reason="At night.", actor=by)
    program = breadth.choose(program, responders_read=True, reason="Say.", actor=by)
    incident = make.incident(Sev.SEV3, program=program)
    teams.put_in(team, person, actor=make.SYSTEM)
    assert make.sees(person, incident)
    follow(person)
    assert not make.sees(person, incident)


def differences():
    [comparison] = [each for each in recorded.COMPARISONS if each.model.endswith("functions")]
    return [(row.what, row.key) for row in comparison.differences([])]


def test_the_rows_are_what_the_record_says_of_teams_and_functions(team, person):
    people.give(person, [Function.LEGAL], actor=make.SYSTEM)
    follow(person, "Storage")
    assert differences() == []
    follow(person)
    people.give(person, [], actor=make.SYSTEM)
    assert differences() == []


def test_a_team_that_somebody_slipped_in_stays_unheard_of_whatever_follows(team, person):
    other = teams.make("Other", actor=make.SYSTEM)
    plant.sql(
        "INSERT INTO accounts_user_groups (user_id, group_id) VALUES (%s, %s)", person.pk, other.pk
    )
    teams.put_in(team, person, actor=make.SYSTEM)
    follow(person, "Storage")
    assert differences() == [(UNHEARD, f"{person.pk} Other")]


def test_nobody_else_writes_who_is_in_a_group():
    changes = ("add", "remove", "set", "clear", "create")
    found = {
        name(path)
        for path in in_apps()
        for node in nodes(path, ast.Attribute)
        if node.attr in changes
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in ("groups", "user_set")
    }
    # Of these the second fills a database for measurements, in which no record is kept.
    assert found == {"audit/people.py", "audit/teams.py", "config/scale.py"}
