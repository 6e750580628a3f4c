"""Each clock by the arithmetic of its own article: nights, weekends, holidays, leap days, zones."""

from pathlib import Path

import pytest
import yaml

from severity.clocks.reckoning import State
from severity.clocks.rules import Status
from tests.severity.clocks_given import RULES, clock, due

TERMS = yaml.safe_load(Path(__file__).with_name("clock_terms.yaml").read_text())
UNKNOWN_SECTORS = {"sectors": None, "dora_strict": None, "cn_critical": None}
NOON, SATURDAY = "2026-12-18T12:00:00Z", "2026-12-19T10:00:00+01:00"
NOTES = [
    ("br-anpd", {"personal_data_known": NOON}, {}, "20 business days after its event, 2027-01-19T"),
    ("us-nydfs-24", {"paid_extortion": NOON}, {}, "30 calendar days after its event, 2027-01-17T"),
    ("us-state-typical", {"aware": NOON}, {}, "Plan with 30 calendar days, 2027-01-17"),
    ("eu-gdpr-34", {"determined_notifiable": NOON}, {}, "our own target, 72 hours"),
    ("eu-gdpr-33-2", {"processor_aware": NOON}, {}, "GDPR Art. 33(2): without undue delay"),
    ("eu-dora-initial", {"classified_major": SATURDAY}, UNKNOWN_SECTORS, "may deny the relief"),
    (
        "eu-nis2-final",
        {"submitted_initial": "2026-11-25T10:00:00Z"},
        {},
        "2026-12-25, is a weekend",
    ),
    ("us-wa", {"aware": NOON}, {}, "Source unverified: a source of 2018 says 45 days"),
    ("uk-gdpr-33", {"aware": NOON}, {}, "Source secondary: the law was not read."),
    ("cn-cac-4h", {"aware": NOON}, UNKNOWN_SECTORS, "1 hour if cn_critical, which is not known"),
]


@pytest.mark.parametrize(("id_", "events", "facts", "ends"), TERMS)
def test_a_clock_ends_when_its_article_says(id_, events, facts, ends):
    assert due(id_, events, **facts) == ends


def test_every_clock_is_reckoned_above():
    assert {id_ for id_, *_ in TERMS} == set(RULES.rules)


@pytest.mark.parametrize("id_", RULES.rules)
def test_every_clock_applies_where_all_its_facts_hold_but_for_proposed_law(id_):
    events, facts = next((events, facts) for each, events, facts, _ in TERMS if each == id_)
    state = clock(id_, events, **facts).state

    proposed = RULES.rules[id_].status is Status.PROPOSED
    assert state is State.DISABLED if proposed else state in (State.RUNNING, State.NO_FIXED_TERM)


@pytest.mark.parametrize(("id_", "events", "facts", "said"), NOTES)
def test_a_clock_says_what_moved_its_end_and_what_was_read(id_, events, facts, said):
    assert said in clock(id_, events, **facts).why
