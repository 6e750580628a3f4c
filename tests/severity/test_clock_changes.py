"""What a correction changes, and when to remind of what runs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from severity.clocks.differences import differences
from severity.clocks.reckoning import reckon
from severity.clocks.reminders import next_reminder, reminders
from tests.severity.clocks_given import FULL, NOW, RULES, case

EU = FULL | {"jurisdictions": ["EU"], "risk": "risk"}
AWARE = "2026-12-18T15:30:00Z"
START = datetime(2026, 12, 18, 15, 30, tzinfo=UTC)
DUE = START + timedelta(hours=72)


def of(facts, aware=AWARE, named=("eu-gdpr-33",)):
    events = {"aware": aware} if aware else {}
    return reckon(case(facts, events, named=list(named)), RULES, now=NOW)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (of(EU), of(EU, "2026-12-17T15:30:00Z"), "earlier"),
        (of(EU), of(EU, "2026-12-19T15:30:00Z"), "later"),
        (of(EU, None), of(EU), "earlier"),
        (of(EU), of(EU, None), "later"),
        (of(EU), of(EU | {"risk": "unlikely"}), "ended"),
        (of(EU | {"risk": "unlikely"}), of(EU), "began"),
        (of(EU), of(EU | {"risk": None}), "otherwise"),
        (of(EU), of(EU, "2026-12-18T16:30:00+01:00"), "otherwise"),
        ((), of(EU), "began"),
        (of(EU), (), "ended"),
    ],
)
def test_a_correction_says_what_became_of_each_clock(before, after, kind):
    (found,) = differences(before, after)

    assert (found.id, found.kind) == ("eu-gdpr-33", kind)


def test_what_stays_the_same_or_never_ran_is_not_told():
    proposed = of(EU | {"risk": "high"}, named=["eu-gdpr-33-omnibus"])

    assert differences(of(EU), of(EU)) == ()
    assert differences((), proposed) == ()


def test_a_clock_reminds_when_half_three_quarters_and_nine_tenths_have_passed():
    assert [(each.percent, each.at - START) for each in reminders(START, DUE)] == [
        (50, timedelta(hours=36)),
        (75, timedelta(hours=54)),
        (90, timedelta(hours=64.8)),
        (100, timedelta(hours=72)),
    ]


@pytest.mark.parametrize(
    ("hours", "percent"),
    [(-5, 50), (0, 50), (35, 50), (36, 75), (60, 90), (70, 100), (72, None), (100, None)],
)
def test_the_next_reminder_is_the_first_that_has_not_passed(hours, percent):
    found = next_reminder(START, DUE, after=START + timedelta(hours=hours))

    assert (found.percent if found else None) == percent


def test_a_clock_that_is_due_before_it_started_is_refused():
    with pytest.raises(ValueError, match="due_at 2026-12-18T15:30:00.* is before 2026-12-21"):
        reminders(DUE, START)


@settings(max_examples=40)
@given(minutes=st.integers(0, 10**6), after=st.integers(-100, 10**6))
def test_reminders_follow_each_other_and_end_with_the_clock(minutes, after):
    due = START + timedelta(minutes=minutes)
    found = reminders(START, due)
    at = START + timedelta(minutes=after)

    assert [each.at for each in found] == sorted(each.at for each in found)
    assert found[-1].at == due
    following = next_reminder(START, due, after=at)
    assert following is None if at >= due else at < following.at <= due
