"""From when to when data were exposed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import exposure
from incidents.models import Exposure, Incident, Status, StillOpen

NOW = timezone.now()
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(hours=2)


def window(**fields):
    return exposure.window(Incident(reported_at=NOW, still_open=StillOpen.YES, **fields))


def test_an_exposure_lasts_from_the_report_on_until_somebody_ends_it():
    assert window() == exposure.Window(NOW, None)


def test_what_is_known_of_its_beginning_counts():
    assert window(occurred_from=EARLIER).since == EARLIER


@pytest.mark.parametrize("field", ["occurred_to", "contained_at", "closed_at"])
def test_the_first_thing_known_of_its_end_counts(field):
    assert window(**{field: LATER}).until == LATER


def test_what_was_over_when_it_was_reported_ended_then_at_the_latest():
    over = exposure.window(Incident(reported_at=NOW, still_open=StillOpen.NO))
    assert over == exposure.Window(NOW, NOW)


def test_an_exposure_never_ends_before_it_begins():
    assert window(occurred_from=NOW, occurred_to=EARLIER) == exposure.Window(NOW, NOW)


@pytest.mark.parametrize("status", [Status.DISMISSED, Status.MERGED])
def test_what_was_no_incident_exposed_nothing(status):
    assert window(status=status) is None


def over_all(*rows, **fields):
    incident = Incident(reported_at=NOW, still_open=StillOpen.YES, **fields)
    return exposure.window(incident, [Exposure(**row) for row in rows])


def test_what_responders_wrote_down_counts_and_not_the_report():
    found = over_all({"since": EARLIER, "until": NOW}, occurred_from=LATER)
    assert found == exposure.Window(EARLIER, NOW)


def test_it_lasts_from_the_first_that_began_until_the_last_that_was_closed():
    found = over_all({"since": EARLIER, "until": NOW}, {"since": NOW, "until": LATER})
    assert found == exposure.Window(EARLIER, LATER)


def test_it_goes_on_while_one_is_open_whatever_the_status():
    rows = {"since": EARLIER, "until": NOW}, {"since": NOW}
    assert over_all(*rows, contained_at=LATER) == exposure.Window(EARLIER, None)


def test_what_was_left_open_ended_with_the_incident_at_the_latest():
    row = {"since": EARLIER}
    assert over_all(row, status=Status.CLOSED, closed_at=LATER).until == LATER
    assert over_all(row, status=Status.MERGED) is None


def test_a_beginning_that_nobody_knows_is_the_report():
    assert over_all({}) == exposure.Window(NOW, None)
    assert over_all({"until": EARLIER}) == exposure.Window(EARLIER, EARLIER)


def test_an_estimate_stays_one():
    assert over_all({"since": EARLIER, "since_is_estimate": True}).is_estimate
    assert over_all({"until": NOW, "until_is_estimate": True}).is_estimate
    assert not over_all({"since": NOW}, {"since": LATER, "since_is_estimate": True}).is_estimate
