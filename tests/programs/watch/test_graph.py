"""Who can read, and why."""

import pytest

from programs.watch.graph import DEEPEST, Member, effective
from tests.programs.watch.world import PUBLIC, store


def readers(made):
    found = effective(made)
    return {made.principals[key].name for key in found.readers}


def test_a_grant_to_a_group_is_one_to_everybody_in_it_however_deep():
    made = store(["analysts"], {"analysts": ["ana", "interns"], "interns": ["ben"]})
    found = effective(made)
    assert readers(made) == {"ana", "ben"}
    assert found.path("ben") == ("SELECT on study.keys", "analysts", "interns", "ben")


def test_groups_in_a_circle_end_by_themselves():
    made = store(["a"], {"a": ["b"], "b": ["c", "ana"], "c": ["a"]})
    found = effective(made)
    assert (readers(made), found.gaps) == ({"ana"}, [])


@pytest.mark.parametrize(("depth", "gaps"), [(DEEPEST, 0), (DEEPEST + 1, 1)])
def test_what_nests_deeper_than_anybody_could_follow_is_a_gap_and_not_clean(depth, gaps):
    groups = {f"g{n}": [f"g{n + 1}"] for n in range(depth - 1)}
    groups[f"g{depth - 1}"] = ["ana"]
    found = effective(store(["g0"], groups))
    assert len(found.gaps) == gaps
    assert ("ana" in found.readers) == (not gaps)


@pytest.mark.parametrize(("depth", "gaps"), [(DEEPEST, 0), (DEEPEST + 1, 1)])
def test_a_door_whose_groups_nest_too_deep_keeps_nobody_out_unseen(depth, gaps):
    groups = {f"g{n}": [f"g{n + 1}"] for n in range(depth - 1)}
    groups[f"g{depth - 1}"] = ["ana"]
    found = effective(store(["ana"], groups, doors=[["g0"]]))
    assert len(found.gaps) == gaps
    assert ("ana" in found.readers) == (not gaps)


def test_a_refusal_whose_groups_nest_too_deep_takes_nobody_away_and_is_no_gap():
    groups = {f"g{n}": [f"g{n + 1}"] for n in range(DEEPEST)}
    groups[f"g{DEEPEST}"] = ["ana"]
    found = effective(store(["ana"], groups, denied=["g0"]))
    assert ("ana" in found.readers, found.gaps) == (True, [])


def test_the_shortest_reason_is_the_one_that_is_given():
    made = store(["analysts", "ana"], {"analysts": ["ana"]})
    assert effective(made).path("ana") == ("SELECT on study.keys", "ana")


def test_everybody_reads_what_is_granted_to_everyone():
    made = store([PUBLIC], {"team": ["ana"]})
    assert readers(made) == {PUBLIC, "ana"}
    assert effective(made).path("ana") == ("SELECT on study.keys", PUBLIC, "ana")


def test_that_everybody_may_read_hides_no_other_reason():
    made = store([PUBLIC, "analysts"], {"analysts": ["interns"], "interns": ["ben"]})
    path = effective(made).path("ben")
    assert path == ("SELECT on study.keys", "analysts", "interns", "ben")


def test_a_grant_behind_a_door_lets_in_only_whom_the_door_lets_in():
    made = store([PUBLIC], {"team": ["ana"], "others": ["ben"]}, doors=[["team"]])
    assert readers(made) == {"ana"}
    assert readers(store(["ana", "ben"], doors=[["ana"], ["ben"]])) == set()


def test_what_is_denied_to_a_group_is_denied_to_everybody_in_it():
    made = store([PUBLIC], {"guests": ["ben"], "team": ["ana"]}, denied=["guests"])
    assert readers(made) == {PUBLIC, "ana"}


def test_a_grant_on_what_is_made_later_is_told_from_one_on_what_is_there():
    found = effective(store(["ana"], later=["ana", "ben"]))
    assert found.later == {"ben"}
    assert found.path("ana") == ("SELECT on study.keys", "ana")


def test_a_member_that_nobody_knows_is_nobody():
    made = store(["team"], {"team": ["ana"]})
    made.members["team"].append(Member("gone"))
    assert readers(made) == {"ana"}
