"""Entries on top of a timeline."""

import pytest

from incidents import changes, lifecycle, pinning, timeline
from incidents.models import Pin, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def somebody():
    return make.actor(make.user(first_name="Hal", last_name="Per"))


def write(incident, text="We closed the share."):
    return timeline.write(incident, "update", text, actor=make.actor(make.user()))


def test_an_entry_is_pinned_once_and_unpinned(incident, somebody):
    entry = write(incident)
    assert pinning.pin(entry, actor=somebody) == pinning.pin(entry, actor=somebody)
    assert pinning.pinned(incident) == [entry]
    for _again in range(2):
        pinning.unpin(entry, actor=somebody)
    assert pinning.pinned(incident) == []
    assert [c.who for c in changes.of(incident, reader=somebody.user, only=Pin.objects.get())] == [
        "Hal Per",
        "Hal Per",
    ]


def test_what_is_corrected_stays_on_top_as_it_is_then(incident, somebody):
    entry = write(incident)
    pinning.pin(entry, actor=somebody)
    newer = timeline.correct(entry, text="We closed it at 14:20.", actor=somebody)
    assert pinning.pinned(incident) == [newer]
    with pytest.raises(pinning.Refused, match="pin the newer one"):
        pinning.pin(entry, actor=somebody)
    pinning.unpin(newer, actor=somebody)
    assert pinning.pinned(incident) == []


def test_so_many_are_pinned_and_no_more(incident, somebody):
    for number in range(pinning.MOST):
        pinning.pin(write(incident, f"Line {number}."), actor=somebody)
    with pytest.raises(pinning.Refused, match="10 entries are pinned"):
        pinning.pin(write(incident), actor=somebody)


def test_an_incident_that_is_over_says_why_not(incident, somebody):
    entry = write(incident)
    pinning.pin(entry, actor=somebody)
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=somebody)
    for act in (pinning.pin, pinning.unpin):
        with pytest.raises(pinning.Refused, match="is dismissed; reopen it to pin entries"):
            act(entry, actor=somebody)
