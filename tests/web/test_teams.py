"""Operators make teams and put people in; for others there is no such page."""

import pytest

from accounts.functions import Function, Rule
from audit import teams
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db
TEAMS = "/people/teams/"


@pytest.fixture
def operator():
    return reader(Function.OPERATOR).signs_in()


@pytest.fixture
def team():
    return teams.make("Storage", actor=make.SYSTEM)


@pytest.fixture
def ada():
    return make.user(username="ada", first_name="Ada", last_name="Obi", email="ada@demo.example")


def at(team, ending=""):
    return f"{TEAMS}{team.pk}/{ending}"


def is_in(team, person):
    return team.user_set.filter(pk=person.pk).exists()


def test_for_whoever_is_no_operator_there_is_no_such_page(team, ada):
    others = [
        reader(Function.SECURITY, Function.PRIVACY_OFFICER).signs_in(),
        reader(is_superuser=True, is_staff=True).signs_in(),
    ]
    for other in others:
        for path in (TEAMS, at(team)):
            assert other.get(path).status_code == 404
        assert other.post(f"{TEAMS}make/", name="Mine").status_code == 404
        assert other.post(at(team, "put-in/"), person="ada").status_code == 404
        assert other.post(at(team, "take-out/"), person=ada.pk).status_code == 404
    assert not is_in(team, ada)
    assert list(teams.known()) == [team]


def test_a_team_is_made_and_stands_in_the_list(operator):
    sent = operator.post(f"{TEAMS}make/", name="Application security")
    made = teams.known().get()
    assert sent["Location"] == at(made)
    assert "Nobody is in it yet." in operator.reads(at(made))
    assert "Application security 0 By hand" in operator.reads(TEAMS)
    assert f'href="{TEAMS}"' in operator.get("/people/").content.decode()


@pytest.mark.parametrize(
    ("name", "said", "status"),
    [
        ("storage", "there is a team Storage already", 409),
        ("Operator", "Operator is a function", 409),
        ("a,b", "without commas", 409),
        ("", "This field is required", 422),
        ("x" * 81, "at most 80 characters", 422),
    ],
)
def test_a_name_that_does_not_fit_is_told(operator, team, name, said, status):
    answer = operator.post(f"{TEAMS}make/", name=name)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert list(teams.known()) == [team]


@pytest.mark.parametrize("named", ["ada", "ADA@demo.example"])
def test_somebody_is_put_in_by_name_or_address_and_taken_out(operator, team, ada, named):
    assert operator.post(at(team, "put-in/"), person=named)["Location"] == at(team)
    assert is_in(team, ada)
    assert "Ada Obi" in operator.reads(at(team))
    assert at(team) in operator.get(f"/people/{ada.pk}/").content.decode()
    assert "Storage 1 By hand" in operator.reads(TEAMS)
    assert operator.post(at(team, "take-out/"), person=ada.pk)["Location"] == at(team)
    assert not is_in(team, ada)


@pytest.mark.parametrize("named", ["nobody", "", "\0", "x" * 300])
def test_who_is_nobody_is_not_put_in(operator, team, named):
    assert operator.post(at(team, "put-in/"), person=named).status_code == 422
    for pk in (named, "9" * 30):
        assert operator.post(at(team, "take-out/"), person=pk).status_code == 422


def test_nobody_puts_themselves_in(operator, team):
    answer = operator.post(at(team, "put-in/"), person=operator.person.username)
    assert answer.status_code == 409
    assert not is_in(team, operator.person)


def test_who_showed_long_ago_who_they_are_is_asked_again(team, ada):
    stale = reader(Function.OPERATOR).signs_in(minutes_ago=11)
    stale.post(at(team, "put-in/"), person="ada")
    stale.post(f"{TEAMS}make/", name="Mine")
    assert not is_in(team, ada)
    assert list(teams.known()) == [team]


def test_what_single_sign_on_gives_is_said_and_what_is_lacking_too(operator, team, settings):
    settings.SSO_GROUPS = [Rule("lake", team="Storage"), Rule("appsec", team="Gone")]
    page = operator.reads(TEAMS)
    assert "Storage 0 By single sign-on" in page
    assert "gives the team Gone to its group appsec, but there is no such team" in page
    one = operator.reads(at(team))
    assert "By single sign-on: at each sign-in there whoever is in the group lake is put in" in one


def test_a_function_is_no_team(operator):
    function = make.user(Function.LEGAL).groups.get()
    assert operator.get(at(function)).status_code == 404
    assert operator.post(at(function, "put-in/"), person="ada").status_code == 404


def test_longer_lists_ask_the_database_no_more_often(
    operator, team, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("notifications.teamroster.PER_PAGE", 20)
    for number in range(25):
        other = teams.make(f"Team {number:02}", actor=make.SYSTEM)
        teams.put_in(team, make.user(), actor=make.SYSTEM)
        teams.put_in(other, make.user(), actor=make.SYSTEM)
    for path in (TEAMS, at(team)):
        with django_assert_max_num_queries(20):
            page = operator.reads(path)
        assert "Page 1 of 2" in page
