"""The period of figures: whole days, the one before, and the sums it is made of."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import spans
from incidents.spans import Period

TODAY = date(2026, 11, 27)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))


def days_of(piece):
    return [piece.first + timedelta(days=n) for n in range((piece.end - piece.first).days)]


@given(DAYS, st.integers(min_value=1, max_value=spans.LONGEST))
def test_the_pieces_hold_each_day_once_and_only_whole_months(since, days):
    period = Period(since, since + timedelta(days=days - 1))
    pieces = period.pieces()
    assert [day for piece in pieces for day in days_of(piece)] == [
        since + timedelta(days=n) for n in range(days)
    ]
    for piece in pieces:
        if piece.grain == "month":
            assert (piece.first.day, piece.end.day) == (1, 1)
    assert len(pieces) <= 3


@given(DAYS, st.integers(min_value=1, max_value=spans.LONGEST))
def test_the_period_before_is_as_long_and_ends_the_day_before(since, days):
    period = Period(since, since + timedelta(days=days - 1))
    before = period.before()
    assert (before.days, before.end) == (period.days, period.since)


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("30", date(2026, 10, 29)),
        ("90", date(2026, 8, 30)),
        ("quarter", date(2026, 10, 1)),
        ("year", date(2026, 1, 1)),
    ],
)
def test_a_preset_ends_today(name, since):
    assert spans.preset(name, TODAY) == Period(since, TODAY)


@pytest.mark.parametrize(
    ("since", "until", "field", "said"),
    [
        (date(2026, 11, 28), date(2026, 11, 29), "since", "has not come yet"),
        (date(2026, 11, 2), date(2026, 11, 1), "until", "before 2026-11-02"),
        (date(2020, 1, 1), date(2026, 1, 1), "until", "at most 1830 days"),
        (date(1999, 12, 31), date(2026, 1, 1), "since", "not before 2000-01-01"),
    ],
)
def test_what_is_no_period_is_refused_with_the_reason(since, until, field, said):
    with pytest.raises(spans.Refused, match=said) as refused:
        spans.between(since, until, TODAY)
    assert refused.value.field == field


def test_a_period_ends_no_later_than_today():
    assert spans.between(date(2026, 11, 1), date(2026, 12, 31), TODAY).until == TODAY


def test_an_unknown_preset_is_refused():
    with pytest.raises(spans.Refused, match="30, 90, quarter, year"):
        spans.preset("decade", TODAY)


@given(DAYS, st.integers(min_value=1, max_value=spans.LONGEST))
def test_whole_months_stand_beside_as_many_whole_months(since, days):
    chosen = Period(since, since + timedelta(days=days - 1))
    wide = chosen.whole_months(date(2040, 1, 1))
    before = wide.before()
    assert wide.since <= chosen.since <= chosen.until <= wide.until
    assert (wide.since.day, wide.end.day, before.since.day) == (1, 1, 1)
    assert (before.end, before._months()) == (wide.since, wide._months())
    assert chosen.whole_months(chosen.until).until == chosen.until
