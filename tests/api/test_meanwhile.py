"""Two programs that change one thing at once: what each had read decides, as on the page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import grants
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident()


@pytest.fixture
def caller(incident):
    person = make.user(username="hal")
    grants.admit(incident, person=person, level="manage", reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def item(incident, caller):
    due = str(timezone.now().date() + timedelta(days=20))
    body = {"what": "Scan every hour", "kind": "detect", "owner": "hal", "due_on": due}
    return caller.post(f"/incidents/{incident.ref}/items", body).json()


@pytest.fixture
def change(incident, caller, item):
    path = f"/incidents/{incident.ref}/items/{item['id']}"
    return lambda **body: caller.post(path, body)


def test_of_two_who_change_the_same_part_the_second_reads_what_the_first_wrote(change, item):
    assert change(based_on=1, what="Scan twice").json()["version"] == 2
    refused = problem(change(based_on=1, what="Scan never", test="Plant one."), 409)
    assert refused["field"] == "what"
    assert "to “Scan twice”" in refused["detail"]
    # Nothing of it was done, and it is done once they say that they have read the other's.
    assert change(based_on=2, what="Scan never").json()["test"] == ""


@pytest.mark.parametrize(
    ("first", "second"),
    [({"what": "Scan twice"}, {"test": "Plant one."}), ({"kind": "prevent"}, {"control": "G22"})],
)
def test_of_two_who_change_different_parts_both_do(change, item, first, second):
    change(based_on=1, **first)
    told = change(based_on=1, **second).json()
    assert told == item | first | second | {"version": 3}


def test_who_says_the_same_as_another_is_in_no_ones_way(change):
    change(based_on=1, what="Scan twice")
    assert change(based_on=1, what="Scan twice").json()["version"] == 2


def test_who_does_not_say_what_they_read_changes_nothing(change, caller, incident, item):
    assert problem(change(what="Scan never"), 422)["field"] == "based_on"
    for wrong in (0, 2, 10**30):
        assert problem(change(based_on=wrong, what="Scan never"), 422)["field"] == "based_on"
    assert caller.get(f"/incidents/{incident.ref}/items").json() == [item]


def test_each_list_says_which_version_it_shows(change, caller, incident):
    change(based_on=1, what="Scan twice")
    for path in (f"/incidents/{incident.ref}/items", "/action-items"):
        assert [each["version"] for each in caller.get(path).json()] == [2]


def test_of_two_who_change_a_task_both_do_or_the_second_is_told(incident, caller):
    path = f"/incidents/{incident.ref}/tasks"
    row = caller.post(path, {"title": "Ask storage."}).json()
    one = f"{path}/{row['id']}"
    caller.post(one, {"based_on": 1, "owner": "hal"})
    both = caller.post(one, {"based_on": 1, "title": "Ask them twice."}).json()
    assert (both["title"], both["owner"], both["version"]) == ("Ask them twice.", "hal", 3)
    refused = problem(caller.post(one, {"based_on": 1, "owner": None, "title": "No."}), 409)
    assert refused["field"] == "title"
    assert "to “Ask them twice.”" in refused["detail"]
    assert caller.get(path).json() == [both]
    assert problem(caller.post(one, {"title": "No."}), 422)["field"] == "based_on"


def test_of_two_who_correct_an_exposure_both_do_or_the_second_is_told(incident, caller):
    path = f"/incidents/{incident.ref}/exposures"
    row = caller.post(path, {"what": "A share", "people_min": 3, "kinds": ["keystrokes"]}).json()
    one, told = f"{path}/{row['id']}", {"based_on": 1, "reason": "Logs."}
    caller.post(one, told | {"people_max": 9})
    both = caller.post(one, told | {"since": "2026-06-18T10:00:30Z"}).json()
    assert (both["people_max"], both["people_min"], both["version"]) == (9, 3, 3)
    since = {"since": "2026-06-18T09:00:00Z"}
    for wrong, now in (({"people_max": 5}, "9"), (since, "2026-06-18 10:00 UTC")):
        refused = problem(caller.post(one, told | wrong), 409)
        assert refused["field"] in wrong
        assert f"to “{now}”" in refused["detail"]
    assert caller.get(path).json() == [both]
    assert problem(caller.post(one, told | {"based_on": 9}), 422)["field"] == "based_on"
