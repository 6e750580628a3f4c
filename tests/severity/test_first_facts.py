"""What a VERIS record allows to state of how bad it was, and what is assumed for it."""

from decimal import Decimal

import pytest

from severity import loading
from severity.assessment import assess
from severity.ladder import Sev
from severity.veris.first_facts import first_facts
from severity.veris.reading import read
from severity.vocabulary import Audience, Evidence
from tests.severity.given import RULES, rule_data
from tests.severity.test_veris import CONFIDENTIAL, FULL, changed, record


def test_first_facts_take_the_worst_plausible_and_say_what_was_assumed():
    found = first_facts(read(FULL), RULES)

    assert found.facts.audience is Audience.PUBLIC
    assert found.facts.evidence is Evidence.NONE_LOGS_INCOMPLETE
    assert (found.facts.people_count, found.facts.duration) == (70_000, "gt_30d")
    assert assess(found.facts, RULES).sev is Sev.SEV2
    assert found.assumed == (
        "people: counted as one for each record",
        "readers unknown: counted as the public",
    )


@pytest.mark.parametrize(
    ("changes", "fact", "value"),
    [
        ({"data": [{"variety": "Medical"}, {"variety": "Personal"}]}, "category", "sensitive"),
        ({"data": [{"variety": "Payment"}]}, "category", "financial"),
        ({"data": []}, "category", "simple"),
        ({"data_total": 5}, "people", "le_10"),
        ({"data_total": 10**11}, "people_count", "None"),
        ({"data_total": None}, "people", "le_1m"),
        ({"data_disclosure": "Yes"}, "evidence", "confirmed_external"),
        ({"data_disclosure": "No"}, "evidence", "none_logs_complete"),
        ({"state": ["Stored encrypted"]}, "ei", "0.25"),
        ({"state": ["Stored encrypted", "Unknown"]}, "ei", "1"),
    ],
)
def test_first_facts_follow_what_the_record_says_of_the_data(changes, fact, value):
    given_record = record()
    confidentiality = given_record["attribute"]["confidentiality"]
    confidentiality |= changes
    found = first_facts(read(given_record), RULES).facts
    said = {"category": found.dpc.category, "ei": found.ei}.get(fact) or getattr(found, fact)

    assert str(said) == value


@pytest.mark.parametrize(
    ("action", "audience", "malicious"),
    [
        ({"error": {"variety": ["Publishing error"]}}, "public_unauthenticated", "0"),
        ({"error": {"variety": ["Misdelivery"]}}, "known_external", "0"),
        ({"misuse": {"variety": ["Privilege abuse"]}}, "team_le_50", "0.5"),
        ({"hacking": {"variety": ["Unknown"]}}, "public_unauthenticated", "0.5"),
    ],
)
def test_first_facts_follow_what_was_done(action, audience, malicious):
    found = first_facts(read(record(action=action)), RULES).facts

    assert (found.audience, str(found.cb.malicious)) == (audience, malicious)
    assert str(found.cb.availability) == "0.5"


@pytest.mark.parametrize(
    ("changes", "disclosure", "near_miss"),
    [
        ({"security_incident": "Near miss"}, "No", True),
        ({"security_incident": "Near miss"}, "Potentially", True),
        ({"security_incident": "Near miss"}, "Yes", False),
        ({"security_incident": "Suspected"}, "No", False),
    ],
)
def test_a_near_miss_is_capped_unless_somebody_got_the_data(changes, disclosure, near_miss):
    given_record = record(**changes)
    given_record["attribute"]["confidentiality"]["data_disclosure"] = disclosure
    found = first_facts(read(given_record), RULES).facts

    assert found.near_miss is near_miss
    assert (assess(found, RULES).sev is Sev.SEV5) is near_miss


@pytest.mark.parametrize("kinds", [["Classified"], ["Internal", "System", "Secrets"]])
def test_data_of_nobody_reached_nobody(kinds):
    data = [{"variety": kind} for kind in kinds]
    found = first_facts(read(changed((*CONFIDENTIAL, "data"), data)), RULES)

    assert found.assumed[0] == "no data of people are named: counted as none reached"
    assert assess(found.facts, RULES).sev is Sev.SEV5


@pytest.mark.parametrize(
    ("kinds", "category"),
    [(["Classified", "Medical"], "sensitive"), (["Internal", "Credentials"], "simple")],
)
def test_data_of_people_count_beside_data_of_nobody(kinds, category):
    data = [{"variety": kind} for kind in kinds]
    found = first_facts(read(changed((*CONFIDENTIAL, "data"), data)), RULES).facts

    assert (found.dpc.category, found.near_miss) == (category, False)


def test_data_of_a_kind_that_nobody_weighs_have_no_facts():
    given_record = changed((*CONFIDENTIAL, "data"), [{"variety": "Digital certificate"}])

    assert first_facts(read(given_record), RULES).facts is None


@pytest.mark.parametrize(
    ("theirs", "most", "found"), [("0.6", "2.1", "0.6"), ("0.4", "1.9", "0.4")]
)
def test_facts_are_on_the_scales_of_the_rules_that_weigh_them(theirs, most, found):
    data = rule_data()
    data["enisa"]["cb"]["malicious"][1]["points"], data["enisa"]["cb_most"] = theirs, most
    rules = loading.parse(data)
    given_record = changed(("action",), {"hacking": {"variety": ["Unknown"]}})
    facts = first_facts(read(given_record), rules).facts

    assert facts.cb.malicious == Decimal(found)
    assert assess(facts, rules).rules_version == rules.version
