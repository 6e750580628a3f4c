import pytest

from programs.gate.holdings import Holdings

NOW = 1_000.0


@pytest.fixture
def holdings():
    made = Holdings(b"m" * 32)
    made.take(7, generation=3, written=NOW)
    return made


def may(holdings, *, generation=3, after, lease_seconds=10):
    return holdings.renewable(
        7, generation=generation, lease_seconds=lease_seconds, now=NOW + after
    )


def test_a_written_lease_may_be_renewed_from_memory(holdings):
    assert may(holdings, after=3.3).generation == 3


@pytest.mark.parametrize(("lease_seconds", "longest"), [(3, 3), (10, 5.33), (60, 22)])
def test_its_row_may_be_a_third_of_the_lease_and_two_seconds_old(holdings, lease_seconds, longest):
    assert may(holdings, lease_seconds=lease_seconds, after=longest)
    assert not may(holdings, lease_seconds=lease_seconds, after=longest + 0.01)


def test_a_renewal_that_was_written_counts_from_when_it_was_given(holdings):
    holdings.note(7, generation=3, written=NOW + 4)

    assert may(holdings, after=9)
    assert not may(holdings, after=10)


def test_a_lease_of_another_generation_is_no_lease(holdings):
    assert not may(holdings, generation=4, after=0)


def test_the_note_of_an_older_generation_changes_nothing(holdings):
    holdings.note(7, generation=2, written=NOW + 9)

    assert not may(holdings, after=9)


def test_a_note_that_comes_late_makes_nothing_older(holdings):
    holdings.note(7, generation=3, written=NOW - 5)

    assert may(holdings, after=5)


def test_a_collector_that_never_had_a_lease_has_none(holdings):
    assert holdings.renewable(8, generation=3, lease_seconds=10, now=NOW) is None
