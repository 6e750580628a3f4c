"""What a single fact may do to a level, and which rule wins."""

import pytest

from tests.severity.given import assessed, line

WORST = {
    "dpc": ["sensitive", 0],
    "cb": [0.5, 0.5, 0.5, 0.5],
    "audience": "public_unauthenticated",
    "people": "gt_100m",
    "evidence": "exfiltrated_published_or_misused",
    "secrets": True,
}
F1 = {
    "dpc": ["behavioural", 1],
    "ei": 0.75,
    "audience": "public_unauthenticated",
    "people": "le_1m",
    "evidence": "none_logs_complete",
}
F3 = {"dpc": ["sensitive", 0], "ei": 0.25, "people": "le_10k"}


def test_a_threat_to_life_is_sev_0_whatever_else_is_known():
    assert assessed(threat_to_life=True, near_miss=True, unintelligible=True).sev == 0


@pytest.mark.parametrize("audience", ["team_le_50", "department_le_1000", "known_external"])
def test_ten_people_before_readers_one_can_name_are_at_most_sev_3(audience):
    result = assessed(**{**WORST, "secrets": False, "audience": audience, "people": "le_10"})

    assert line(result, "C1")["sev"] == 3
    assert result.sev == 3


@pytest.mark.parametrize("change", [{"people": "le_100"}, {"audience": "org_wide"}])
def test_eleven_people_or_all_colleagues_lift_that_cap(change):
    named = {**WORST, "secrets": False, "audience": "known_external", "people": "le_10"}

    assert assessed(**{**named, **change}).sev < 3


def test_encrypted_data_are_at_most_sev_4_against_every_floor_but_life():
    result = assessed(**WORST, unintelligible=True)

    assert result.sev == 4
    assert line(result, "F1")["value"] == "at least SEV 1; held back by C2"


def test_a_near_miss_is_sev_5_against_every_floor_but_life():
    assert assessed(**WORST, near_miss=True).sev == 5


def test_a_floor_lifts_encrypted_data_as_far_as_their_cap_allows():
    mild = {"audience": "none_readable", "people": "le_10", "duration": "lt_1h"}

    result = assessed(**mild, evidence="none_logs_complete", unintelligible=True)

    assert line(result, "level")["sev"] == 5
    assert result.sev == 4


def test_a_cap_that_does_not_hold_gives_way_to_a_floor():
    result = assessed(
        dpc=["behavioural", 1], audience="known_external", people="le_10", secrets=True
    )

    assert line(result, "C1") is not None
    assert result.sev == 1


def test_public_telling_identifiable_data_of_over_a_thousand_are_sev_1():
    result = assessed(**F1)

    assert line(result, "level")["sev"] == 3
    assert result.sev == 1


@pytest.mark.parametrize(
    "change",
    [
        {"dpc": ["behavioural", 0]},
        {"ei": 0.5},
        {"audience": "unlisted_link"},
        {"people": "le_10k"},
        {"people": "le_10k", "people_count": 1000},
    ],
)
def test_that_floor_needs_each_of_its_conditions(change):
    assert line(assessed(**{**F1, **change}), "F1") is None


def test_an_exact_number_reaches_a_floor_that_its_bracket_alone_does_not():
    assert assessed(**{**F1, "people": "le_10k", "people_count": 1001}).sev == 1


@pytest.mark.parametrize(
    ("audience", "sev"),
    [
        ("org_wide", 3),
        ("known_external", 1),
        ("other_customers", 1),
        ("unlisted_link", 1),
        ("public_unauthenticated", 1),
    ],
)
def test_live_secrets_are_sev_1_once_they_are_outside(audience, sev):
    assert assessed(audience=audience, secrets=True).sev == sev


def test_the_most_sensitive_data_before_all_colleagues_are_sev_2():
    result = assessed(**F3)

    assert line(result, "level")["sev"] == 4
    assert result.sev == 2


@pytest.mark.parametrize(
    "change", [{"dpc": ["sensitive", -1]}, {"audience": "department_le_1000"}, {"people": "le_100"}]
)
def test_the_floor_for_sensitive_data_needs_each_of_its_conditions(change):
    assert line(assessed(**{**F3, **change}), "F3") is None


@pytest.mark.parametrize(("dpc", "floor", "sev"), [(1, "F4", 3), (0, "F5", 4)])
def test_a_high_or_medium_score_cannot_be_made_light_of(dpc, floor, sev):
    mild = {"audience": "none_readable", "people": "le_10", "evidence": "none_logs_complete"}

    result = assessed(dpc=["behavioural", dpc], duration="lt_1h", **mild)

    assert line(result, "level")["sev"] > sev
    assert line(result, floor)["sev"] == sev
    assert result.sev == sev


def test_caps_are_traced_before_floors_and_say_what_they_changed():
    result = assessed(**{**WORST, "audience": "known_external", "people": "le_10"})

    terms = [each["term"] for each in result.trace]
    assert terms[terms.index("level") :] == ["level", "C1", "F2", "F4", "F5"]
    assert line(result, "C1")["why"].endswith("SEV 0 becomes SEV 3")
    assert line(result, "C1")["input"] == "audience known_external, people le_10"
    assert line(result, "F2")["why"].endswith("SEV 3 becomes SEV 1")
    assert line(result, "F5")["why"].endswith("changes nothing")
