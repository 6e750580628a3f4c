"""What every template shows of a time, whatever time it is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from config.templatetags import andon, spans


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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under 1 s"),
        (0.9, "under 1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (43_500, "12 h 5 min"),
        (172_799, "47 h 59 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_length_of_time_is_told_in_two_units_that_no_line_parts(seconds, said):
    assert spans.spell(timedelta(seconds=seconds)) == said.replace(" ", "\N{NO-BREAK SPACE}")


def test_days_in_words_that_andon_wrote_are_held_together_and_the_rest_is_escaped():
    said = andon.held("From 2026-11-27 05:21 UTC to 2026-11-28, <b>R-2026-11-2</b>")
    assert said == (
        'From <span class="nowrap">2026-11-27 05:21 UTC</span> to'
        ' <span class="nowrap">2026-11-28</span>, &lt;b&gt;R-2026-11-2&lt;/b&gt;'
    )
    assert andon.day(date(2026, 8, 31)) == "<time>2026-08-31</time>"
