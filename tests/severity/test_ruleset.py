"""A rule set decides nothing until all of it is right."""

import random
from datetime import date

import pytest

from severity import loading
from severity.ladder import Sev
from severity.loading import CURRENT, FOLDER
from severity.reading import BadRuleSet
from tests.severity.given import RULES, rule_data

SHIPPED = {"2026.11-1": "d0582394401b633cb802c0d258467fead31fd62d2c08996d8ba252734a949641"}


def spoiled(path, value):
    """The shipped data with one place changed; `value` None takes the place away."""
    data = rule_data()
    *way, last = path
    place = data
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


def every_key(data, path=()):
    """Each key of each mapping, but those of a `when`, of which any may be absent."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*path, key)
            if key != "when":
                yield from every_key(value, (*path, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from every_key(value, (*path, place))


# Flags that say yes where they stand and no where they do not, and the kinds of
# data, which the rule set itself names.
OPTIONAL = ("holds_against_floors", "beats_every_cap", "secrets")
NEEDED = [
    path
    for path in every_key(rule_data())
    if path[-1] not in OPTIONAL and path[:-1] != ("triage", "kinds")
]


@pytest.mark.parametrize("version", SHIPPED)
def test_a_version_that_was_shipped_never_changes(version):
    # A changed rule is a new file: old assessments name the version that decided them.
    assert loading.load(version).sha256 == SHIPPED[version]


def test_every_file_of_rules_can_be_loaded():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SHIPPED)
    assert loading.current().version == CURRENT


def test_the_hash_is_of_the_data_not_of_its_layout():
    data = rule_data()
    keys = list(data)
    random.Random(1).shuffle(keys)

    assert loading.parse({key: data[key] for key in keys}).sha256 == RULES.sha256
    other = spoiled(["floors", 0, "why"], "another reason")
    assert loading.parse(other).sha256 != RULES.sha256


def test_no_key_may_be_left_out():
    def accepted(path):
        try:
            return bool(loading.parse(spoiled(path, None)))
        except BadRuleSet:
            return False

    assert not [".".join(map(str, path)) for path in NEEDED if accepted(path)]


@pytest.mark.parametrize("sev", Sev)
def test_a_ladder_that_drops_a_level_is_refused(sev):
    data = rule_data()
    del data["levels"][sev]

    with pytest.raises(BadRuleSet, match="levels"):
        loading.parse(data)


@pytest.mark.parametrize("sev", [0, 1, 2])
def test_rules_under_which_a_program_runs_on_at_sev_0_to_2_are_refused(sev):
    data = rule_data()
    data["thresholds"] = [rule for rule in data["thresholds"] if rule["id"] != f"pause-sev{sev}"]

    with pytest.raises(BadRuleSet, match=f"must pause at once at SEV {sev}"):
        loading.parse(data)


def test_a_pause_that_a_person_may_veto_does_not_count_as_one_at_once():
    data = rule_data()
    data["thresholds"][2] |= {"mode": "automatic_after", "seconds": 1}

    with pytest.raises(BadRuleSet, match="must pause at once at SEV 2"):
        loading.parse(data)


@pytest.mark.parametrize(
    "rule", ["pause-own-threshold", "pause-undetermined", "escalate-undetermined"]
)
def test_rules_that_forget_a_programs_threshold_or_the_undetermined_are_refused(rule):
    data = rule_data()
    data["thresholds"] = [each for each in data["thresholds"] if each["id"] != rule]

    with pytest.raises(BadRuleSet, match="thresholds must"):
        loading.parse(data)


WIDE = "all_programs_on_the_store"


@pytest.mark.parametrize(
    ("place", "scope", "said"),
    [
        (0, "program_and_derived", f"at once at SEV 0 allows: {WIDE}"),
        (0, "dataset_or_collectors", f"at once at SEV 0 allows: {WIDE}"),
        (1, "program", f"at once at SEV 1 allows: {WIDE}, program_and_derived"),
        (2, "dataset_or_collectors", f"SEV 2 allows: {WIDE}, program_and_derived, program"),
        (2, "programs_concerned", f"SEV 2 allows: {WIDE}, program_and_derived, program"),
        (4, "dataset_or_collectors", "a program's own threshold allows:"),
        (8, "program", "nobody determines the severity allows: programs_concerned"),
    ],
)
def test_a_pause_that_stops_less_than_the_floor_is_refused(place, scope, said):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(spoiled(["thresholds", place, "scope"], scope))

    assert f"thresholds[{place}].scope is '{scope}'" in str(refusal.value)
    assert said in str(refusal.value)


def test_a_wider_pause_and_a_smaller_one_besides_are_allowed():
    data = spoiled(["thresholds", 2, "scope"], "program_and_derived")
    small = data["thresholds"][2] | {"id": "first", "scope": "dataset_or_collectors"}
    data["thresholds"].insert(0, small)

    assert loading.parse(data).thresholds[0].id == "first"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("reason_required", False, "policy.lowering.reason_required is false; allowed: true"),
        ("second_person", False, "policy.lowering.second_person is false; allowed: true"),
        ("from_levels", [5], "policy.lowering.from_levels leaves out SEV 0, SEV 1, SEV 2"),
        ("from_levels", [0, 1, 3], "leaves out SEV 2; allowed: any levels that include 0, 1 and"),
    ],
)
def test_rules_by_which_one_person_alone_could_lower_a_grave_level_are_refused(key, value, said):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(spoiled(["policy", "lowering", key], value))

    assert said in str(refusal.value)


def test_more_levels_may_need_a_second_person():
    data = spoiled(["policy", "lowering", "from_levels"], [0, 1, 2, 3])

    assert Sev.SEV3 in loading.parse(data).policy.second_person_from


def with_cap(*, holds=True, **when):
    data = rule_data()
    cap = {"id": "C9", "at_most": 5, "when": when, "why": "we say so"}
    data["caps"].append(cap | ({"holds_against_floors": True} if holds else {}))
    return data


@pytest.mark.parametrize(
    "when",
    [
        {"people_up_to": 9999999999},
        {"people_up_to": 101},
        {"secrets": True},
        {"audience": ["public_unauthenticated"], "dpc_from": 4},
    ],
)
def test_a_cap_that_silences_floors_asks_for_what_does_no_harm(when):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(with_cap(**when))

    assert str(refusal.value) == (
        "rule set: caps[3].when must ask for one of these, as the cap holds against floors: "
        "unintelligible, near_miss, or people_up_to of at most 100"
    )


@pytest.mark.parametrize("when", [{"people_up_to": 100}, {"near_miss": True, "dpc_from": 2}])
def test_a_cap_for_few_or_for_what_nobody_could_read_may_hold_against_floors(when):
    assert loading.parse(with_cap(**when)).caps[3].wins


def without_floors(data):
    data["floors"] = [{"id": "F9", "at_least": 5, "when": {"secrets": True}, "why": "none"}]
    return data


def milder(data):
    for place, begins in enumerate(["50", "40", "30", "20", "10"]):
        data["levels"][place]["osi_from"] = begins
    return data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (milder(rule_data()), "behavioural data of 1000 people, open to the whole organisation"),
        (milder(rule_data()), "SEV 3 (by F4); allowed: SEV 2 or worse"),
        (with_cap(holds=False, audience=["org_wide"]), "SEV 3 (by F4)"),
        (without_floors(with_cap(holds=False, dpc_from=4)), "health data of 50000 people, open"),
        (without_floors(with_cap(holds=False, secrets=True)), "organisation, secrets SEV 5 (by C9"),
        (
            without_floors(with_cap(holds=False, audience=["unlisted_link"])),
            "health data of 50000 people, open to unlisted_link SEV 5 (by C9)",
        ),
    ],
    ids=["ladder", "ladder, by what", "readers", "kind of data", "flag", "one audience"],
)
def test_rules_under_which_nothing_grave_would_stop_a_program_are_refused(data, said):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(data)

    assert "rule set: levels, caps and floors make " in str(refusal.value)
    assert said in str(refusal.value)


def test_rules_that_cannot_weigh_a_grave_exposure_are_refused():
    data = rule_data()
    for kind in data["triage"]["kinds"].values():
        kind["adjust"] = 0 if kind["category"] == "behavioural" else kind["adjust"]
    data["triage"]["when_unknown"]["kind"]["adjust"] = 0
    del data["enisa"]["dpc"]["behavioural"]["adjust"][1]

    with pytest.raises(BadRuleSet, match="enisa must be able to weigh behavioural data of 1000"):
        loading.parse(data)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["version"], "latest", "version is 'latest', must look like \"2026.11-1\""),
        (["extra"], 1, "extra is not known; allowed here: version, enisa"),
        (["enisa", "dpc", "simple", "bass"], 1, "enisa.dpc.simple.bass is not known"),
        (["enisa", "dpc", "simple", "base"], True, "enisa.dpc.simple.base must be a whole number"),
        (["enisa", "dpc", "simple", "adjust", 2, "by"], 4, "whole number, 0 to 3, not 4"),
        (["enisa", "dpc", "simple", "adjust", 2, "by"], 1, "gives 1 a second time"),
        (["enisa", "ei", "limited", "points"], 0.5, "a decimal in quotes"),
        (["enisa", "ei", "limited", "points"], "0.125", "a decimal in quotes"),
        (["enisa", "ei", "limited", "points"], "NaN", "a decimal in quotes"),
        (["enisa", "ei", "limited", "points"], "1e1", "a decimal in quotes"),
        (["enisa", "ei", "limited", "points"], "0.75", "four different values"),
        (["enisa", "ei", "limited", "points"], "0.8", "must not fall"),
        (["enisa", "cb", "integrity", 0, "points"], "0.25", 'must begin at "0"'),
        (["enisa", "cb_most"], "2.5", "does not match the scales, which add up to 2"),
        (["enisa", "bands", 0, "name"], "mild", "must be low, medium, high, very_high"),
        (["enisa", "bands", 0, "from"], "1", 'must begin at "0" and rise'),
        (["enisa", "bands", 2, "from"], "2", 'must begin at "0" and rise'),
        (["index", "audience", "org_wide", "points"], "0.75", "index.audience must not fall"),
        (["index", "people", "le_100", "points"], "-1", "index.people must not fall"),
        (["index", "duration", "gt_30d", "points"], "-0.5", "index.duration must not fall"),
        (["index", "evidence", "confirmed_internal", "points"], "0", "index.evidence must not"),
        (["index", "people", "le_100", "from"], 12, "must begin at 11: no gap, no overlap"),
        (["index", "people", "le_100", "to"], 5, "whole number, 11 to"),
        (["index", "people", "gt_100m", "to"], 10**9, "must have no upper end"),
        (["index", "ongoing", "points"], "-0.25", "must not make an incident milder"),
        (["levels", 1, "osi_from"], "6", "must fall from one osi_from to the next"),
        (["levels", 5, "osi_from"], "0", "is null for the last level"),
        (["levels", 1, "sev"], 0, "SEV 0 to SEV 5 in this order, each once"),
        (["levels"], [], "must be a list with an entry"),
        (["caps", 0, "at_most"], 6, "whole number, 0 to 5"),
        (["caps", 1, "id"], "C1", "caps has an id twice"),
        (["caps", 0, "when"], {}, "must name a condition"),
        (["caps", 1, "when"], {"unintelligible": False}, "can only ask for true"),
        (["caps", 0, "when", "audience"], ["team"], "is 'team'; allowed: none_readable"),
        (["floors", 1, "when", "people"], 5, "floors[1].when.people is not known"),
        (["floors", 0, "why"], " ", "must be text"),
        (["floors", 0, "why"], date(2026, 11, 1), "floors[0].why must be text, not date"),
        (["thresholds", 0, "levels"], [int("f" * 9000, 16)], "must be a whole number, 0 to 5, not"),
        (["policy", "keep_peak_sev"], "yes", "must be true or false"),
        (["policy", "full_assessment_due", "sev0"], {}, "either hours or business_days"),
        (["thresholds", 1, "id"], "pause-sev0", "has an id twice"),
        (["thresholds", 1, "id"], "x" * 41, "thresholds[1].id has 41 characters; allowed: at most"),
        (["thresholds", 1, "why"], "x" * 201, "thresholds[1].why has 201 characters; allowed: at"),
        (["index", "evidence", "exfiltrated_published_or_misused", "points"], "95", "to 99.99"),
        (["index", "audience", "none_readable", "points"], "-99.9", "adds up to -101.15; allowed"),
        (["thresholds", 0, "undetermined"], True, "one of levels, undetermined, own_threshold"),
        (["thresholds", 0, "mode"], "overdue", "overdue goes with undetermined"),
        (["thresholds", 0, "seconds"], 60, "goes with automatic_after and overdue only"),
        (["thresholds", 4, "own_threshold"], False, "can only be true"),
        (["thresholds", 5, "scope"], "program", "goes with a pause, and only with it"),
        (["triage", "ei"], "0.3", "not on ENISA's scale"),
        (["triage", "answers", "outside", "confidentiality"], "1", "not on ENISA's scale"),
        (["triage", "when_unknown", "audience"], "few_inside", "an answer that counts as public"),
        (["triage", "when_unknown", "audience"], "unknown", "an answer that counts as public"),
        (["triage", "kinds", "health", "adjust"], 1, "allowed for sensitive: -3, -2, -1, 0"),
        (["triage", "kinds"], {}, "must be a mapping with an entry"),
        (["triage", "kinds", "Health Data"], {}, "must be lower-case words"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_path(path, value, said):
    with pytest.raises(BadRuleSet) as refusal:
        loading.parse(spoiled(path, value))

    assert said in str(refusal.value)


@pytest.mark.parametrize("data", [None, [], "rules", 3])
def test_what_is_no_mapping_is_no_rule_set(data):
    with pytest.raises(BadRuleSet, match="the whole must be a mapping"):
        loading.parse(data)


@pytest.mark.parametrize(
    "version", ["../secrets", "2026.11-1/../x", "", "2026.11-1\n", "٢٠٢٦.11-1"]
)
def test_a_version_never_becomes_another_path(version):
    with pytest.raises(BadRuleSet, match="must look like"):
        loading.load(version)


def test_a_version_that_was_not_shipped_says_which_were():
    with pytest.raises(BadRuleSet, match="1999.01-1 was not shipped; there is: 2026.11-1"):
        loading.load("1999.01-1")


def test_a_file_that_gives_a_key_twice_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("severity.loading.FOLDER", tmp_path)
    (tmp_path / "2026.12-1.yaml").write_text('version: "2026.12-1"\nversion: "2026.12-2"\n')

    with pytest.raises(BadRuleSet, match="line 2: 'version' is given twice"):
        loading.load("2026.12-1")


def test_a_file_that_holds_another_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("severity.loading.FOLDER", tmp_path)
    shipped = (FOLDER / f"{CURRENT}.yaml").read_text()
    (tmp_path / "2026.12-2.yaml").write_text(shipped)

    with pytest.raises(BadRuleSet, match=r"is 2026\.11-1 in the file of 2026\.12-2"):
        loading.load("2026.12-2")


def test_the_policy_asks_a_second_person_before_a_grave_level_is_lowered():
    assert RULES.policy.second_person_from == {Sev.SEV0, Sev.SEV1, Sev.SEV2}
    assert RULES.policy.full_assessment_due[Sev.SEV2].hours == 2
    assert RULES.policy.full_assessment_due[Sev.SEV4].business_days == 3
