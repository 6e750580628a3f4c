"""Which clocks a case has, and what it may state."""

import pytest

from severity.clocks.reckoning import State, reckon
from severity.clocks.ruleset import ClockRules
from severity.facts import BadFact
from tests.severity.clocks_given import NOW, RULES, case, clock, clocks, where

AWARE = {"aware": "2026-12-18T15:30:00Z"}
# Every fact that the form names, and no finding.
PLAIN = {
    "jurisdictions": ["EU"],
    "role": "controller",
    "internal_only": True,
    "unintelligible": False,
    "risk": "risk",
    "individuals": 70_000,
    "categories": ["performance_records"],
    "sectors": ["technology"],
}

HEALTH = {"sectors": ["health"], "categories": ["health"]}
TEXAS = HEALTH | {"jurisdictions": ["US-TX", "US-CA"], "individuals": 501}
NIS2 = {"sectors": ["essential_entity"], "significant_incident": True}
FEW_IN_TEXAS = TEXAS | {"individuals_in": {"US-TX": 500, "US-CA": 1}}
PAYMENT = {"categories": ["payment"]}
IN_CALIFORNIA = {"jurisdictions": ["US-CA", "EU"], "individuals_in": {"US-CA": 501}}
FEW_IN_SINGAPORE = {"internal_only": False, "individuals": 499, "risk": "unlikely"}
FEW_IN_JAPAN = {"individuals": 1000, "internal_only": False, "improper_purpose": False}
NOON = "2026-12-18T15:30:00Z"
BEFORE = "2026-12-17T15:30:00Z"


def state(id_, events=AWARE, **facts):
    stated = case(PLAIN | {"jurisdictions": where(id_)} | facts, events, named=[id_])
    (found,) = reckon(stated, RULES, now=NOW)
    return found.state


def test_a_case_has_a_line_for_each_rule_that_applies_and_no_other():
    assert clocks(PLAIN, AWARE) == {
        "eu-gdpr-33": State.RUNNING,
        "eu-gdpr-33-5": State.NO_FIXED_TERM,
    }


def test_a_rule_that_waits_for_its_event_is_there_without_an_end():
    found = clock("eu-gdpr-33", {})

    assert (found.state, found.started_at, found.due_at) == (State.WAITING, None, None)
    assert "It waits for aware." in found.why


def test_a_limit_that_needs_its_rules_event_ends_nothing_alone():
    found = clock("eu-dora-initial", {"aware": "2026-12-16T15:30:00Z"})

    assert (found.state, found.due_at) == (State.WAITING, None)
    assert "24 hours after aware at the latest, 2026-12-17T16:30:00+01:00" in found.why


def test_rules_that_are_named_are_the_lines_there_are_applicable_or_not():
    named = ["us-sec-8k", "eu-gdpr-33", "eu-gdpr-33-omnibus"]
    found = reckon(case(PLAIN, AWARE, named=named), RULES, now=NOW)

    assert [each.rule.id for each in found] == named
    assert [each.state.value for each in found] == ["not_applicable", "running", "disabled"]
    assert "Does not apply: United States is not named." in found[0].why
    assert found[0].due_at is None
    assert reckon(case(PLAIN, AWARE, named=[]), RULES, now=NOW) == ()


