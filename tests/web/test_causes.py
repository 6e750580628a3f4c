"""Which causes repeat, for leadership: told over all incidents, and of few with one hidden not."""

import pytest

from accounts.functions import Function
from incidents import measuring
from tests import make
from tests.web.conftest import reader
from tests.web.test_leadership import PAGE, figures, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def executive():
    return reader(Function.EXECUTIVE)


def reviewed(*causes, **fields):
    incident = reported(**fields)
    make.reviewed(incident, *causes)
    measuring.refigure(incidents=[incident.pk])
    return incident


def causes_of(found):
    return {line.key: (line.incidents, line.before) for line in found.causes}


def test_causes_that_repeat_are_told_beside_before_and_lead_to_their_incidents(executive):
    mine = {"seen_by": executive.person}
    twice = [reviewed("too_wide", "process", **mine), reviewed("too_wide", **mine)]
    reviewed("too_wide", **mine, days_ago=100)
    reported(**mine)
    found = figures(executive)
    assert (found.reviewed.now, found.reviewed.before) == (2, 1)
    told = causes_of(found)
    assert (told["too_wide"], told["process"], told["code"]) == ((2, 1), (1, 0), (0, 0))
    page = executive.reads(PAGE)
    assert "Of 2 incidents with a published review" in page
    assert (
        "Access was set too wide 2 : Access was set too wide 1 before: Access was set too wide"
        in page
    )
    # Once is no repetition.
    assert "A rule or review was missing" not in page
    listed = executive.reads("/leadership/behind/reviewed/?cause=too_wide")
    assert "Reviewed: Access was set too wide" in listed
    assert all(incident.ref in listed for incident in twice)
    assert "1 incident that" in executive.reads("/leadership/behind/reviewed/?cause=process")
    assert "causes,too_wide,2,1" in executive.get("/leadership/csv/").content.decode()


def test_a_cause_of_few_incidents_one_of_which_is_hidden_is_not_told(executive):
    for _ in range(3):
        reviewed("too_wide", seen_by=executive.person)
    for _ in range(3):
        reviewed("code", seen_by=executive.person)
    reviewed("too_wide")
    told = causes_of(figures(executive))
    assert told["too_wide"] == (None, 0)
    # Of those without it four are left over, one of which is hidden.
    assert told["code"] == (None, 0)
    assert told["process"] == (0, 0)
    page = executive.reads(PAGE)
    assert "Others are not told here" in page
    assert "Access was set too wide" not in page


def test_a_cause_that_leaves_out_one_hidden_incident_is_not_told(executive):
    for _ in range(6):
        reviewed("too_wide", seen_by=executive.person)
    assert causes_of(figures(executive))["too_wide"] == (6, 0)
    reviewed("code")
    assert causes_of(figures(executive))["too_wide"] == (None, 0)


def test_of_few_reviews_one_of_which_is_hidden_no_cause_is_told(executive):
    reviewed("too_wide", seen_by=executive.person)
    reviewed("too_wide")
    found = figures(executive)
    assert (found.reviewed.now, found.reviewed.is_few) == (None, True)
    assert set(causes_of(found).values()) == {(None, 0)}
    told = executive.get("/leadership/json/").json()
    assert told["reviewed"] == {"value": None, "before": 0}
    assert all(line["incidents"] is None for line in told["causes"])
