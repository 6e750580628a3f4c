"""What the list shows can be taken along: the same incidents, no formulas, all of it recorded."""

import csv
import json
from io import StringIO

import pytest

from audit.models import Entry
from incidents import export, grants
from incidents.models import Incident
from incidents.search import Wanted
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db
TRICKY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1",
    "'quoted'",
    'a "b", c',
    "é 漢\nx",
    "x=1",
)


@pytest.fixture
def person():
    return reader().signs_in()


def given(person, incident):
    grants.admit(incident, level="view", person=person.person, reason="Helps.", actor=make.SYSTEM)
    return incident


def taken(person, form, query=""):
    answer = person.post(f"/incidents/export/{query}", form=form)
    assert answer.status_code == 200, answer.content
    return answer, b"".join(answer.streaming_content).decode()


def table(text):
    return list(csv.DictReader(StringIO(text, newline="")))


def as_meant(cell):
    """What a program reads: without the sign that keeps a spreadsheet from computing."""
    return cell.removeprefix("'")


@pytest.mark.parametrize("title", TRICKY)
def test_no_cell_begins_a_formula_and_none_is_changed(person, title):
    given(person, make.incident(title="x"))
    Incident.objects.update(title=title)
    (row,) = table(taken(person, "csv")[1])
    assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert as_meant(row["title"]) == title
    (fact,) = json.loads(taken(person, "json")[1])
    assert fact["title"] == title


def test_both_forms_hold_the_same_in_the_order_of_the_list(person):
    for level in (Sev.SEV1, Sev.SEV3, Sev.SEV2):
        given(person, make.incident(level))
    make.incident(Sev.SEV1, title="hidden canary")
    answer, text = taken(person, "csv", "?sort=severity")
    rows, facts = table(text), json.loads(taken(person, "json", "?sort=severity")[1])
    assert [row["counts_as"] for row in rows] == ["1", "2", "3"]
    assert [fact["incident"] for fact in facts] == [row["incident"] for row in rows]
    assert "canary" not in text
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="incidents-')
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_times_are_utc_whatever_zone_the_reader_has(person):
    incident = given(person, make.incident())
    person.person.zone = "Asia/Tokyo"
    person.person.save(update_fields=["zone"])
    (row,) = table(taken(person, "csv")[1])
    assert row["reported_at"] == f"{incident.reported_at:%Y-%m-%dT%H:%M:%S}Z"
    assert row["closed_at"] == ""


def test_only_what_fits_the_filter_is_taken_and_it_is_recorded(person):
    given(person, make.incident(title="Zebra readable"))
    given(person, make.incident(title="Other"))
    rows = json.loads(taken(person, "json", "?q=zebra&page=7")[1])
    assert [row["title"] for row in rows] == ["Zebra readable"]
    entry = Entry.objects.get(action="incidents.exported")
    facts = json.loads(entry.body)["facts"]
    assert (facts["count"], facts["form"], entry.actor) == (1, "json", person.person)
    assert entry.remark.text == "q=zebra"


def test_nothing_is_taken_where_nothing_is_seen(person):
    make.incident()
    assert table(taken(person, "csv")[1]) == []
    assert json.loads(taken(person, "json")[1]) == []


@pytest.mark.parametrize(
    ("query", "form", "status", "words"),
    [
        ("", "xlsx", 422, "Choose CSV, JSON or VERIS."),
        ("?since=yesterday", "csv", 422, "There is a problem"),
        ("?severity=0", "json", 422, "There is no filter “severity”"),
        ("?status=lost", "csv", 422, "“lost” is none of open, reported"),
    ],
)
def test_a_wish_that_makes_no_sense_takes_nothing_and_says_why(person, query, form, status, words):
    given(person, make.incident())
    answer = person.post(f"/incidents/export/{query}", form=form)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Entry.objects.filter(action="incidents.exported").exists()


def test_too_many_are_refused_before_anything_is_written(person, monkeypatch):
    monkeypatch.setattr(export, "MOST", 1)
    for _ in range(2):
        given(person, make.incident())
    answer = person.post("/incidents/export/", form="csv")
    assert answer.status_code == 409
    assert "More than 1 incidents fit. Narrow the filter" in answer.content.decode()
    assert not Entry.objects.filter(action="incidents.exported").exists()


def test_what_was_shut_meanwhile_is_left_out(person):
    incident, kept = given(person, make.incident()), given(person, make.incident())
    taking = export.take(
        person.person, Wanted(), query="", form="csv", actor=make.actor(person.person)
    )
    grants.end(incident.grants.get(person=person.person), actor=make.SYSTEM)
    assert [row["incident"] for row in table("".join(taking.csv()))] == [kept.ref]


def test_it_needs_a_sign_in_of_late_and_no_link_takes_anything(person):
    given(person, make.incident())
    old = reader()
    answer = old.signs_in(minutes_ago=30).post("/incidents/export/", form="csv")
    assert answer.status_code == 403
    assert "This needs a sign-in of the last ten minutes" in answer.content.decode()
    assert person.get("/incidents/export/").status_code == 405
