"""What a merged incident knew for its legal clocks goes on in the one that it is merged into."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import filings, handover, legalcase, legalevents, lifecycle, merging
from incidents.filings import Sent
from incidents.models import Obligation
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

FACTS = {
    "jurisdictions": ["DE"],
    "role": "controller",
    "internal_only": True,
    "unintelligible": False,
    "risk": "risk",
    "categories": ["keystrokes"],
    "sectors": ["technology"],
}


@pytest.fixture
def officer():
    return make.officer()


@pytest.fixture
def both():
    return make.incident(Sev.SEV2), make.incident(Sev.SEV2)


def state(incident, officer, **changed):
    legalevents.state_facts(incident, FACTS | changed, reason="Counsel.", actor=officer)


def happened(incident, kind, officer, **ago):
    at = timezone.now() - timedelta(**ago)
    legalevents.set_event(incident, kind, at, rationale="Logs.", actor=officer)
    return at


def merge(source, target, officer):
    found = merging.merge(source, target, reason="The same.", actor=officer)
    found.refresh_from_db()
    return found


def test_facts_and_moments_are_handed_to_one_that_has_none(both, officer):
    source, target = both
    state(source, officer)
    at = happened(source, "occurred", officer, hours=9)
    merge(source, target, officer)
    assert legalcase.facts_of(target).facts == FACTS
    assert legalcase.moments_of(target)["occurred"] == at
    assert "Taken over from a merged report: Logs." in legalcase.events_of(target).get().rationale
    assert target.obligations.filter(rule="eu-gdpr-33").exists()


def test_the_first_report_of_both_is_the_first_signal(both, officer):
    source, target = both
    merge(source, target, officer)
    state(target, officer, jurisdictions=["IN"])
    assert source.reported_at < target.reported_at
    assert target.obligations.get(rule="in-certin").started_at == source.reported_at


def test_the_earlier_moment_counts_and_a_later_one_changes_nothing(both, officer):
    source, target = both
    early = happened(source, "occurred", officer, hours=9)
    happened(target, "occurred", officer, hours=2)
    happened(source, "suspected", officer, hours=1)
    held = happened(target, "suspected", officer, hours=1, minutes=30)
    merge(source, target, officer)
    moments = legalcase.moments_of(target)
    assert (moments["occurred"], moments["suspected"]) == (early, held)


def test_of_two_answers_the_one_that_lets_more_clocks_run_counts(both, officer):
    source, target = both
    state(source, officer, jurisdictions=["US-CA"], risk="high", individuals=900)
    state(target, officer, internal_only=False, individuals=12)
    merge(source, target, officer)
    facts = legalcase.facts_of(target).facts
    assert facts["jurisdictions"] == ["DE", "US-CA"]
    assert (facts["risk"], facts["individuals"], facts["internal_only"]) == ("high", 900, False)
    assert target.obligations.filter(rule="eu-gdpr-34").exists()


@pytest.mark.parametrize(
    ("mine", "theirs", "both_say"),
    [
        ({"unintelligible": True}, {"unintelligible": False}, {"unintelligible": False}),
        (
            {"significant_incident": False},
            {"significant_incident": True},
            {"significant_incident": True},
        ),
        ({"risk_removed": True}, {"risk_removed": False}, {"risk_removed": False}),
        ({"small_agent": False}, {"small_agent": True}, {"small_agent": False}),
        ({"risk": "high"}, {"risk": "unlikely"}, {"risk": "high"}),
        (
            {"individuals_in": {"US-CA": 5}},
            {"individuals_in": {"US-CA": 9, "US-NY": 1}},
            {"individuals_in": {"US-CA": 9, "US-NY": 1}},
        ),
        ({"role": "controller"}, {"role": "processor"}, {"role": "controller"}),
        ({}, {"sectors": ["finance"]}, {"sectors": ["finance"]}),
    ],
)
def test_the_stricter_of_both(mine, theirs, both_say):
    assert handover.stricter(mine, theirs) == both_say


def test_what_contradicts_is_left_out_and_said(both, officer):
    source, target = both
    # Contained before it occurred there, as it is told here.
    happened(source, "suspected", officer, hours=30)
    happened(target, "occurred", officer, hours=3)
    merge(source, target, officer)
    assert "suspected" not in legalcase.moments_of(target)
    (said,) = [e.text for e in target.timeline.filter(text__startswith="Not taken over")]
    assert "suspected" in said


def test_awareness_stays_a_decision_and_what_was_filed_is_told(both, officer):
    source, target = both
    early = timezone.now() - timedelta(hours=5)
    lifecycle.decide_awareness(source, aware_at=early, rationale="Mail.", actor=officer)
    row = source.obligations.get()
    filings.decide(row, reportable=True, reason="Risk.", actor=officer)
    filings.draft(row, where="Here", actor=officer)
    filings.approve(row, actor=make.officer())
    filings.submit(row, Sent(at=timezone.now(), reference="LfDI-7"), actor=officer)
    found = merge(source, target, officer)
    assert found.aware_at is None
    assert not legalcase.events_of(target).exists()
    said = target.timeline.get(text__startswith="Filed already for a merged report").text
    assert "LfDI-7" in said


def test_nothing_is_said_where_nothing_was_known(both, officer):
    source, target = both
    merge(source, target, officer)
    assert not Obligation.objects.filter(incident=target).exists()
    assert not target.timeline.filter(kind="legal").exists()
