"""The list of incidents: what one may see, found quickly, and nothing of the rest."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import grants, lifecycle
from incidents.models import Incident, Status
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return reader(first_name="Ada", last_name="Obi")


def given(person, incident, level="view"):
    grants.admit(incident, level=level, person=person.person, reason="Helps.", actor=make.SYSTEM)
    return incident


def listed(person, query=""):
    """The numbers in the list, in its order."""
    return [row.number for row in person.get(f"/incidents/{query}").context["page"].rows]


def test_hidden_incidents_are_neither_listed_nor_counted(person):
    seen, hidden = given(person, make.incident()), make.incident()
    page = person.reads("/incidents/")
    assert "1 incident" in page
    assert seen.title in page
    assert hidden.title not in page
    assert hidden.ref not in page


def test_the_newest_stands_first(person):
    older, newer = (given(person, make.incident()) for _ in range(2))
    assert listed(person) == [newer.number, older.number]


@pytest.mark.parametrize("text", ["recordings", "RECORDINGS", "inc-{number}", "{number}", "{name}"])
def test_words_a_number_or_a_codename_find_an_incident(person, text):
    wanted = given(person, make.incident(title="Recordings on a share"))
    given(person, make.incident(title="Names in a mail"))
    asked = text.format(number=wanted.number, name=wanted.codename)
    assert wanted.number in listed(person, f"?q={asked}")


def test_several_levels_can_be_asked_for(person):
    one, two, three = (given(person, make.incident(sev)) for sev in (Sev.SEV1, Sev.SEV2, Sev.SEV3))
    assert listed(person, "?sev=1&sev=3") == [three.number, one.number]
    assert listed(person, "?sev=2") == [two.number]


def test_what_is_over_can_be_left_out(person):
    going, over = given(person, make.incident()), given(person, make.incident())
    lifecycle.move(over, Status.DISMISSED, reason="No data.", actor=make.actor(person.person))
    assert listed(person, "?status=open") == [going.number]
    assert listed(person, "?status=dismissed") == [over.number]


def test_one_program_can_be_asked_for(person):
    wanted = given(person, make.incident())
    given(person, make.incident())
    assert listed(person, f"?program={wanted.program.slug}") == [wanted.number]


def test_exposures_that_are_still_open_can_be_asked_for(person):
    still = given(person, make.incident(Sev.SEV2))
    given(person, make.incident(Sev.SEV3))
    assert listed(person, "?exposed=on") == [still.number]


def test_overdue_assessments_can_be_asked_for_and_taken_along(person):
    late = given(person, make.incident())
    given(person, make.incident())
    Incident.objects.filter(pk=late.pk).update(assess_by=timezone.now() - timedelta(days=1))
    assert listed(person, "?overdue=on") == [late.number]
    assert "Full assessment overdue" in person.reads("/incidents/?overdue=on")
    taken = person.signs_in().post("/incidents/export/?overdue=on", form="json")
    told = json.loads(b"".join(taken.streaming_content))
    assert [row["incident"] for row in told] == [late.ref]


def test_the_days_of_the_report_count_whole(person):
    made = given(person, make.incident())
    today, tomorrow = timezone.localdate(), timezone.localdate() + timedelta(days=1)
    assert listed(person, f"?since={today}&until={today}") == [made.number]
    assert listed(person, f"?since={tomorrow}") == []


def test_mine_are_those_i_reported_or_have_a_role_in(person):
    commanded = make.active()
    role = commanded.roles.get()
    mine = reader()
    mine.person = role.person
    mine.client.force_login(role.person)
    given(mine, make.incident())
    assert listed(mine, "?mine=on") == [commanded.number]


@pytest.mark.parametrize(
    ("sort", "first"), [("severity", Sev.SEV1), ("-severity", Sev.SEV3), ("number", Sev.SEV3)]
)
def test_columns_sort_by_link(person, sort, first):
    for level in (Sev.SEV3, Sev.SEV1, Sev.SEV2):
        given(person, make.incident(level))
    number = listed(person, f"?sort={sort}")[0]
    assert Incident.objects.get(number=number).counts_as == first


def test_a_sorted_column_says_so_and_leads_back(person):
    given(person, make.incident())
    page = person.get("/incidents/?sort=severity&q=readable").content.decode()
    assert 'aria-sort="ascending"' in page
    assert "?sort=-severity&amp;q=readable" in page


def test_odd_filters_are_named_and_the_rest_still_counts(person):
    one = given(person, make.incident(Sev.SEV1))
    given(person, make.incident(Sev.SEV3))
    answer = person.get("/incidents/?sev=1&since=yesterday&sort=rm&page=99")
    assert answer.status_code == 200
    assert [row.number for row in answer.context["page"].rows] == [one.number]
    assert "There is a problem" in answer.content.decode()


def test_a_filter_that_there_is_not_is_named_and_not_passed_over(person):
    given(person, make.incident(Sev.SEV3))
    page = words(person.get("/incidents/?severity=0&sev=3&page=1"))
    assert "There is no filter “severity”: nothing is narrowed by it. Known are q, status" in page
    assert "There is a problem" not in words(person.get("/incidents/?sev=3&sort=severity&before=9"))


@pytest.mark.parametrize("day", ["until=9999-12-31", "since=0001-01-01"])
def test_a_day_too_far_away_is_named_in_the_list_and_before_a_file_is_made(person, day):
    made = given(person, make.incident())
    shown = person.get(f"/incidents/?{day}")
    taken = person.signs_in().post(f"/incidents/export/?{day}", form="csv")
    assert (shown.status_code, taken.status_code) == (200, 422)
    for answer in (shown, taken):
        assert [row.number for row in answer.context["page"].rows] == [made.number]
        assert "A day from 1900-01-01 to 2100-12-31." in answer.content.decode()


def test_the_commander_stands_in_the_row(person):
    given(person, make.incident())
    assert "Unassigned" in person.reads("/incidents/")
    commanded = given(person, make.active())
    name = commanded.roles.get().person.name
    assert name in person.reads(f"/incidents/?q={commanded.ref}")


def test_an_empty_list_says_what_would_be_here(person):
    assert "No incident that you may see." in person.reads("/incidents/")
    given(person, make.incident())
    assert "Nothing fits." in person.reads("/incidents/?q=zebra")


def test_many_incidents_cost_as_many_queries_as_few(person):
    def count():
        with CaptureQueriesContext(connection) as queries:
            person.get("/incidents/")
        return len(queries)

    for _ in range(2):
        given(person, make.active())
    few = count()
    for _ in range(8):
        given(person, make.active())
    assert count() == few
    assert few <= 20
