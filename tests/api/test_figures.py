"""The figures of leadership by API: as on the page, and for leadership alone."""

import pytest

from accounts.functions import Function
from incidents import grants, measuring
from tests import make
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db
URL = "/figures"


@pytest.fixture
def executive():
    return make.user(Function.EXECUTIVE)


def test_the_figures_are_those_of_the_page(executive):
    incident = make.incident()
    grants.admit(incident, level="view", person=executive, reason="Leads.", actor=make.SYSTEM)
    measuring.refigure(incidents=[incident.pk])
    told = Caller(executive).get(URL).json()
    assert told["figures"]["incidents"]["value"] == 1
    assert told["by_level"][str(incident.counts_as)] == 1
    assert [line["program"] for line in told["programs"]] == [incident.program.slug]


def test_what_is_few_and_hidden_is_null(executive):
    incident = make.incident()
    measuring.refigure(incidents=[incident.pk])
    told = Caller(executive).get(URL).json()
    assert (told["figures"]["incidents"]["value"], told["figures"]["incidents"]["few"]) == (
        (1, False) if make.sees(executive, incident) else (None, True)
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=2026-01-02&until=2026-01-01", "until"),
        ("since=2999-01-01", "since"),
        ("until=2026-01-01", "since"),
        ("preset=decade", "preset"),
        ("worst=6", "worst"),
        ("program=nowhere", "program"),
        ("since=yesterday", "since"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(executive, query, field):
    answer = Caller(executive).get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_it_is_for_executives_alone():
    assert Caller(make.user(Function.OPERATOR)).get(URL).status_code == 403
