"""What a new version of rules changes."""

import pytest

from severity import loading
from severity.revisions import moved, revisions
from tests.severity.given import RULES, facts, rule_data


def told(before, after):
    return [(each.path, each.before, each.after) for each in revisions(before, after)]


def changed(path, value):
    data = rule_data()
    inside = data
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["index", "refix", "points"], "0.5", ("index.refix.points", "0.25", "0.5")),
        (["levels", 2, "osi_from"], "3.25", ("levels[2].osi_from", "3", "3.25")),
        (["floors", 4, "when", "se_from"], "3.5", ("floors[F4].when.se_from", "3", "3.5")),
        (
            ["enisa", "dpc", "simple", "adjust", 1, "means"],
            "x",
            ("enisa.dpc.simple.adjust[2].means",),
        ),
        (["enisa", "read_at", 0], "x", ("enisa.read_at[0]",)),
    ],
)
def test_a_changed_key_is_told_with_its_path_and_both_values(path, value, said):
    (found,) = told(rule_data(), changed(path, value))

    assert found[: len(said)] == said


def test_nothing_is_told_of_what_is_the_same():
    assert revisions(rule_data(), rule_data()) == ()


def test_an_entry_put_in_between_or_taken_away_is_told_alone():
    longer, shorter = rule_data(), rule_data()
    longer["floors"].insert(1, {"id": "F9", "at_least": 2})
    del shorter["floors"][1]

    (added,) = revisions(rule_data(), longer)
    (removed,) = revisions(rule_data(), shorter)
    assert (added.path, added.added, added.before) == ("floors[F9]", True, None)
    assert (removed.path, removed.removed, removed.after) == ("floors[F1]", True, None)


def test_another_order_of_the_same_entries_is_told():
    turned = rule_data()
    turned["caps"].reverse()

    assert told(rule_data(), turned) == [
        ("caps (order)", ["[C1]", "[C2]", "[C3]"], ["[C3]", "[C2]", "[C1]"])
    ]


def test_a_key_that_is_new_or_gone_is_told():
    assert told({"a": 1}, {"b": [1]}) == [("a", 1, None), ("b", None, [1])]
    assert told({"a": [1, 2]}, {"a": [1]}) == [("a[1]", 2, None)]
    assert told({"a": [1]}, {"a": {}}) == [("a", [1], {})]


def test_which_exposures_would_have_another_level_is_told_before_anybody_adopts_it():
    stricter = loading.parse(changed(["levels", 2, "osi_from"], "2.75"))
    cases = [facts(), facts(cb=[0.25, 0, 0, 0.5]), facts(dpc=["behavioural", 1])]

    (found,) = moved(cases, before=RULES, after=stricter)
    assert (found.place, found.before, found.after) == (1, 3, 2)
