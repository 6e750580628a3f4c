"""What is withheld of figures, so that nobody learns of a single hidden incident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import fewness
from incidents.fewness import FEWEST, Cell


def cells(**counts):
    return {name: Cell(*pair) for name, pair in counts.items()}


def test_a_small_group_is_withheld_only_if_something_in_it_is_hidden():
    assert fewness.few(4, 1)
    assert not fewness.few(4, 0)
    assert not fewness.few(5, 5)
    assert not fewness.few(0, 0)


def test_what_one_withheld_part_could_be_reckoned_from_is_withheld_as_well():
    assert fewness.withheld(cells(a=(2, 1), b=(9, 0), c=(7, 3))) == {"a", "c"}


def test_nothing_is_withheld_where_nothing_small_is_hidden():
    assert fewness.withheld(cells(a=(1, 0), b=(9, 9))) == set()


@pytest.mark.parametrize("counts", [{"a": (1, 1)}, {"a": (1, 1), "b": (2, 0)}])
def test_all_is_withheld_where_there_is_no_other_way(counts):
    assert fewness.withheld(cells(**counts)) == set(counts)


CELL = st.integers(min_value=0, max_value=12).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(min_value=0, max_value=n)).map(lambda c: Cell(*c))
)
TABLES = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), CELL, max_size=16)


@given(TABLES)
def test_in_no_row_or_column_can_what_is_withheld_be_reckoned_back(table):
    gone = fewness.withheld_of_table(table)
    assert {key for key, cell in table.items() if fewness.few(*cell)} <= gone
    for side in (0, 1):
        for which in {key[side] for key in table}:
            line = {key for key in table if key[side] == which}
            hidden = line & gone
            if hidden and any(table[key].n for key in line - gone):
                assert len(hidden) > 1
                assert sum(table[key].n for key in hidden) >= FEWEST
