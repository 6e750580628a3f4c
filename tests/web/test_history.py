"""The tab History: narrowed down, and taken along with the same rights."""

import csv
import io
import json

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import exposures, tasking
from incidents.exposures import Said
from incidents.models import Look
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url

pytestmark = pytest.mark.django_db
CANARY = "s3://canary-4711/payroll"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", first_name="Hal", last_name="Per")


def test_it_is_narrowed_down_by_the_address(incident, helper):
    tasking.add(incident, title="Ask the storage team.", actor=make.actor(helper.person))
    page = helper.reads(url(incident, "history/?kind=task"))
    assert "1 change, newest first" in page
    assert "Ask the storage team." in page
    assert "Nothing fits." in helper.reads(url(incident, "history/?who=nobody-of-this-name"))
    assert "Error:" in helper.reads(url(incident, "history/?since=yesterday&kind=dreams"))
    assert "to 2100-12-31" in helper.reads(url(incident, "history/?until=9999-12-31"))


@pytest.mark.parametrize("wrong", ["until=9999-12-31", "kind=dreams", "person=hal"])
def test_a_filter_that_makes_no_sense_or_is_none_is_named_and_makes_no_file(
    incident, helper, wrong
):
    assert "There is a problem" in helper.reads(url(incident, f"history/?{wrong}"))
    for kind in ("csv", "json"):
        answer = helper.get(url(incident, f"history/{kind}/?{wrong}"))
        assert (answer.status_code, answer["Content-Type"][:9]) == (422, "text/html")


def test_it_is_taken_along_as_a_file_under_the_same_filter(incident, helper):
    tasking.add(incident, title="=1+1", actor=make.actor(helper.person))
    answer = helper.get(url(incident, "history/csv/?kind=task"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{incident.ref}-history.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["what"] for row in rows} == {"Task"}
    assert [row["after"] for row in rows if row["field"] == "Title"] == ["'=1+1"]
    told = json.loads(helper.get(url(incident, "history/json/?kind=task")).content)
    assert [each["who"] for each in told] == ["Hal Per"]
    assert Look.objects.get(person=helper.person).times == 2


def test_no_file_tells_what_the_page_withholds(incident, helper):
    exposures.add(
        incident,
        Said(what="Texts", location=CANARY, until=timezone.now()),
        actor=make.actor(make.user()),
    )
    chief = reader(Function.COMMANDER)
    for kind in ("csv", "json"):
        assert CANARY not in helper.get(url(incident, f"history/{kind}/")).content.decode()
        assert CANARY in chief.get(url(incident, f"history/{kind}/")).content.decode()


def test_the_severity_panel_shows_how_it_was_judged_before(incident, helper):
    make.judged(incident, Sev.SEV1)
    page = helper.reads(url(incident))
    assert "How it was judged before (2 in all)" in page
    assert "The logs say so." in page


def test_a_free_role_is_taken_with_one_click(incident):
    chief = reader(Function.COMMANDER, first_name="Ada", last_name="Obi")
    page = chief.reads(url(incident))
    assert "7 roles are free Incident commander Knows how it stands" in page
    chief.post(url(incident, "roles/"), role="commander", person=chief.person.pk)
    assert "6 roles are free" in chief.reads(url(incident))
    assert incident.roles.get(until=None).person == chief.person
