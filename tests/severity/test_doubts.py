"""No rule set takes what nobody knows yet more lightly than the one that came with Andon."""

import pytest

from severity import doubts, loading
from severity.reading import BadRuleSet
from tests.severity.given import RULES, rule_data

KINDS = sorted(rule_data()["triage"]["kinds"])


def spoiled(path, value):
    data = rule_data()
    place = data
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


def refused(data):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(data)
    return str(refusal.value)


def place_of(rule):
    return [each["id"] for each in rule_data()["thresholds"]].index(rule)


def test_the_shipped_rules_are_the_measure():
    assert {name: kind.dpc for name, kind in RULES.triage.kinds.items()} == doubts.LEAST_POINTS
    assert RULES.triage.kind.dpc == doubts.LEAST_KIND
    assert RULES.triage.unlisted_kind.dpc == doubts.LEAST_UNLISTED
    waits = {each.seconds for each in RULES.thresholds if each.undetermined}
    assert waits == {doubts.MOST_SECONDS}


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_data_counts_as_less(kind):
    named = rule_data()["triage"]["kinds"][kind]
    milder = {"category": "simple", "adjust": 0}
    if kind == "contact_details":
        # It is the mildest already, unless the scale itself is moved.
        data = spoiled(["enisa", "dpc", "simple", "base"], 0)
        assert refused(data)
        return
    said = refused(spoiled(["triage", "kinds", kind], named | milder))
    assert f"triage.kinds.{kind} counts 1 of ENISA's points; allowed: " in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_may_count_as_the_worst(kind):
    named = rule_data()["triage"]["kinds"][kind]
    grave = named | {"category": "sensitive", "adjust": 0}
    assert loading.parse(spoiled(["triage", "kinds", kind], grave)).triage.kinds[kind].dpc == 4


def test_a_kind_that_is_left_out_counts_as_one_that_is_not_listed():
    assert (
        "mouse_movements"
        not in loading.parse(spoiled(["triage", "kinds", "mouse_movements"], None)).triage.kinds
    )


@pytest.mark.parametrize("value", [None, {"category": "sensitive", "adjust": 0, "why": "w"}])
def test_credentials_go_on_to_open_other_stores(value):
    said = refused(spoiled(["triage", "kinds", "credentials"], value))
    assert "triage.kinds.credentials must have secrets: true" in said


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["triage", "ei"], "0.75", "triage.ei is 0.75; allowed: 1"),
        (["triage", "evidence"], "none_logs_complete", "triage.evidence is 'none_logs_complete'"),
        (["triage", "long_after_days"], 31, "triage.long_after_days is 31; allowed: 1 to 30"),
        (["triage", "answers", "few_inside", "audience"], "none_readable", "allowed: team_le_50"),
        (["triage", "answers", "few_inside", "confidentiality"], "0", "allowed: 0.25 or more"),
        (["triage", "answers", "everyone_inside", "audience"], "team_le_50", "allowed: org_wide"),
        (["triage", "answers", "outside", "confidentiality"], "0.25", "allowed: 0.5 or more"),
        (["triage", "when_unknown", "people"], "le_10k", "allowed: le_1m, le_100m, gt_100m"),
        (["triage", "when_unknown", "duration"], "lt_1h", "allowed: le_30d, gt_30d"),
        (["triage", "when_unknown", "kind", "adjust"], 0, "when_unknown.kind counts 2"),
        (["triage", "when_unknown", "unlisted_kind", "adjust"], -1, "unlisted_kind counts 3"),
    ],
)
def test_what_nobody_knows_counts_as_no_less(path, value, said):
    assert said in refused(spoiled(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["triage", "evidence"], "confirmed_internal"),
        (["triage", "long_after_days"], 7),
        (["triage", "answers", "few_inside", "audience"], "department_le_1000"),
        (["triage", "when_unknown", "people"], "gt_100m"),
        (["triage", "when_unknown", "duration"], "gt_30d"),
    ],
)
def test_it_may_count_as_more(path, value):
    assert loading.parse(spoiled(path, value)).version == RULES.version


@pytest.mark.parametrize("rule", ["pause-undetermined", "escalate-undetermined"])
def test_nothing_stays_undetermined_for_longer(rule):
    path = ["thresholds", place_of(rule), "seconds"]
    said = refused(spoiled(path, 901))
    assert f"thresholds[{place_of(rule)}].seconds is 901" in said
    assert "allows: 1 to 900" in said
    assert loading.parse(spoiled(path, 60))


@pytest.mark.parametrize("rule", ["pause-undetermined", "escalate-undetermined"])
def test_a_second_rule_may_come_later_beside_the_one_in_time(rule):
    data = rule_data()
    later = data["thresholds"][place_of(rule)] | {"id": "once-more", "seconds": 3600}
    data["thresholds"].insert(0, later)
    assert loading.parse(data)
