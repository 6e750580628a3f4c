"""The story of an incident: added to, corrected, never overwritten."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.models import Entry
from incidents import lifecycle, timeline
from incidents.models import Status, TimelineEntry
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident()


def write(incident, text="We closed the share.", **fields):
    return timeline.write(
        incident, TimelineEntry.Kind.UPDATE, text, actor=make.actor(make.user()), **fields
    )


def test_an_entry_keeps_when_it_happened_and_when_it_was_written(incident):
    hour_ago = timezone.now() - timedelta(hours=1)
    entry = write(incident, occurred_at=hour_ago)
    entry.refresh_from_db()
    assert entry.occurred_at == hour_ago
    assert entry.recorded_at > hour_ago


def test_an_entry_names_its_author_as_they_were_called(incident):
    by = make.user(first_name="Ada", last_name="Obi")
    entry = timeline.write(incident, "update", "Done.", actor=make.actor(by))
    assert (entry.actor, entry.actor_name) == (by, "Ada Obi")


def test_the_text_of_an_entry_stays_outside_the_chain(incident):
    entry = write(incident, "The share of payroll.")
    recorded = Entry.objects.get(subject=f"incidents.timelineentry:{entry.pk}")
    assert "payroll" not in recorded.body
    assert recorded.remark.text == "The share of payroll."


@pytest.mark.parametrize(
    ("text", "words"),
    [("  ", "text: say what happened"), ("x" * 10_001, "text: 10001 characters; at most 10000")],
)
def test_an_entry_without_text_or_with_too_much_is_refused(incident, text, words):
    with pytest.raises(timeline.Refused, match=words):
        write(incident, text)


def test_the_longest_text_is_taken(incident):
    assert write(incident, "x" * timeline.LONGEST).pk


def test_an_entry_about_the_future_is_refused(incident):
    with pytest.raises(timeline.Refused, match="occurred_at: lies in the future"):
        write(incident, occurred_at=timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize(
    "change", [{"text": "x"}, {"occurred_at": timezone.now()}], ids=["text", "time"]
)
def test_an_entry_cannot_be_changed(incident, change):
    entry = write(incident)
    with pytest.raises(DatabaseError, match="keeps what was written"), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).update(**change)


def test_an_entry_cannot_be_removed(incident):
    entry = write(incident)
    with pytest.raises(DatabaseError, match="keeps what was written"), transaction.atomic():
        entry.delete()


def test_a_correction_takes_the_place_of_an_entry_and_the_old_text_stays(incident):
    entry = write(incident, "We closed 12 shares.")
    corrected = timeline.correct(entry, text="We closed 13 shares.", actor=make.SYSTEM)
    assert corrected in timeline.current(incident)
    assert entry not in timeline.current(incident)
    assert corrected.supersedes.text == "We closed 12 shares."
    assert corrected.occurred_at == entry.occurred_at
    assert (corrected.kind, corrected.audience) == (entry.kind, entry.audience)


def test_a_correction_may_move_an_entry_in_time(incident):
    earlier = timezone.now() - timedelta(hours=5)
    corrected = timeline.correct(
        write(incident), text="It was earlier.", occurred_at=earlier, actor=make.SYSTEM
    )
    assert corrected.occurred_at == earlier


def test_an_entry_is_corrected_once_and_its_correction_again(incident):
    entry = write(incident)
    corrected = timeline.correct(entry, text="Better.", actor=make.actor(make.user()))
    with pytest.raises(timeline.Refused, match="corrected already"):
        timeline.correct(entry, text="Other.", actor=make.SYSTEM)
    best = timeline.correct(corrected, text="Best.", actor=make.SYSTEM)
    assert set(timeline.current(incident).filter(kind="update")) == {best}


def test_what_andon_saw_happen_is_nobodys_to_correct(incident):
    alone = timeline.write(incident, "update", "The gate is back.", actor=make.SYSTEM)
    by = make.actor(make.user())
    for entry in (alone, *incident.timeline.filter(kind="severity")):
        with pytest.raises(timeline.Refused, match="Only what people wrote .* reports and updates"):
            timeline.correct(entry, text="It was milder.", actor=by)


def test_the_act_of_a_person_is_not_corrected_though_it_bears_a_name(incident):
    by = make.actor(make.user())
    lifecycle.move(incident, Status.TRIAGING, actor=by)
    with pytest.raises(timeline.Refused, match="Only what people wrote"):
        timeline.correct(incident.timeline.get(kind="status"), text="No.", actor=by)


def test_the_story_of_an_incident_that_is_over_stays_as_it_is(incident):
    entry = write(incident)
    lifecycle.move(incident, Status.DISMISSED, reason="A test file.", actor=make.SYSTEM)
    with pytest.raises(timeline.Refused, match="is dismissed; reopen it"):
        timeline.correct(entry, text="It was not so.", actor=make.actor(make.user()))


@pytest.mark.parametrize(
    ("text", "words"), [("", "text: say what happened"), ("x" * 10_001, "at most 10000")]
)
def test_a_correction_without_text_or_with_too_much_is_refused(incident, text, words):
    with pytest.raises(timeline.Refused, match=words):
        timeline.correct(write(incident), text=text, actor=make.SYSTEM)


def test_a_correction_into_the_future_is_refused(incident):
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(timeline.Refused, match="lies in the future"):
        timeline.correct(write(incident), text="x", occurred_at=tomorrow, actor=make.SYSTEM)


def test_the_story_is_read_newest_first_by_when_things_happened(incident):
    hours = [1, 3, 2]
    for hour in hours:
        write(incident, f"{hour}", occurred_at=timezone.now() - timedelta(hours=hour))
    told = timeline.current(incident).filter(kind="update")
    assert [entry.text for entry in told] == ["1", "2", "3"]


def test_an_incident_that_is_over_takes_no_update(incident):
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=make.actor(make.user()))
    with pytest.raises(timeline.Refused, match="is dismissed; reopen it to write an update"):
        write(incident)


def test_an_entry_of_before_the_report_stands_at_its_time_with_when_it_was_recorded(incident):
    earlier = incident.reported_at - timedelta(hours=3)
    entry = write(incident, "Somebody saw it then.", occurred_at=earlier)
    assert timeline.current(incident).last() == entry
    assert entry.recorded_at > incident.reported_at
