"""Who was declared against who can read."""

import pytest

from programs.watch import audience, listing
from programs.watch.audience import FEW, BadAudience, Declared, Width, compare
from programs.watch.graph import effective
from tests.programs.watch.world import PUBLIC, store


def verdict(made, *, people=(), teams=(), roles=(), most=None):
    declared = Declared(frozenset(people), frozenset(teams), frozenset(roles), most)
    return compare(effective(made), declared)


def test_nobody_is_too_many_where_all_who_read_were_declared():
    made = store(["team", "loader", "ana"], {"team": ["ben"]})
    found = verdict(made, people=["Ana"], teams=["TEAM"], roles=["loader"])
    assert found.is_clean
    assert (found.readers, found.width) == (3, Width.NOBODY)


def test_who_was_not_declared_is_named_with_the_reason():
    made = store(["analysts", "ana"], {"analysts": ["ben"]})
    found = verdict(made, people=["ana"])
    assert [(each.name, each.path) for each in found.shown] == [
        ("ben", ("SELECT on study.keys", "analysts", "ben"))
    ]
    assert found.width == Width.FEW


def test_a_declared_team_covers_its_members_by_whatever_grant_they_read():
    made = store(["analysts"], {"analysts": ["ana"], "team": ["ana"]})
    assert verdict(made, teams=["team"]).is_clean


def test_nobody_declared_is_nobody_meant():
    assert verdict(store(["ana"])).excess == 1


@pytest.mark.parametrize(("count", "width"), [(FEW, Width.FEW), (FEW + 1, Width.EVERYONE)])
def test_more_than_one_team_counts_as_everybody(count, width):
    assert verdict(store([f"p{n}" for n in range(count)])).width == width


def test_the_widest_decides():
    assert verdict(store([PUBLIC])).width == Width.EVERYONE
    assert verdict(store(["ana", PUBLIC], outside=["anyone"])).width == Width.OUTSIDE


@pytest.mark.parametrize(("most", "over"), [(2, 0), (1, 1), (0, 2), (None, 0)])
def test_more_readers_than_the_most_declared_are_too_many(most, over):
    found = verdict(store(["team"], {"team": ["ana", "ben"]}), teams=["team"], most=most)
    assert (found.over, found.is_clean) == (over, not over)


def test_what_nobody_can_read_yet_is_told_from_what_they_can():
    assert verdict(store([], later=["ben"])).later_only
    assert not verdict(store(["ana"], later=["ben"])).later_only


def test_the_ways_count_who_comes_in_by_each():
    made = store(["analysts", "ana"], {"analysts": ["ben", "cleo"]})
    ways = verdict(made, people=["ana", "ben"]).ways
    assert [(way["path"][-1], way["excess"], way["declared"]) for way in ways] == [
        ("analysts", 1, 1),
        ("SELECT on study.keys", 0, 1),
    ]


def test_names_are_taken_once_and_none_that_cannot_be_meant():
    assert audience.names([" Ana ", "ana", "", "ben"], "people") == ["Ana", "ben"]
    with pytest.raises(BadAudience, match="people: a name has at most 200"):
        audience.names(["x" * 201], "people")
    with pytest.raises(BadAudience, match="teams: 10001 names; at most 10000"):
        audience.names([f"p{n}" for n in range(10_001)], "teams")


def test_two_lists_of_readers_differ_by_who_came_and_went():
    before = listing.listed(effective(store(["ana", "ben"])))
    after = listing.listed(effective(store(["ana", "team"], {"team": ["cleo"]})))
    found = listing.diff(before.packed, after.packed)
    assert (found.names_added, found.names_removed, found.moved) == (("cleo",), ("ben",), 0)
    assert before.digest != after.digest
    assert listing.listed(effective(store(["ben", "ana"]))).digest == before.digest


def test_the_same_reader_by_another_way_has_moved():
    before = listing.listed(effective(store(["ana"])))
    after = listing.listed(effective(store(["team"], {"team": ["ana"]})))
    assert listing.diff(before.packed, after.packed).moved == 1
    empty = listing.listed(effective(store([])))
    assert listing.diff(empty.packed, before.packed).added == 1


def test_a_name_with_a_tab_is_one_reader_still():
    found = listing.listed(effective(store(["ana\tben\nx"])))
    assert listing.diff(found.packed, found.packed).is_nothing