@pytest.mark.parametrize(
    ("id_", "facts", "expected"),
    [
        ("eu-gdpr-33", {"role": "processor"}, "not_applicable"),
        ("eu-gdpr-33", {"role": None}, "undetermined"),
        ("eu-gdpr-33", {"risk": "unlikely"}, "not_applicable"),
        ("eu-gdpr-33", {"risk": None}, "undetermined"),
        # readers inside alone make a breach under the GDPR
        ("eu-gdpr-33", {"internal_only": True}, "running"),
        ("eu-gdpr-33", {"individuals": 0, "risk": "unlikely"}, "not_applicable"),
        ("eu-gdpr-33", {"categories": []}, "not_applicable"),
        ("eu-gdpr-33", {"jurisdictions": ["NO"]}, "running"),
        ("eu-gdpr-33", {"jurisdictions": ["EU/EEA"]}, "running"),
        ("eu-gdpr-33", {"jurisdictions": ["DE"]}, "running"),
        ("eu-gdpr-33", {"jurisdictions": ["UK", "CH"]}, "not_applicable"),
        ("eu-gdpr-33", {"jurisdictions": None}, "undetermined"),
        ("eu-gdpr-33-5", {"risk": "unlikely"}, "no_fixed_term"),
        ("eu-gdpr-33-2", {}, "not_applicable"),
        ("eu-gdpr-33-2", {"role": "processor"}, "waiting"),
        ("eu-gdpr-34", {"risk": "high"}, "waiting"),
        ("eu-gdpr-34", {"risk": "high", "unintelligible": True}, "not_applicable"),
        ("eu-gdpr-34", {"risk": "high", "risk_removed": True}, "not_applicable"),
        ("eu-nis2-early", {}, "not_applicable"),
        ("eu-nis2-early", NIS2, "running"),
        ("eu-nis2-early", {"sectors": None}, "undetermined"),
        ("eu-nis2-early", {"sectors": ["energy"]}, "undetermined"),
        ("eu-nis2-early", {"sectors": ["something else"]}, "undetermined"),
        ("eu-nis2-early", NIS2 | {"significant_incident": False}, "not_applicable"),
        ("eu-nis2-early", NIS2 | {"jurisdictions": ["EEA"]}, "undetermined"),
        ("eu-nis2-early", NIS2 | {"jurisdictions": ["NO"]}, "undetermined"),
        ("us-hipaa-hhs-500", HEALTH | {"individuals": 500}, "running"),
        ("us-hipaa-hhs-500", HEALTH | {"individuals": 499}, "not_applicable"),
        ("us-hipaa-hhs-500", HEALTH | {"individuals": None}, "undetermined"),
        ("us-hipaa-hhs-lt500", HEALTH | {"individuals": 499}, "running"),
        ("us-hipaa-individual", HEALTH | {"unintelligible": True}, "not_applicable"),
        ("us-hipaa-individual", HEALTH | {"categories": ["transcripts"]}, "undetermined"),
        ("us-hipaa-media", TEXAS | {"jurisdictions": ["US", "US-TX"]}, "running"),
        ("us-hipaa-media", TEXAS, "undetermined"),
        ("us-hipaa-media", FEW_IN_TEXAS, "not_applicable"),
        ("us-hipaa-media", HEALTH | {"individuals": 500}, "not_applicable"),
        ("us-ca-individual", {"categories": ["payment"]}, "running"),
        ("us-ca-individual", {}, "not_applicable"),
        ("us-ca-individual", PAYMENT | {"unintelligible": True}, "not_applicable"),
        ("us-ca-individual", {"categories": ["diaries"]}, "undetermined"),
        ("us-ca-individual", PAYMENT | {"jurisdictions": ["US"]}, "undetermined"),
        ("us-ca-individual", PAYMENT | {"jurisdictions": ["US", "US-NY"]}, "not_applicable"),
        ("us-sec-8k", {"sectors": ["Public-company"], "material": True}, "waiting"),
        ("us-ca-ag", {}, "waiting"),
        ("us-ca-ag", {"individuals": 500}, "not_applicable"),
        ("us-ca-ag", {"jurisdictions": ["US-CA", "EU"]}, "undetermined"),
        ("us-ca-ag", IN_CALIFORNIA, "waiting"),
        ("us-state-typical", {"jurisdictions": ["US"]}, "running"),
        ("us-state-typical", {"jurisdictions": ["US-OH"]}, "running"),
        ("us-state-typical", {"jurisdictions": None}, "undetermined"),
        ("us-state-typical", {"jurisdictions": ["US", "US-CA"]}, "not_applicable"),
        ("us-sec-8k", {"sectors": ["public_company"]}, "undetermined"),
        ("us-sec-8k", {"sectors": ["public_company"], "material": False}, "not_applicable"),
        ("sg-pdpc", {}, "not_applicable"),
        ("sg-pdpc", {"internal_only": False}, "waiting"),
        ("sg-pdpc", FEW_IN_SINGAPORE, "not_applicable"),
        ("jp-prelim", {}, "undetermined"),
        ("jp-prelim", {"internal_only": False}, "running"),
        ("jp-prelim", FEW_IN_JAPAN, "not_applicable"),
        ("kr-pipa", {"individuals": 1000}, "running"),
        ("kr-pipa", {"individuals": 999}, "undetermined"),
        ("kr-pipa", {"individuals": 999, "categories": ["health"]}, "running"),
        ("cn-cac-4h", {"individuals": 1_000_001}, "running"),
        ("cn-cac-4h", {"individuals": 1_000_000}, "undetermined"),
        ("in-certin", {}, "waiting"),
        ("in-certin", {"india_entity": False}, "not_applicable"),
        ("br-anpd", {"risk": "high"}, "waiting"),
        ("br-anpd", {"risk": "unlikely"}, "not_applicable"),
        ("ca-pipeda", {"risk": "unlikely"}, "not_applicable"),
        ("au-assess", {}, "undetermined"),
        ("custom-contract", {"jurisdictions": []}, "running"),
    ],
)  # fmt: skip
def test_a_rule_applies_where_its_facts_hold_and_may_where_one_is_not_known(id_, facts, expected):
    assert state(id_, **facts) == expected


