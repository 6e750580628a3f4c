"""What it costs to let the rules look at one incident: few statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import firing, rulebook
from severity import houserules
from severity.ladder import Sev
from tests import make
from tests.incidents.test_thresholds import author as author
from tests.incidents.test_thresholds import of_house
from tests.incidents.test_thresholds import rule as rule
from tests.incidents.test_thresholds import second as second

pytestmark = pytest.mark.django_db
REVIEW = {"do": "require_review"}


@pytest.fixture
def incidents(rule):
    """Two that were there before the rules, of which two fit and one asks in vain."""
    made = [make.incident(Sev.SEV3) for _ in range(2)]
    rule(REVIEW, id_="fits", kinds=["exposure"])
    rule({"do": "notify", "name": "legal"}, id_="tells", kinds=["exposure"])
    rule(
        REVIEW,
        id_="in-vain",
        kinds=["loss"],
        statuses=["active"],
    )
    firing.again(made[0].pk)
    return made


def test_rules_act_in_few_statements_however_many_they_are(incidents):
    with CaptureQueriesContext(connection) as asked:
        firing.again(incidents[1].pk)
    assert [each.rule for each in of_house(incidents[1])] == ["fits", "tells"]
    said = [query["sql"] for query in asked.captured_queries]
    # To tell somebody are three of them: the event, its due row, and to wake the engine.
    assert len(said) <= 12, said
    locked = next(place for place, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql)
    rules = [place for place, sql in enumerate(said) if "thresholdversion" in sql]
    # Before the lock, so that people wait little; and once more where something is to be done.
    assert rules == [0, rules[-1]]
    assert locked == 1


def test_a_rule_that_was_retired_while_the_incident_was_waited_for_acts_no_more(
    incidents, monkeypatch
):
    meanwhile = iter([rulebook.in_force(), []])
    monkeypatch.setattr(rulebook, "in_force", lambda: next(meanwhile))
    firing.again(incidents[1].pk)
    assert of_house(incidents[1]) == []


def test_the_words_of_a_rule_are_checked_once_and_not_for_every_incident(incidents, monkeypatch):
    read = []
    monkeypatch.setattr(houserules, "read", lambda *said: read.append(said))
    firing.again(incidents[1].pk)
    assert read == []
    assert len(of_house(incidents[1])) == 2


def test_each_version_of_a_rule_is_read_by_its_own_words(incidents, rule):
    rule(REVIEW, id_="fits", based_on="v1", kinds=["misuse"])
    found = {each.id: each.when.kinds for each in rulebook.in_force()}
    assert found["fits"] == ("misuse",)
