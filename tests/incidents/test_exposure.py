"""From when to when data were exposed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import exposure
from incidents.models import Incident, Status, StillOpen

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
