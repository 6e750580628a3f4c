"""The story of an incident by API, page by page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import api, grants, timeline
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def reader(incident):
    person = make.user()
    grants.admit(incident, level="view", person=person, reason="Reads.", actor=make.SYSTEM)
    return Caller(person)


def pages(reader, incident):
    """Every page, each begun where the one before ended."""
    path = f"/incidents/{incident.ref}/timeline"
    found = [reader.get(path).json()]
    while found[-1]:
        assert len(found) < 30, "it never ends"
        found.append(reader.get(f"{path}?before={found[-1][-1]['id']}").json())
    return found


def test_a_long_story_is_read_page_by_page_and_no_entry_twice(incident, reader, monkeypatch):
    monkeypatch.setattr(api, "PAGE", 3)
    for number in range(7):
        timeline.write(incident, "update", f"Update {number}.", actor=make.SYSTEM)
    found = pages(reader, incident)
    assert {len(page) for page in found[:-2]} == {3}
    told = [entry["id"] for page in found for entry in page]
    assert told == list(timeline.current(incident).values_list("pk", flat=True))


def test_what_happened_long_ago_lies_on_the_page_of_that_time(incident, reader, monkeypatch):
    monkeypatch.setattr(api, "PAGE", 2)
    at = timezone.now() - timedelta(days=1)
    old = timeline.write(incident, "update", "Opened.", actor=make.SYSTEM, occurred_at=at)
    told = [entry["id"] for page in pages(reader, incident) for entry in page]
    assert told[-1] == old.pk
    assert len(told) == len(set(told))


def test_entries_of_one_moment_are_split_between_pages_in_a_stable_order(
    incident, reader, monkeypatch
):
    monkeypatch.setattr(api, "PAGE", 2)
    at = timezone.now() - timedelta(hours=1)
    for number in range(5):
        timeline.write(incident, "update", f"{number}", actor=make.SYSTEM, occurred_at=at)
    told = [entry["text"] for page in pages(reader, incident) for entry in page]
    assert [text for text in told if text.isdigit()] == ["4", "3", "2", "1", "0"]


def test_a_page_goes_on_after_an_entry_that_was_corrected_meanwhile(incident, reader):
    path = f"/incidents/{incident.ref}/timeline"
    entry = timeline.write(incident, "update", "Twelve.", actor=make.actor(make.user()))
    before = reader.get(f"{path}?before={entry.pk}").json()
    timeline.correct(entry, text="Thirteen.", actor=make.SYSTEM)
    assert reader.get(f"{path}?before={entry.pk}").json() == before


def test_an_entry_of_another_incident_is_no_place_in_this_story(incident, reader):
    other = make.incident().timeline.first()
    path = f"/incidents/{incident.ref}/timeline"
    unseen = problem(reader.get(f"{path}?before={other.pk}"), 422)
    missing = problem(reader.get(f"{path}?before=999999999"), 422)
    assert unseen == missing
    assert unseen["field"] == "before"
    for wrong in ("0", "x", str(2**63)):
        assert problem(reader.get(f"{path}?before={wrong}"), 422)["field"] == "before"
