"""Find incidents, and never one that the person may not know of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import grants, lifecycle, roles, search
from incidents.models import Incident, Role, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make.user()


def let_in(reader, incident):
    grants.admit(incident, person=reader, level="view", reason="Reads.", actor=make.SYSTEM)
    return incident


def find(reader, **wanted):
    return list(search.find(reader, search.Wanted(**wanted)))


EVERY_WISH = [
    {},
    {"text": "canary"},
    {"text": "INC-1"},
    {"levels": (2,)},
    {"status": "open"},
    {"status": "reported"},
    {"program": "keystroke-study"},
    {"still_exposed": True},
    {"since": timezone.now() - timedelta(days=1)},
    {"mine": True},
    *({"sort": sort} for sort in search.SORTS),
]


@pytest.mark.parametrize("wanted", EVERY_WISH, ids=lambda wish: "-".join(wish))
def test_no_wish_finds_what_is_hidden_and_each_finds_what_is_not(reader, wanted):
    program = make.program(slug="keystroke-study")
    incident = make.incident(Sev.SEV2, program=program, title="canary", reporter=reader)
    assert find(reader, **wanted) == []
    let_in(reader, incident)
    assert find(reader, **wanted) == [incident]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "payroll"},
        {"text": "INC-99"},
        {"levels": (0, 5)},
        {"status": "closed"},
        {"program": "another"},
        {"until": timezone.now() - timedelta(days=1)},
        {"mine": True},
    ],
    ids=lambda wish: "-".join(wish),
)
def test_a_wish_that_does_not_fit_finds_nothing(reader, other):
    let_in(reader, make.incident(Sev.SEV2))
    assert find(reader, **other) == []


@pytest.mark.parametrize("text", ["INC-{n}", "inc-{n}", " {n} ", "{codename}", "readable by"])
def test_an_incident_is_found_by_number_codename_or_words(reader, text):
    incident = let_in(reader, make.incident())
    asked = text.format(n=incident.number, codename=incident.codename.lower())
    assert find(reader, text=asked) == [incident]


def test_what_a_person_has_a_role_in_is_theirs(reader):
    incident = make.incident()
    roles.give(incident, Role.SCRIBE, person=reader, actor=make.SYSTEM)
    assert find(reader, mine=True) == [incident]


def test_what_should_have_been_assessed_in_full_by_now_can_be_asked_for(reader):
    late, _in_time, over = (let_in(reader, make.incident()) for _ in range(3))
    hidden = make.incident()
    lifecycle.move(over, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    yesterday = timezone.now() - timedelta(days=1)
    for each in (late, over, hidden):
        Incident.objects.filter(pk=each.pk).update(assess_by=yesterday)
    assert find(reader, assessment_late=True) == [late]
    assert [each for each in find(reader) if each.assessment_is_late] == [late]


def test_an_incident_that_is_over_is_not_open(reader):
    incident = let_in(reader, make.incident())
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    assert find(reader, status="open") == find(reader, still_exposed=True) == []
    assert list(search.still_open(reader)) == []


def test_open_incidents_come_worst_first(reader):
    mild = let_in(reader, make.incident(Sev.SEV3))
    worst = let_in(reader, make.incident(Sev.SEV1))
    assert list(search.still_open(reader)) == [worst, mild]
