"""How far two raters agree."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from severity.agreement import agreement
from severity.ladder import Sev

RATINGS = st.lists(st.tuples(st.sampled_from(Sev), st.sampled_from(Sev)), min_size=1, max_size=30)


def rated(*rows):
    """(first, second, how many) for each row."""
    return [(Sev(a), Sev(b)) for a, b, times in rows for _ in range(times)]


def test_kappa_is_as_in_the_textbook():
    # 25 and 20 of 50 proposals, both yes for 20, both no for 15
    found = agreement(rated((0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)))

    assert (found.pairs, found.observed, found.expected) == (50, Fraction(7, 10), Fraction(1, 2))
    assert found.kappa == found.weighted == Fraction(2, 5)


def test_levels_far_apart_weigh_more_than_neighbours():
    near = agreement(rated((0, 0, 5), (5, 5, 4), (0, 1, 1)))
    far = agreement(rated((0, 0, 5), (5, 5, 4), (0, 5, 1)))

    assert near.observed == far.observed
    # by chance the levels would lie 24.2 and 25 apart in all; they lie 1 and 5
    assert (near.weighted, far.weighted) == (Fraction(116, 121), Fraction(4, 5))


def test_nobody_can_agree_beyond_chance_where_all_say_the_same():
    found = agreement(rated((2, 2, 9)))

    assert (found.observed, found.kappa, found.weighted) == (1, None, None)


def test_no_rating_is_refused():
    with pytest.raises(ValueError, match="there are no ratings"):
        agreement([])


@settings(max_examples=40)
@given(ratings=RATINGS)
def test_agreement_is_the_same_from_either_side_and_never_above_one(ratings):
    found = agreement(ratings)

    assert found == agreement([(b, a) for a, b in ratings])
    assert found.kappa is None or -1 <= found.kappa <= 1
    assert (found.observed == 1) == all(a is b for a, b in ratings)
    assert found.kappa is None or (found.kappa == 1) == (found.observed == 1)
