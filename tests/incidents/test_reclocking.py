"""A new version of the clock rules moves every open clock, a few incidents at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from audit.models import Due, Entry
from incidents import filings, legalcase, lifecycle, reclocking
from incidents.models import Obligation
from severity.clocks.calendars import Term, Unit
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
NEW = "2026.12-1"


@pytest.fixture
def incident():
    found = make.incident(Sev.SEV2)
    aware(found)
    return found


def aware(incident):
    at = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(incident, aware_at=at, rationale="Mail.", actor=make.officer())


@pytest.fixture
def new_rules(incident, monkeypatch):
    """As those that hold, with 48 hours where there were 72."""
    held = legalcase.rules()
    rule = held.rules["eu-gdpr-33"]
    shorter = replace(rule, term=Term(48, Unit.HOURS))
    rules = replace(held, version=NEW, rules={**held.rules, rule.id: shorter})
    monkeypatch.setattr(legalcase, "rules", lambda: rules)
    return rules


def waiting():
    return Due.objects.waiting().filter(kind=reclocking.RECKON)


def test_open_clocks_move_and_the_story_shows_the_difference(incident, new_rules, engine):
    before = incident.obligations.get().due_at
    reclocking.begin()
    engine.work()
    row = incident.obligations.get()
    assert (row.rules_version, row.due_at) == (NEW, before - timedelta(hours=24))
    said = incident.timeline.filter(kind="legal").latest("pk").text
    assert f"{before:%Y-%m-%d %H:%M}" in said
    assert f"{row.due_at:%Y-%m-%d %H:%M}" in said
    assert Entry.objects.filter(action="legal.reckoned_anew").count() == 1


def test_it_begins_once_for_each_version_and_not_where_all_is_new(incident, engine):
    reclocking.begin()
    assert not waiting().exists()


def test_beginning_twice_plans_it_once(new_rules):
    reclocking.begin()
    reclocking.begin()
    assert waiting().count() == 1


def test_it_goes_on_from_batch_to_batch(incident, new_rules, engine, monkeypatch):
    monkeypatch.setattr(reclocking, "BATCH", 1)
    others = [make.incident(Sev.SEV2) for _each in range(2)]
    for each in others:
        aware(each)
    # As they were by the rules before.
    before = F("due_at") + timedelta(hours=24)
    Obligation.objects.exclude(incident=incident).update(rules_version="2026.11-1", due_at=before)
    reclocking.begin()
    engine.work()
    assert set(Obligation.objects.values_list("rules_version", flat=True)) == {NEW}


def test_what_was_filed_stays_as_it_was(incident, new_rules, engine):
    row = incident.obligations.get()
    filings.decide(row, reportable=False, reason="No risk.", actor=make.officer())
    reclocking.begin()
    engine.work()
    assert not Entry.objects.filter(action="legal.reckoned_anew").exists()


def test_rules_that_hold_no_more_reckon_nothing(incident):
    assert reclocking.reckon_batch("2020.01-1", after=0) == 0
