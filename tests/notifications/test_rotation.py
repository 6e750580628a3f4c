"""Who is on call when: against a second way to say it, over changes of clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.rotation import (
    CLOSED,
    Given,
    Hours,
    Span,
    Turns,
    closed_outside_hours,
    gaps,
    instant,
    shifts,
    turns_between,
)

BERLIN = ZoneInfo("Europe/Berlin")
# A leap of an hour, of half an hour, of two, to the other side of midnight, and none.
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/Havana", "UTC"]
ANN, BEN, CAT = 1, 2, 3
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def daily(*people, zone="Europe/Berlin", start=date(2026, 3, 27), at=time(9), **more):
    return Turns(zone, start, at, **{"step": timedelta(days=1), "people": people} | more)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def local(span, zone=BERLIN):
    return span.start.astimezone(zone).strftime("%a %H:%M"), span.who


def lengths(found):
    return [span.length / HOUR for span in found]


def test_a_handover_at_nine_stays_at_nine_over_both_changes_of_clock():
    spring = turns_between(daily(ANN, BEN), utc(2026, 3, 28, 8), utc(2026, 3, 31, 7))
    autumn = turns_between(daily(ANN, BEN), utc(2026, 10, 23, 7), utc(2026, 10, 26, 8))

    assert [local(each)[0] for each in [*spring, *autumn]] == [
        *("Sat 09:00", "Sun 09:00", "Mon 09:00"),
        *("Fri 09:00", "Sat 09:00", "Sun 09:00"),
    ]
    assert (lengths(spring), lengths(autumn)) == ([23, 24, 24], [24, 25, 24])


@pytest.mark.parametrize(
    ("wall", "meant"),
    [
        (datetime(2026, 3, 29, 1, 59), utc(2026, 3, 29, 0, 59)),
        # Left out: the first moment after the leap.
        (datetime(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1, 0)),
        (datetime(2026, 3, 29, 3, 0), utc(2026, 3, 29, 1, 0)),
        # Comes twice: the first of the two.
        (datetime(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30)),
        (datetime(2026, 10, 25, 3, 0), utc(2026, 10, 25, 2, 0)),
    ],
)
def test_a_time_that_the_clocks_leave_out_or_show_twice_is_one_instant(wall, meant):
    assert instant(wall, BERLIN) == meant


def test_turns_of_weeks_change_on_their_weekday_and_the_first_may_be_shorter():
    weekly = daily(ANN, BEN, start=date(2026, 6, 3), step=timedelta(weeks=1), weekday=0)

    found = turns_between(weekly, utc(2026, 6, 1), utc(2026, 6, 20))

    assert [local(each) for each in found] == [
        ("Wed 09:00", (ANN,)),
        ("Mon 09:00", (BEN,)),
        ("Mon 09:00", (ANN,)),
    ]


def test_follow_the_sun_is_layers_with_hours_in_their_own_zones():
    week = frozenset(range(7))
    tokyo = daily(ANN, zone="Asia/Tokyo", hours=(Hours(week, time(9), time(17)),))
    berlin = daily(BEN, hours=(Hours(week, time(9), time(18)),))
    # Spans midnight.
    denver = daily(CAT, zone="America/Denver", hours=(Hours(week, time(10), time(0)),))

    found = shifts([tokyo, berlin, denver], utc(2026, 6, 2), utc(2026, 6, 3))

    assert [(each.start.hour, each.who) for each in found] == [
        (0, (ANN,)),
        (8, (BEN,)),
        (16, (CAT,)),
    ]


def test_hours_that_span_midnight_belong_to_the_weekday_on_which_they_begin():
    friday_night = (Hours(frozenset({4}), time(22), time(6)),)

    found = shifts([daily(ANN, at=time(0), hours=friday_night)], utc(2026, 6, 4), utc(2026, 6, 9))

    assert [local(each) for each in found if each.who] == [("Fri 22:00", (ANN,))]
    assert lengths(each for each in found if each.who) == [8]


def test_whoever_is_away_leaves_a_gap_or_the_place_to_the_layer_below():
    top, below = daily(ANN, BEN, at=time(0)), daily(CAT, source="below")
    three_days = (utc(2026, 4, 1), utc(2026, 4, 4))

    alone = shifts([top], *three_days, away=frozenset({BEN}))
    helped = shifts([top, below], *three_days, away=frozenset({BEN}))

    assert sum(lengths(gaps(alone))) > 20
    assert not gaps(helped)
    assert {each.who for each in helped} == {(ANN,), (CAT,)}


def test_overrides_count_before_a_calendar_and_both_before_turns_the_later_override_first():
    noon = utc(2026, 3, 28, 12)
    later = Given((Span(noon + HOUR, noon + 2 * HOUR, (CAT,), "override:2"),))
    earlier = Given((Span(noon, noon + 3 * HOUR, (BEN,), "override:1"),))
    calendar = Given((Span(noon - HOUR, noon + 4 * HOUR, (CAT, BEN), "calendar:1"),))
    order = [later, earlier, calendar, daily(ANN)]
    found = shifts(order, noon - 2 * HOUR, noon + 5 * HOUR)

    assert [(span.who, span.length / HOUR) for span in found] == [
        *(((ANN,), 1), ((CAT, BEN), 1), ((BEN,), 1), ((CAT,), 1)),
        *(((BEN,), 1), ((CAT, BEN), 1), ((ANN,), 1)),
    ]
    # Whoever is away is passed over in each, down to the next who has somebody.
    away = shifts(order, noon + HOUR, noon + 2 * HOUR, away=frozenset({CAT, BEN}))
    assert [span.who for span in away] == [(ANN,)]


def test_those_whom_a_calendar_names_at_once_are_on_call_together():
    noon = utc(2026, 6, 1, 12)
    given = Given((Span(noon, noon + 2 * HOUR, (ANN,)), Span(noon + HOUR, noon + 3 * HOUR, (BEN,))))

    found = shifts([given], noon, noon + 4 * HOUR)

    assert [each.who for each in found] == [(ANN,), (ANN, BEN), (BEN,), ()]


# --- Against another way to say the same

NEAR = {
    "Europe/Berlin": [utc(2026, 3, 29), utc(2026, 10, 25)],
    "Australia/Lord_Howe": [utc(2026, 4, 4), utc(2026, 10, 3)],
    "Antarctica/Troll": [utc(2026, 3, 29), utc(2026, 10, 25)],
    "America/Havana": [utc(2026, 3, 8), utc(2026, 11, 1)],
    "UTC": [utc(2026, 6, 1)],
}
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
hours = st.builds(Hours, st.frozensets(st.integers(0, 6), min_size=1), times, times)


@st.composite
def rotations(draw):
    step = draw(st.sampled_from([HOUR, 5 * HOUR, 12 * HOUR, 24 * HOUR, 60 * HOUR, 168 * HOUR]))
    return Turns(
        draw(st.sampled_from(ZONES)),
        date(2026, 2, 20) + timedelta(days=draw(st.integers(0, 30))),
        draw(times),
        step,
        tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))),
        draw(st.integers(0, 6)) if step == 168 * HOUR else None,
        tuple(draw(st.lists(hours, max_size=2))),
    )


def latest(at, zone):
    """The latest time that the wall clock has shown by then: what it shows, or showed before."""
    looks = (at - minutes * MINUTE for minutes in range(0, 200, 5))
    return max(look.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for look in looks)


def whoever(turns, at):
    shown = latest(at, turns.zone)
    day = turns.start
    if shown < datetime.combine(day, turns.handover):
        return ()
    while turns.weekday is not None and day.weekday() != turns.weekday:
        day -= timedelta(days=1)
    passed = (shown - datetime.combine(day, turns.handover)) // turns.step
    return (turns.people[passed % len(turns.people)],) if is_open(turns, shown) else ()


def is_open(turns, shown):
    for back in (0, 1):
        day = shown.date() - timedelta(days=back)
        for each in turns.hours:
            opens, closes = datetime.combine(day, each.start), datetime.combine(day, each.end)
            closes += timedelta(days=1) if each.end <= each.start else timedelta(0)
            if day.weekday() in each.weekdays and opens <= shown < closes:
                return True
    return not turns.hours


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_at_any_instant_exactly_the_expected_person_is_on_call(data):
    layers = data.draw(st.lists(rotations(), min_size=1, max_size=3))
    near = data.draw(st.sampled_from(NEAR[layers[0].zone]))
    at = near + data.draw(st.integers(-400, 700)) * 5 * MINUTE
    away = data.draw(st.frozensets(st.integers(1, 4), max_size=1))
    expected = next(
        (who for each in layers if (who := whoever(each, at)) and not set(who) & away), ()
    )

    found = shifts(layers, near - 36 * HOUR, near + 72 * HOUR, away=away)

    assert [each.who for each in found if each.start <= at < each.end] == [expected]
    assert shifts(layers, at, at + timedelta(microseconds=1), away=away)[0].who == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(rotations(), max_size=3), st.sampled_from(sorted(NEAR)), st.integers(1, 900))
def test_shifts_cover_all_the_time_without_overlap(layers, zone, long):
    start = NEAR[zone][0] - 30 * HOUR
    end = start + long * HOUR

    found = shifts(layers, start, end)

    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == two.start for one, two in zip(found, found[1:], strict=False))
    assert all(each.length > timedelta(0) for each in found)
    assert sum((each.length for each in found), timedelta(0)) == end - start


def test_outside_the_hours_of_all_layers_there_is_no_gap_and_within_them_there_is():
    everyday = frozenset(range(7))
    early = daily(ANN, zone="UTC", hours=(Hours(everyday, time(6), time(14)),))
    late = daily(zone="UTC", hours=(Hours(everyday, time(12), time(20)),))
    layers = [early, late]
    start, end = utc(2026, 6, 1), utc(2026, 6, 2)
    parted = closed_outside_hours(shifts(layers, start, end), layers)
    assert [(span.start.hour, span.who, span.source) for span in parted] == [
        (0, (), CLOSED),
        (6, (ANN,), ""),
        (14, (), ""),
        (20, (), CLOSED),
    ]
    assert [(span.start.hour, span.end.hour) for span in gaps(parted)] == [(14, 20)]


def test_a_layer_without_hours_closes_nothing_while_it_is_in_force():
    layer = daily(zone="UTC", until=utc(2026, 6, 1, 12))
    start, end = utc(2026, 6, 1), utc(2026, 6, 2)
    parted = closed_outside_hours(shifts([layer], start, end), [layer])
    assert [(span.end, span.source) for span in parted] == [
        (utc(2026, 6, 1, 12), ""),
        (end, CLOSED),
    ]
