"""Stop times in numbers: no time is lost, and each figure is a time that somebody took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs import distribution

TIMES = st.lists(st.integers(0, 10_000_000), min_size=1, max_size=200)


def test_nothing_has_no_figures():
    nothing = distribution.of([])
    assert (nothing.count, nothing.p50, nothing.longest, nothing.buckets) == (0, None, None, ())


@pytest.mark.parametrize(
    ("percentile", "expected"), [("p50", 50), ("p95", 95), ("longest", 100), ("count", 100)]
)
def test_a_percentile_is_what_so_many_percent_did_not_exceed(percentile, expected):
    assert getattr(distribution.of(range(1, 101)), percentile) == expected


def test_one_time_is_every_figure():
    one = distribution.of([1234])
    assert (one.p50, one.p95, one.longest) == (1234, 1234, 1234)
    (bucket,) = one.buckets
    assert (bucket.low, bucket.high, bucket.count) == (1000, 2000, 1)


def test_a_time_on_an_edge_belongs_to_the_bucket_that_begins_there():
    low, high = distribution.of([19, 20]).buckets
    assert (low.low, low.high, low.count) == (10, 20, 1)
    assert (high.low, high.high, high.count) == (20, 50, 1)


def test_a_clock_that_ran_behind_counts_as_at_once():
    assert distribution.of([-5]).longest == 0


@given(TIMES)
def test_every_time_is_in_one_bucket_and_the_outer_ones_are_not_empty(times):
    buckets = distribution.of(times).buckets
    assert sum(bucket.count for bucket in buckets) == len(times)
    for bucket in buckets:
        inside = [time for time in times if bucket.low <= time < bucket.high]
        assert bucket.count == len(inside)
    assert buckets[0].count
    assert buckets[-1].count
    joints = zip(buckets, buckets[1:], strict=False)
    assert all(before.high == after.low for before, after in joints)
