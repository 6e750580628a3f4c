"""The coming week of a rota: each day by the reader's clock, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.functions import Function
from accounts.models import User
from notifications import weekgrid
from notifications.models import Rota
from notifications.standing import Shift, Stand
from tests import make
from tests.web.conftest import Reader

BERLIN = ZoneInfo("Europe/Berlin")
ANN = User(first_name="Ann")
# The clock goes back an hour in the night to the 25th.
FRIDAY = datetime(2026, 10, 23, 10, tzinfo=UTC)


def at(day, hour):
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def shown(*shifts, now=FRIDAY, zone=BERLIN):
    """Each day with the local times of its pieces."""
    rota = Rota(name="Ours")
    stand = Stand(rota, now, [Shift(rota, *span, people) for *span, people in shifts], None, [])
    [row] = weekgrid.week([stand], now, zone).rows
    return {
        day.day: [
            tuple(f"{each.astimezone(zone):%H:%M}" if each else "" for each in (one.start, one.end))
            for one in pieces
        ]
        for day, pieces in row.by_day
    }


def test_a_shift_stands_in_each_day_that_it_touches_by_the_readers_clock():
    found = shown(
        (FRIDAY, at(24, 7), [ANN]), (at(24, 7), at(24, 22), []), (at(24, 22), at(31, 0), [ANN])
    )
    assert found[23] == [("12:00", "")]
    # What ends at midnight in Berlin is not in the day that begins then.
    assert found[24] == [("", "09:00"), ("09:00", "")]
    assert found[25] == [("", "")]
    assert list(found) == [23, 24, 25, 26, 27, 28, 29]


def test_the_day_on_which_clocks_change_is_as_long_as_it_is():
    hour = timedelta(hours=1)
    start, end = at(24, 22), at(25, 23)
    found = shown(*((start + n * hour, start + (n + 1) * hour, [ANN]) for n in range(26)))
    assert [len(found[day]) for day in (24, 25, 26)] == [0, 25, 1]
    assert end - start == 25 * hour
    # 02:00 is there twice.
    assert [begins for begins, _ends in found[25]].count("02:00") == 2


def test_a_day_without_a_midnight_begins_when_the_clock_says_so():
    beirut = ZoneInfo("Asia/Beirut")
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)
    found = shown((now, now + timedelta(days=9), [ANN]), now=now, zone=beirut)
    assert [*found.values()][1:] == [[("", "")]] * 6


@pytest.mark.django_db
def test_the_page_shows_the_week_with_gaps_in_red_and_asks_no_more_for_it():
    ann = make.reachable(Function.RESPONDER, first_name="Ann", zone="Europe/Berlin")
    rota = make.rota(ann, name="Data response")
    layer = make.layer(rota, ann)
    layer.until = layer.since + timedelta(days=3)
    layer.save(update_fields=["until"])
    page = Reader(ann).get("/on-call/").content.decode()
    grid = page.partition('id="week"')[2].partition("</section>")[0]
    assert grid.count('role="columnheader"') == weekgrid.DAYS + 1
    assert f"{date.today():%a}" in grid
    assert "Ann" in grid
    assert "Gap: nobody" in grid
