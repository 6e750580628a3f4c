"""Related incidents and tasks on the page of an incident."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.functions import Function
from incidents import relations, tasking
from incidents.models import Relation, Task
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", username="hal", first_name="Hal", last_name="Per")


@pytest.fixture
def chief():
    return reader(Function.COMMANDER)


def add(incident, **fields):
    return tasking.add(incident, title="Ask the storage team.", **fields, actor=make.SYSTEM)


def next_year():
    """Ten o'clock in three hundred days; nobody says later than in two years."""
    return (datetime.now(UTC) + timedelta(days=300)).replace(hour=10, minute=0)


def test_a_related_incident_stands_on_both_pages_and_is_ended(incident, chief):
    other = make.incident(Sev.SEV3)
    chief.post(url(incident, "related/"), kind="follow_up", number=other.ref)
    assert f"Follow-up of SEV 3 {other.ref} {other.title}" in chief.reads(url(incident))
    assert f"Followed by SEV 2 {incident.ref}" in chief.reads(url(other))
    row = Relation.objects.get()
    chief.post(url(incident, f"related/{row.pk}/end/"))
    assert other.ref not in chief.reads(url(incident))


def test_a_related_incident_that_is_hidden_is_absent_and_cannot_be_ended(incident, helper, chief):
    other = make.incident(Sev.SEV3)
    row = relations.relate(incident, other, "related", actor=make.actor(chief.person))
    for path in ("", "history/"):
        page = helper.reads(url(incident, path))
        assert other.ref not in page
        assert other.title not in page
    assert "None that you may see." in helper.reads(url(incident))
    hidden = helper.post(url(incident, f"related/{row.pk}/end/"))
    missing = helper.post(url(incident, f"related/{row.pk + 1}/end/"))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content


def test_an_incident_that_one_takes_no_part_in_is_refused_at_its_field(incident, helper):
    answer = helper.post(url(incident, "related/"), kind="related", number=make.incident().ref)
    assert answer.status_code == 409
    assert "Which incident?: You take part in no incident with this number." in words(answer)


def test_a_task_is_added_done_and_opened_again(incident, helper):
    fields = {"title": "Ask the storage team.", "owner": helper.person.username}
    due = next_year()
    helper.post(url(incident, "tasks/"), **fields, due_at=f"{due:%Y-%m-%dT%H:%M}")
    said = f"Ask the storage team. Hal Per · by {due.day} {due:%b %Y %H:%M} UTC"
    assert said in helper.reads(url(incident))
    task = Task.objects.get()
    helper.post(url(incident, f"tasks/{task.pk}/settle/"), to="done")
    assert "1 settled task Ask the storage team. Done Hal Per" in helper.reads(url(incident))
    answer = helper.post(url(incident, f"tasks/{task.pk}/settle/"), to="open")
    assert answer.status_code == 409
    assert "Say why, in at most 500 characters." in words(answer)
    helper.post(url(incident, f"tasks/{task.pk}/settle/"), to="open", note="It came back.")
    assert Task.objects.get().is_open


def test_who_does_not_see_the_incident_cannot_be_given_a_task(incident, helper):
    stranger = make.user(first_name="Sam", last_name="Lee")
    answer = helper.post(url(incident, "tasks/"), title="Look.", owner=stranger.username)
    assert answer.status_code == 409
    assert "Sam Lee does not see this incident; let them in first." in words(answer)
    assert not Task.objects.exists()


def test_a_task_under_another_incident_is_missing(incident):
    task, other = add(incident), make.incident(Sev.SEV2)
    both = reader(Function.PRIVACY_OFFICER)
    assert both.get(url(incident, f"tasks/{task.pk}/")).status_code == 200
    assert both.get(url(other, f"tasks/{task.pk}/")).status_code == 404
    assert both.post(url(other, f"tasks/{task.pk}/settle/"), to="done").status_code == 404


def test_who_only_reads_changes_no_task(incident):
    task, executive = add(incident), reader(Function.EXECUTIVE)
    assert "Change it" not in executive.reads(url(incident, f"tasks/{task.pk}/"))
    answer = executive.post(url(incident, f"tasks/{task.pk}/settle/"), to="done")
    assert answer.status_code == 403


def test_two_who_change_a_task_lose_neither_change(incident, helper):
    task = add(incident)
    path = url(incident, f"tasks/{task.pk}/")
    said = {"title": task.title, "owner": "", "due_at": "", "based_on": "1"}
    helper.post(path, **said | {"owner": helper.person.username})
    helper.post(path, **said | {"due_at": f"{next_year():%Y-%m-%dT%H:%M}"})
    task.refresh_from_db()
    assert (task.owner, task.due_at.hour) == (helper.person, 10)


def test_of_the_same_part_of_a_task_the_second_is_shown_what_the_first_wrote(incident, helper):
    task = add(incident)
    path = url(incident, f"tasks/{task.pk}/")
    said = {"title": task.title, "owner": "", "due_at": "", "based_on": "1"}
    helper.post(path, **said | {"title": "Ask twice.", "owner": helper.person.username})
    answer = helper.post(path, **said | {"title": "Never mind."})
    assert answer.status_code == 409
    assert "Somebody changed this after you opened it, to “Ask twice.”" in words(answer)
    # What they wrote is there still, the rest as it is by now, to be saved upon that.
    form = answer.context["task_form"]
    assert (form.initial["title"], form.initial["owner"]) == ("Never mind.", "hal")
    assert form.initial["based_on"] == 2
    helper.post(path, **form.initial | {"due_at": ""})
    task.refresh_from_db()
    assert (task.title, task.owner) == ("Never mind.", helper.person)