@pytest.mark.parametrize(
    ("id_", "event"),
    [
        ("us-sec-8k", "determined_material"),
        ("eu-dora-initial", "classified_major"),
        ("us-nydfs-24", "paid_extortion"),
        ("au-assess", "suspected"),
        ("ca-pipeda", "determined_notifiable"),
    ],
)
def test_an_event_that_is_set_settles_what_it_found(id_, event):
    sectors = ["sec_registrant", "dora_entity", "nydfs_covered"]

    found = state(id_, {event: "2026-12-18T15:30:00Z"}, sectors=sectors)
    assert found in (State.RUNNING, State.NO_FIXED_TERM)


def test_an_event_settles_nothing_where_the_stated_risk_says_no():
    event = {"determined_notifiable": "2026-12-18T15:30:00Z"}

    assert state("ca-pipeda", event, risk="unlikely") is State.NOT_APPLICABLE


def test_a_rule_that_is_not_in_force_yet_does_not_apply():
    before, after = {"aware": "2027-05-12T18:29:59Z"}, {"aware": "2027-05-12T18:30:00Z"}

    assert clock("in-dpdp-72", before).state is State.NOT_APPLICABLE
    assert "in force from 2027-05-13, and this counts from 2027-05-12" in (
        clock("in-dpdp-72", before).why
    )
    assert clock("in-dpdp-72", after).state is State.RUNNING
    assert clock("in-dpdp-72", {}).state is State.WAITING


def test_a_clock_that_may_apply_ends_as_if_it_did_and_says_what_is_missing():
    found = clock("eu-gdpr-33", AWARE, risk=None)

    assert found.due_at is not None
    assert "It may apply, and counts as if it did: risk is not stated." in found.why


