"""Tasks: owned by who sees the incident, settled with a word, reminded of once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import changes, grants, lifecycle, meanwhile, tasking
from incidents.models import Status, Task
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=2)


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def helper(incident):
    person = make.user(first_name="Hal", last_name="Per")
    grants.admit(incident, level="contribute", person=person, reason="Helps.", actor=make.SYSTEM)
    return person


def add(incident, title="Ask the storage team.", **fields):
    return tasking.add(incident, title=title, **fields, actor=make.SYSTEM)


def settle(task, to, note="", by=None):
    return tasking.settle(task, to, note=note, actor=make.actor(by or make.user()))


def change(task, **fields):
    said = replace(tasking.said_of(task), **fields)
    return tasking.change(task, said, actor=make.SYSTEM)


def reminded(mailoutbox):
    return [mail for mail in mailoutbox if "a task of yours is late" in mail.subject]


def test_a_task_needs_only_a_title(incident):
    task = add(incident)
    assert (task.owner, task.due_at, task.state) == (None, None, "open")


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
def test_without_a_title_or_with_too_long_a_one_it_is_refused(incident, title):
    with pytest.raises(tasking.Refused, match="title: say what to do, in at most 200"):
        add(incident, title)


def test_its_owner_must_see_the_incident_already_and_is_not_let_in(incident):
    stranger = make.user(first_name="Sam", last_name="Lee")
    with pytest.raises(tasking.Refused, match="owner: Sam Lee does not see this incident"):
        add(incident, owner=stranger)
    task = add(incident)
    with pytest.raises(tasking.Refused, match="owner: Sam Lee"):
        change(task, owner=stranger)
    assert not make.sees(stranger, incident)


def test_a_time_that_has_passed_is_refused(incident):
    with pytest.raises(tasking.Refused, match="due_at: lies in the past"):
        add(incident, due_at=timezone.now() - SOON)


@pytest.mark.parametrize("ahead", [tasking.LATEST + SOON, timedelta(days=365 * 7900)])
def test_a_time_that_nobody_lives_to_see_is_refused(incident, ahead):
    with pytest.raises(tasking.Refused, match="due_at: lies more than two years ahead"):
        add(incident, due_at=timezone.now() + ahead)
    task = add(incident, due_at=timezone.now() + SOON)
    with pytest.raises(tasking.Refused, match="due_at: lies more than two years ahead"):
        change(task, due_at=timezone.now() + ahead)


def test_a_late_task_can_get_another_owner_though_its_time_has_passed(incident, helper):
    task = add(incident, due_at=timezone.now() + SOON)
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - SOON)
    task.refresh_from_db()
    assert task.is_late
    assert change(task, owner=helper).owner == helper


def test_of_two_who_change_a_task_at_once_both_do_or_the_second_is_told(incident, helper):
    task = add(incident)
    read = tasking.said_of(task)
    tasking.change(task, replace(read, owner=helper), actor=make.SYSTEM, read=read)
    # A form sends every part, most of them as they were read.
    both = replace(read, title="Ask them twice.")
    changed = tasking.change(task, both, actor=make.SYSTEM, read=read)
    assert (changed.title, changed.owner) == ("Ask them twice.", helper)
    other = replace(read, title="Never mind.", due_at=timezone.now() + SOON)
    with pytest.raises(meanwhile.Clash, match="title: somebody changed .* to “Ask them twice.”"):
        tasking.change(task, other, actor=make.SYSTEM, read=read)
    assert Task.objects.get().due_at is None


def test_it_is_done_dropped_with_a_reason_and_opened_again_with_one(incident, helper):
    task = settle(add(incident), "done", by=helper)
    assert (task.state, task.settled_by) == ("done", helper)
    with pytest.raises(tasking.Refused, match="note: say why"):
        settle(task, "open")
    task = settle(task, "open", "It came back.")
    assert (task.state, task.settled_at) == ("open", None)
    with pytest.raises(tasking.Refused, match="note: say why"):
        settle(task, "dropped", " ")
    assert settle(task, "dropped", "Nobody needs it.").note == "Nobody needs it."
    fields = [f.name for c in changes.of(incident, reader=helper, only=task) for f in c.fields]
    assert fields.count("State") == 4


def test_it_is_not_settled_twice_nor_changed_once_settled(incident):
    task = settle(add(incident), "done")
    with pytest.raises(tasking.Refused, match="It is done already"):
        settle(task, "done")
    with pytest.raises(tasking.Refused, match="settled; open it again first"):
        change(task, title="Something else.")
    with pytest.raises(tasking.Refused, match="to: must be one of open, done, dropped"):
        settle(task, "lost")


def test_an_incident_that_is_over_says_why_not(incident):
    task = add(incident)
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=make.actor(make.user()))
    for act in (lambda: add(incident), lambda: settle(task, "done"), lambda: change(task)):
        with pytest.raises(tasking.Refused, match="is dismissed; reopen it to change its tasks"):
            act()


def test_the_owner_of_a_late_task_is_reminded_once(incident, helper, engine, mailoutbox):
    task = add(incident, "Ask the payroll team.", owner=helper, due_at=timezone.now() + SOON)
    engine.work()
    assert not reminded(mailoutbox)
    engine.forward(hours=3)
    engine.work()
    engine.forward(days=1)
    (mail,) = reminded(mailoutbox)
    assert mail.to == [helper.email]
    assert incident.codename in mail.subject
    assert "payroll" not in mail.body
    assert Task.objects.get(pk=task.pk).reminded_of == task.due_at


def test_nobody_is_reminded_of_what_is_done_or_due_later_by_now(
    incident, helper, engine, mailoutbox
):
    due = timezone.now() + SOON
    done, later, kept = (add(incident, owner=helper, due_at=due) for _ in range(3))
    settle(done, "done")
    change(later, due_at=due + timedelta(days=2))
    engine.forward(hours=3)
    engine.work()
    assert len(reminded(mailoutbox)) == 1
    assert Task.objects.get(reminded_of__isnull=False) == kept


def test_who_sees_the_incident_no_more_is_not_told_of_it(incident, helper, engine, mailoutbox):
    add(incident, owner=helper, due_at=timezone.now() + SOON)
    grants.end(incident.grants.get(person=helper), actor=make.SYSTEM)
    engine.forward(hours=3)
    engine.work()
    assert not reminded(mailoutbox)
