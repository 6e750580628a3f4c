"""Leadership's figures: all incidents count, none is named that the reader may not read."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts.functions import Function
from incidents import drills, exposures, grants, leading, measuring, smallgroups, spans
from incidents.models import AccessGrant, DrillScope, Incident, Measure
from incidents.totals import Scope
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, reader

pytestmark = pytest.mark.django_db
PAGE = "/leadership/"


@pytest.fixture
def executive():
    return reader(Function.EXECUTIVE)


def today():
    return datetime.now(tz=UTC).date()


def reported(level=Sev.SEV3, *, days_ago=1, seen_by=None, **fields):
    """An incident of that many days ago that nobody is let in to by rule."""
    incident = make.incident(level, **fields)
    moment = incident.reported_at - timedelta(days=days_ago)
    Incident.objects.filter(pk=incident.pk).update(
        reported_at=moment, acknowledged_at=moment + timedelta(minutes=10)
    )
    for grant in incident.grants.filter(person__in=[seen_by] if seen_by else []):
        grants.end(grant, actor=make.SYSTEM)
    if seen_by:
        grants.admit(incident, level="view", person=seen_by, reason="Leads.", actor=make.SYSTEM)
    measuring.refigure(incidents=[incident.pk])
    return incident


def figures(who, **scope):
    period = spans.preset("90", today())
    return leading.of(who.person, Scope(**({"period": period} | scope)))


def test_every_incident_counts_and_every_number_leads_to_what_may_be_read(executive):
    program = make.program(participants=50)
    mine = [reported(seen_by=executive.person, program=program) for _ in range(2)]
    hidden = [reported(program=program, title="Zulu ledger") for _ in range(4)]
    found = figures(executive)
    assert (found.incidents.now, found.by_level[3]) == (6, 6)
    page = executive.get(PAGE).content.decode()
    assert 'href="/leadership/behind/incidents/?preset=90&amp;' in page
    assert "&lt;" not in page.partition("<main")[2]
    listed = executive.reads("/leadership/behind/incidents/")
    assert all(incident.ref in listed for incident in mine)
    assert not any(incident.ref in listed or "Zulu" in listed for incident in hidden)
    assert "Zulu" not in page


def test_a_small_group_with_something_hidden_in_it_is_told_as_few(executive):
    reported()
    found = figures(executive)
    assert found.incidents.is_few
    assert found.incidents.now is None
    assert found.lengths["acknowledge"].now is None
    assert found.by_level[3] is None
    assert "Incidents few" in executive.reads(PAGE)
    told = executive.get("/leadership/json/").json()
    assert told["figures"]["incidents"]["value"] is None
    assert told["by_level"]["3"] is None
    assert all(line["n"] is None for line in told["over_time"])


def test_the_picture_marks_a_small_group_alike_however_many_it_holds(executive):
    def marks():
        html = executive.get(PAGE).content.decode()
        assert "chart__sev" not in html
        return re.findall(r'class="chart__few"[^>]*y="([^"]+)"[^>]*height="([^"]+)"', html)

    reported()
    of_one = marks()
    reported()
    assert marks() == of_one
    assert len(of_one) == 1


def test_a_small_group_that_the_reader_sees_whole_is_told(executive):
    reported(seen_by=executive.person)
    found = figures(executive)
    assert (found.incidents.now, found.lengths["acknowledge"].now) == (1, 600)
    assert found.by_level[3] == 1


def test_the_change_is_against_the_same_number_of_days_before(executive):
    for _ in range(2):
        reported(seen_by=executive.person)
    reported(seen_by=executive.person, days_ago=100)
    found = figures(executive)
    assert (found.incidents.now, found.incidents.before) == (2, 1)
    assert "before: 1 , Incidents ▲ +100 % worse" in executive.reads(PAGE)


def test_people_hours_are_told_by_program(executive):
    incident = make.incident(Sev.SEV2)
    until = incident.reported_at - timedelta(minutes=1)
    said = exposures.Said(
        what="Keys", people_known=1200, since=until - timedelta(hours=2), until=until
    )
    exposures.add(incident, said, actor=make.SYSTEM)
    grants.admit(
        incident, level="view", person=executive.person, reason="Leads.", actor=make.SYSTEM
    )
    measuring.refigure(incidents=[incident.pk])
    [line] = figures(executive).programs
    assert (line.name, line.incidents, line.person_hours) == (incident.program.name, 1, 2400)
    assert "2,400" in executive.reads(PAGE)
    assert "2,400" in executive.reads("/leadership/behind/exposed/")


def test_the_period_stands_in_the_address(executive):
    reported(seen_by=executive.person, days_ago=40)
    assert "Reported from" in executive.reads("/leadership/behind/incidents/?preset=30")
    assert "None that you may read." in executive.reads("/leadership/behind/incidents/?preset=30")
    day = today() - timedelta(days=40)
    listed = executive.reads(f"/leadership/behind/incidents/?since={day}&until={day}")
    assert "1 incident that you may read" in listed


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-02-30", "Enter a valid date, such as 2026-11-30."),
        ("since=2026-01-02&until=2026-01-01", "until: 2026-01-01 is before 2026-01-02"),
        ("until=2026-01-01", "since: say from which day"),
        ("since=2999-01-01", "A day from"),
        ("preset=decade", "decade"),
        ("worst=9", "“9” is none of 1, 2, 3, 4."),
        ("program=nowhere", "“nowhere” is none of those that you may choose."),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(executive, query, said):
    answer = executive.get(f"{PAGE}?{query}")
    assert answer.status_code == 422
    assert said in executive.reads(f"{PAGE}?{query}")
    assert executive.get(f"/leadership/csv/?{query}").status_code == 422


def test_the_files_say_what_the_page_says(executive):
    for _ in range(3):
        reported(seen_by=executive.person)
    told = json.loads(executive.get("/leadership/json/").content)
    assert told["figures"]["incidents"] == {
        "value": 3,
        "before": 0,
        "of": None,
        "few": False,
        "exact": True,
    }
    lines = list(csv.DictReader(io.StringIO(executive.get("/leadership/csv/").content.decode())))
    assert ("incidents", "3") in [(line["figure"], line["value"]) for line in lines]


@pytest.mark.parametrize("function", [*(f for f in Function if f != Function.EXECUTIVE), None])
def test_it_is_for_leadership_alone(function):
    who = reader(function) if function else reader()
    assert who.get(PAGE).status_code == 403
    assert "Leadership" not in who.reads("/")


def test_who_left_reads_nothing(executive):
    executive.person.is_active = False
    assert not leading.may_lead(executive.person)


def test_behind_drills_passed_stand_the_drills(executive, engine):
    program = make.program()
    assert make.lease(make.collector(program, is_drill=True))
    drills.plan(program, DrillScope.COLLECTORS, actor=make.actor(program.owner))
    engine.work()
    engine.forward(hours=4)
    assert "/leadership/behind/drills/?" in executive.get(PAGE).content.decode()
    listed = executive.reads("/leadership/behind/drills/")
    assert "1 drill, 0 passed" in listed
    assert program.name in listed
    assert "0 drills" in executive.reads(
        "/leadership/behind/drills/?since=2020-01-01&until=2020-02-01"
    )


def test_behind_a_bar_stand_the_incidents_of_its_times(executive):
    for seconds in (9, 10, 59, 60):
        incident = reported(seen_by=executive.person, program=make.program())
        Measure.objects.filter(incident=incident).update(pause=seconds)
    assert len(behind_bar(executive, 0)) == 1
    assert len(behind_bar(executive, 1)) == 2
    assert len(behind_bar(executive, 2)) == 1
    assert len(behind_bar(executive, 7)) == 0
    assert "&amp;worst=&amp;bar=1" in executive.get(PAGE).content.decode()
    # What is no bar narrows nothing, and is said.
    odd = executive.reads("/leadership/behind/pause/?bar=99")
    assert "4 incidents" in odd
    assert "Bar: “99” is none of 0, 1, 2" in odd


def behind_bar(executive, number):
    page = executive.get(f"/leadership/behind/pause/?bar={number}").content.decode()
    return set(re.findall(r"INC-\d+", page.partition("<main")[2]))


def test_nothing_is_listed_by_a_name_that_is_none(executive):
    assert executive.get("/leadership/behind/secrets/").status_code == 404


def test_the_page_costs_the_same_however_much_was_reported(
    executive, django_assert_max_num_queries
):
    for _ in range(6):
        reported(seen_by=executive.person)
    executive.get(PAGE)
    with django_assert_max_num_queries(40):
        assert executive.get(PAGE).status_code == 200


def test_beyond_what_is_asked_after_one_by_one_each_small_group_is_withheld(executive, monkeypatch):
    reported(seen_by=executive.person)
    monkeypatch.setattr(smallgroups, "MOST_ASKED", 0)
    assert figures(executive).incidents.is_few


def test_the_medians_of_buckets_are_near_those_of_the_lengths(executive, monkeypatch):
    for _ in range(5):
        reported(seen_by=executive.person)
    monkeypatch.setattr(leading.totals, "EXACTLY", 0)
    found = figures(executive).lengths["acknowledge"]
    assert not found.exact
    assert found.now == pytest.approx(600, rel=0.02)


def test_a_grant_makes_the_difference_and_nothing_else(executive):
    incident = reported()
    assert figures(executive).incidents.is_few
    grants.admit(
        incident, level="view", person=executive.person, reason="Leads.", actor=make.SYSTEM
    )
    assert figures(Reader(executive.person)).incidents.now == 1
    assert AccessGrant.objects.filter(person=executive.person).exists()


def test_no_filter_tells_what_is_withheld_without_it(executive):
    program = make.program()
    for _ in range(5):
        reported(Sev.SEV2, seen_by=executive.person, program=program)
    hidden = reported(Sev.SEV3, program=make.program(participants=50))
    found = figures(executive)
    assert (found.incidents.now, found.by_level[3]) == (6, None)
    # Each of these, taken off from six, would tell of the one.
    assert figures(executive, mildest=2).incidents.is_few
    assert figures(executive, program=hidden.program_id).incidents.is_few
    assert figures(executive, program=program.pk).incidents.is_few


def test_a_filter_is_told_where_nothing_is_withheld(executive):
    program = make.program(participants=50)
    for _ in range(2):
        reported(seen_by=executive.person, program=program)
    assert figures(executive, program=program.pk).incidents.now == 2
    assert figures(executive, mildest=3).incidents.now == 2
    assert figures(executive, mildest=2).incidents.now == 0


def test_no_two_periods_that_differ_by_days_tell_of_a_hidden_incident(executive):
    program = make.program(participants=50)
    for _ in range(5):
        reported(Sev.SEV2, seen_by=executive.person, program=program)
    hidden = reported(Sev.SEV3, program=program, days_ago=70)
    day = today() - timedelta(days=70)
    told = [
        figures(executive, period=spans.between(since, today(), today()), program=program.pk)
        for since in (day, day + timedelta(days=1), (day + timedelta(days=45)).replace(day=1))
    ]
    assert told[0].scope.period.since == day.replace(day=1)
    # Either both are of the same months, or what is more in one of them is withheld.
    assert told[0].incidents.is_few
    assert told[0].by_level[2] is None
    assert told[0].by_level[3] is None
    if day.month == (day + timedelta(days=1)).month:
        assert told[0] == told[1]
    assert told[2].incidents.now == 5
    answer = executive.get(f"{PAGE}?since={day}")
    assert "told by whole months" in executive.reads(f"{PAGE}?since={day}")
    assert f"since={day.replace(day=1)}" in answer.content.decode()
    assert hidden.ref not in answer.content.decode()


def test_days_that_hide_nothing_are_told_as_they_were_chosen(executive):
    reported(seen_by=executive.person, days_ago=40)
    day = today() - timedelta(days=40)
    found = figures(executive, period=spans.between(day, day, today()))
    assert (found.incidents.now, found.scope.period.since) == (1, day)
