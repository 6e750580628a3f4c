"""What every template shows of a time, whatever time it is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config.templatetags import andon


def test_a_time_is_shown_in_the_zone_of_its_reader():
    with timezone.override(ZoneInfo("America/New_York")):
        said = andon.moment(datetime(2020, 7, 1, 12, tzinfo=UTC), "plain")
    assert "1 Jul 2020 08:00 EDT" in said
    assert 'title="2020-07-01 12:00:00 UTC / 2020-07-01 08:00:00 EDT"' in said


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        (datetime.min.replace(tzinfo=UTC), "America/New_York"),
        (datetime.max.replace(tzinfo=UTC), "Asia/Tokyo"),
    ],
)
def test_a_time_that_is_none_in_that_zone_is_shown_in_utc(value, zone):
    with timezone.override(ZoneInfo(zone)):
        said = andon.moment(value)
    assert f'datetime="{value.isoformat(timespec="seconds")}"' in said
    assert "UTC</time>" in said
