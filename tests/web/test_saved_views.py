"""Filters are kept under a name, for oneself or a team, and open nothing to anybody."""

import pytest
from django.contrib.auth.models import Group

from audit.models import Entry
from incidents import grants, saved_views
from incidents.models import SavedView
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return Group.objects.create(name="storage")


@pytest.fixture
def person(team):
    one = reader(first_name="Ada", last_name="Obi")
    one.person.groups.add(team)
    return one


def member(team):
    one = reader()
    one.person.groups.add(team)
    return one


def kept(person, query="sev=1", name="Severe", team=None):
    fields = {"name": name} | ({"team": team.pk} if team else {})
    return person.post(f"/incidents/views/?{query}", **fields)


def names(person):
    return [view.name for view in person.get("/incidents/").context["views"]]


def test_a_filter_is_kept_and_leads_back_to_itself(person):
    answer = kept(person, "q=zebra&sev=1&sev=2&page=3")
    assert answer["Location"] == "/incidents/?q=zebra&sev=1&sev=2"
    page = person.get(answer["Location"]).content.decode()
    assert 'aria-current="true">Severe</a>' in page
    assert "Save this filter" not in page
    assert "Save this filter" in person.get("/incidents/?sev=3").content.decode()
    assert "Save this filter" not in person.get("/incidents/").content.decode()


def test_what_is_mine_is_nobody_elses_and_what_is_shared_is_the_teams(person, team):
    kept(person)
    kept(person, "status=open", "Open", team)
    assert names(person) == ["Open", "Severe"]
    assert names(member(team)) == ["Open"]
    assert names(reader()) == []
    assert "shared by Ada Obi" in member(team).reads("/incidents/")


@pytest.mark.parametrize("gone", ["left", "deactivated"])
def test_who_is_gone_shares_nothing(person, team, gone):
    kept(person, team=team)
    if gone == "left":
        person.person.groups.remove(team)
    else:
        type(person.person).objects.filter(pk=person.person.pk).update(is_active=False)
    assert names(member(team)) == []


def test_a_shared_view_opens_no_incident(person, team):
    incident = make.incident(Sev.SEV1)
    given = {"level": "view", "reason": "Helps.", "actor": make.SYSTEM}
    grants.admit(incident, person=person.person, **given)
    kept(person, team=team)
    other = member(team)
    query = other.get("/incidents/").context["views"][0].query
    assert [row.pk for row in person.get(f"/incidents/?{query}").context["page"].rows] == [
        incident.pk
    ]
    assert other.get(f"/incidents/?{query}").context["page"].rows == []


def test_mine_are_those_of_whoever_opens_it(person, team):
    kept(person, "mine=on", team=team)
    other = member(team)
    make.incident(reporter=person.person)
    assert other.get("/incidents/?mine=on").context["page"].rows == []


@pytest.mark.parametrize(
    ("query", "name", "status", "words"),
    [
        ("", "All", 409, "Choose a filter first"),
        ("sev=9", "Odd", 422, "“9” is none of 0, 1, 2, 3, 4, 5."),
        ("since=yesterday", "Odd", 422, "Enter a valid date"),
        ("sev=1", "  ", 422, "This field is required"),
        ("sev=1", "x" * 61, 422, "at most 60 characters"),
        (f"q={'x' * 101}", "Long", 422, "at most 100 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is(person, query, name, status, words):
    answer = kept(person, query, name)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not SavedView.objects.exists()


def test_one_name_is_one_view(person):
    kept(person)
    answer = kept(person, "sev=2", " Severe ")
    assert answer.status_code == 409
    assert "You have a view &#x27;Severe&#x27; already" in answer.content.decode()
    assert kept(reader(), "sev=2").status_code == 302


def test_nobody_shares_with_a_team_they_are_not_in(person):
    other = Group.objects.create(name="others")
    assert kept(person, team=other).status_code == 422
    with pytest.raises(saved_views.Refused, match="team: you may share"):
        saved_views.keep(
            person.person, name="x", query="sev=1", team=other, actor=make.actor(person.person)
        )


def test_there_is_an_end_to_how_many(person, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    kept(person)
    assert "as many as fit" in kept(person, "sev=2", "Other").content.decode()


def test_an_own_view_is_renamed_shared_and_removed(person, team):
    kept(person)
    view = SavedView.objects.get()
    path = f"/incidents/views/{view.pk}/"
    assert "Remove this view" in person.reads(path)
    person.post(path, name="Worst", team=team.pk)
    assert names(member(team)) == ["Worst"]
    person.post(f"{path}remove/")
    assert names(person) == []
    said = list(Entry.objects.filter(action__startswith="view.").values_list("action", flat=True))
    assert said == ["view.saved", "view.changed", "view.removed"]


@pytest.mark.parametrize("ending", ["", "remove/"])
def test_another_persons_view_is_not_there(person, team, ending):
    kept(person, team=team)
    view = SavedView.objects.get()
    path = f"/incidents/views/{view.pk}/{ending}"
    for other in (member(team), reader()):
        assert other.post(path, name="Mine now").status_code == 404
        assert other.post(f"/incidents/views/{view.pk + 1}/{ending}").status_code == 404
    view.refresh_from_db()
    assert view.name == "Severe"


def test_a_name_is_escaped(person):
    kept(person, name="<b>Worst</b>")
    assert "&lt;b&gt;Worst&lt;/b&gt;" in person.get("/incidents/").content.decode()
