"""The audit log: all acts for its readers, and texts only for who may see the incident."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.functions import Function
from audit.models import Entry
from incidents import grants, record, timeline
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db

READERS = [Function.AUDITOR, Function.PRIVACY_OFFICER, Function.OPERATOR]


@pytest.fixture
def incident():
    made = make.incident(Sev.SEV2)
    timeline.write(made, "update", "Ada saw the names.", actor=make.actor(make.user()))
    return made


@pytest.fixture
def auditor():
    return reader(Function.AUDITOR)


@pytest.mark.parametrize("function", READERS)
def test_its_readers_are_led_there(function):
    assert "Audit log" in reader(function).reads("/")
    assert reader(function).get("/audit/").status_code == 200


@pytest.mark.parametrize("functions", [(), (Function.COMMANDER,), (Function.EXECUTIVE,)])
def test_nobody_else_is(functions):
    assert "Audit log" not in reader(*functions).reads("/")
    assert reader(*functions).get("/audit/").status_code == 403


def test_a_text_is_withheld_from_who_may_not_see_the_incident(incident, auditor):
    page = auditor.reads("/audit/")
    assert "timeline.written" in page
    assert "Text withheld" in page
    assert "Ada saw the names." not in page
    assert incident.title not in page


def test_who_may_see_the_incident_reads_it(incident, auditor):
    admitted = {"person": auditor.person, "level": "view", "reason": "Looks into it."}
    grants.admit(incident, **admitted, actor=make.SYSTEM)
    assert "Ada saw the names." in auditor.reads("/audit/")


def test_an_entry_shows_its_place_and_hashes(incident, auditor):
    entry = Entry.objects.order_by("-pk").first()
    page = auditor.reads("/audit/")
    for fact in (f"{entry.stream} #{entry.seq}", entry.hash, entry.prev):
        assert fact in page


def test_it_is_filtered_by_who_act_stream_and_day(incident, auditor):
    stream = f"incident:{incident.pk}"
    only = auditor.reads(f"/audit/?subject={stream}&action=timeline")
    assert "timeline.written" in only
    assert "program.drafted" not in only
    assert "Nothing fits." in auditor.reads("/audit/?actor=nobody")
    assert "Nothing fits." in auditor.reads("/audit/?day=2020-01-01")
    assert "to 2100-12-31" in auditor.reads("/audit/?day=9999-12-31")
    by = auditor.reads(f"/audit/?actor={incident.reporter.username}")
    assert "incident.reported" in by


def test_a_part_of_andon_is_found_by_its_name(incident, auditor):
    assert "timeline.written" in auditor.reads("/audit/?actor=triage")


def test_older_entries_are_reached_by_key(auditor, monkeypatch):
    monkeypatch.setattr(record, "PER_PAGE", 5)
    make.incident()
    seen, path = [], "/audit/"
    while path:
        page = auditor.get(path).context["page"]
        seen += [row.entry.pk for row in page.rows]
        path = f"/audit/?before={page.before}" if page.before else None
    assert seen == list(Entry.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_page_costs_the_same_however_much_it_holds(auditor):
    make.incident()
    with CaptureQueriesContext(connection) as few:
        auditor.get("/audit/")
    for _ in range(3):
        make.incident(Sev.SEV1)
    with CaptureQueriesContext(connection) as many:
        auditor.get("/audit/")
    assert len(many) == len(few)


@pytest.mark.parametrize("odd", ["before=x", "before=-1", "before=99999999999999999999", "day=x"])
def test_an_odd_filter_is_no_failure(auditor, odd):
    assert auditor.get(f"/audit/?{odd}").status_code == 200


def test_a_place_that_no_page_begins_at_is_named_with_what_is_allowed(auditor):
    said = "Where the page begins: A whole number from 1 to 9223372036854775807"
    assert said in words(auditor.get(f"/audit/?before={2**63}"))
    assert said not in words(auditor.get(f"/audit/?before={2**63 - 1}"))
