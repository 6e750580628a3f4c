"""The middle of many lengths: exact while they are short, and within the stated error beyond."""

from collections import Counter
from statistics import median_low

from hypothesis import given
from hypothesis import strategies as st

from incidents import spreading

LENGTHS = st.integers(min_value=0, max_value=400_000_000)


@given(LENGTHS)
def test_what_stands_for_a_bucket_is_no_further_off_than_said(seconds):
    stands = spreading.length(spreading.bucket(seconds))
    assert abs(stands - seconds) <= spreading.ERROR * seconds + 1


@given(st.integers(min_value=0, max_value=spreading.EXACT))
def test_short_lengths_are_exact(seconds):
    assert spreading.length(spreading.bucket(seconds)) == seconds


@given(st.lists(LENGTHS, min_size=1))
def test_the_middle_is_the_lower_median_within_the_error(lengths):
    found = spreading.middle(Counter(map(spreading.bucket, lengths)))
    exact = median_low(lengths)
    assert abs(found - exact) <= spreading.ERROR * exact + 1


def test_of_nothing_there_is_no_middle():
    assert spreading.middle({}) is None
    assert spreading.middle({7: 0}) is None


@given(LENGTHS, LENGTHS)
def test_what_is_longer_is_in_no_earlier_bucket(one, other):
    shorter, longer = sorted([one, other])
    assert spreading.bucket(shorter) <= spreading.bucket(longer)