@pytest.mark.parametrize(
    ("facts", "events", "said"),
    [
        ({"jurisdictions": ["EU", "Atlantis"]}, {}, "facts.jurisdictions is 'Atlantis'; allowed"),
        ({"jurisdictions": [False]}, {}, 'facts.jurisdictions is False; .* write "NO"'),
        ({"jurisdictions": "EU"}, {}, "facts.jurisdictions is 'EU'; allowed: a list"),
        ({"categories": ["x" * 81]}, {}, "facts.categories is 'xxx"),
        ({"sectors": ["x"] * 301}, {}, "facts.sectors is .* at most 300 words"),
        ({"role": "owner"}, {}, "facts.role is 'owner'; allowed: controller, processor"),
        ({"risk": True}, {}, "facts.risk is True; allowed: unlikely, risk, high"),
        ({"internal_only": "yes"}, {}, "facts.internal_only is 'yes'; allowed: true, false"),
        ({"material": 1}, {}, "facts.material is 1; allowed: true, false"),
        ({"individuals": -1}, {}, "facts.individuals is -1; allowed: a whole number from 0 to"),
        ({"individuals": 8_500_000_001}, {}, "facts.individuals is 8500000001; allowed"),
        ({"individuals": True}, {}, "facts.individuals is True; allowed"),
        ({"individuals": 1.5}, {}, "facts.individuals is 1.5; allowed"),
        ({"individuals_in": {"Atlantis": 1}}, {}, "facts.individuals_in is 'Atlantis'; allowed"),
        ({"individuals_in": {"US-CA": -1}}, {}, "facts.individuals_in.US-CA is -1; allowed"),
        ({"individuals_in": {5: 1}}, {}, "facts.individuals_in is 5; allowed"),
        ({"individuals": 5, "individuals_in": {"US-CA": 6}}, {}, "US-CA is 6; allowed: at most"),
        ({"individuals": 0, "risk": "high"}, {}, "facts.risk is high, yet individuals is 0"),
        ({"people": 5}, {}, "facts.people is not known; allowed: jurisdictions, role"),
        ({7: 5}, {}, "facts.7 is not known"),
        ({}, {"known": "2026-01-01T00:00:00Z"}, "events.known is not known; allowed: occurred,"),
        ({}, {"aware": "2026-12-18T15:30:00"}, "aware is 2026-12-18T15:30:00, without an offset"),
        ({}, {"aware": "2026-12-18"}, "events.aware is 2026-12-18T00:00:00, without an offset"),
        ({}, {"aware": "yesterday"}, "events.aware is 'yesterday'; allowed: a moment with"),
        ({}, {"aware": 20261218}, "events.aware is 20261218; allowed: a moment"),
        ({}, {"aware": "1999-12-31T23:59:59Z"}, "events.aware is '1999-12-31.* from 2000 to 2099"),
        ({}, {"aware": "9999-12-31T23:59:59-12:00"}, "events.aware is '9999-12-31"),
        ({}, {"aware": "2033-02-01T00:00:00Z"}, "events.aware is 2033-02-01.* in the future"),
        ({}, {"occurred": NOON, "contained": BEFORE}, r"contained is .* before occurred \(2026-"),
        ({}, {"first_signal": NOON, "aware": "2026-12-18T16:29:59+01:00"}, "before first_signal"),
        ({}, {"submitted_initial": NOON, "submitted_intermediate": BEFORE}, "before submitted"),
    ],
)  # fmt: skip
def test_a_fact_or_event_that_cannot_be_is_refused_by_name(facts, events, said):
    with pytest.raises(BadFact, match=said):
        case(facts, events)


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"named": ["eu-gdpr-99"]}, "rules is 'eu-gdpr-99'; allowed: eu-gdpr-33,"),
        ({"named": "eu-gdpr-33"}, "rules is 'eu-gdpr-33'; allowed: a list of rule ids"),
        ({"named": ["eu-gdpr-33"] * 2}, "rules has 'eu-gdpr-33' twice"),
        ({"named": [["eu-gdpr-33"]]}, r"rules is \['eu-gdpr-33'\]; allowed"),
        ({"note": "x"}, "note is not known; allowed: id, facts, events, rules"),
        ({"own": "2026-12-18"}, "now is 2026-12-18T00:00:00, without an offset"),
    ],
)
def test_a_case_states_nothing_else(beside, said):
    with pytest.raises(BadFact, match=said):
        case(**beside)


def test_a_case_with_a_now_of_its_own_may_not_go_beyond_it():
    assert case({}, AWARE, own="2026-12-18T15:30:00Z").events
    with pytest.raises(BadFact, match="events.aware is .* in the future; allowed: a moment up to"):
        case({}, AWARE, own="2026-12-18T15:29:59Z")


def test_all_rules_and_events_were_loaded_with_what_was_read_of_them():
    rules = ClockRules.current().rules

    assert len(rules) == 55
    assert len([each for each in RULES.events.values() if each.starts_clocks]) == 16
    assert rules["us-wa"].verified == "unverified"
    assert rules["eu-gdpr-33-omnibus"].status == "proposed"
    assert {each.verified for each in rules.values()} == {
        *["primary", "secondary", "unverified", "none"]
    }
