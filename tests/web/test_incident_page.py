"""The incident page: what is known stands on it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.functions import Function
from incidents import grants, lifecycle, steps, story, timeline
from incidents.models import Status, TimelineEntry
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def runner(incident):
    return let_in(incident, first_name="Ada", last_name="Obi")


def test_the_head_names_level_number_title_status_and_program(incident, runner):
    page = runner.reads(url(incident))
    for fact in (incident.ref, incident.title, incident.codename, "SEV 2", "Reported"):
        assert fact in page
    assert incident.program.name in page
    assert "Unassigned" in page


def test_an_undetermined_severity_says_what_it_counts_as():
    incident = make.undetermined()
    page = let_in(incident).reads(url(incident))
    assert "SEV 1 undetermined, counts so" in page
    assert "audience unknown: counted as public" in page


def test_the_stop_is_counted_collector_by_collector():
    program = make.program()
    for machine in (make.collector(program), make.collector(program)):
        make.lease(machine)
    incident = make.incident(Sev.SEV2, program=program)
    page = let_in(incident).reads(url(incident))
    assert "0/2 stopped" in page
    assert "Pause sent, not confirmed" in page


def test_only_what_may_follow_is_offered(incident, runner):
    form = runner.get(url(incident)).context["status_form"]
    assert [value for value, _label in form.fields["to"].choices] == ["triaging", "dismissed"]


def test_every_act_by_rule_is_shown_with_rule_and_version(incident, runner):
    page = runner.reads(url(incident))
    firing = incident.firings.get(rule="pause-sev2")
    assert f"{firing.rule} {firing.rules_version}" in page
    assert "SEV 2 stops the program" in page


def test_the_level_is_explained_term_by_term(incident, runner):
    page = runner.reads(url(incident))
    assert "How this level came about" in page
    assert "What would change this level" in page
    for line in incident.assessment.trace:
        assert line["term"] in page


def test_a_pause_that_waits_stands_on_top_with_its_veto():
    incident = make.incident(Sev.SEV3)
    page = let_in(incident).reads(url(incident))
    assert f"{incident.program.name} will be paused" in page
    assert "Veto the pause" in page


def test_a_corrected_entry_keeps_its_old_text_readable(incident, runner):
    entry = timeline.write(incident, "update", "Closed at 14:10.", actor=make.actor(runner.person))
    timeline.correct(entry, text="Closed at 14:20.", actor=make.actor(runner.person))
    page = runner.reads(url(incident))
    assert "Closed at 14:20." in page
    assert "Corrected; it said before Closed at 14:10." in page


def test_the_list_can_be_narrowed_to_kinds(incident, runner):
    timeline.write(incident, "update", "Storage is looking.", actor=make.actor(runner.person))
    story = runner.reads(url(incident, "live/story/?kind=update"))
    assert "Storage is looking." in story
    assert "Runbook attached" not in story


def lines(incident, number):
    """Many updates, a minute apart, the last of them now."""
    now = timezone.now()
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident,
            kind="update",
            occurred_at=now - timedelta(minutes=number - each),
            text=f"Line {each}.",
            actor_name="Ada Obi",
        )
        for each in range(number)
    )


def test_a_long_story_costs_no_more_queries_and_no_mark_for_each_entry(
    incident, runner, django_assert_max_num_queries
):
    runner.get(url(incident))
    with CaptureQueriesContext(connection) as few:
        runner.get(url(incident))
    lines(incident, 500)
    with django_assert_max_num_queries(len(few)):
        page = runner.get(url(incident)).content.decode()
    assert page.count("chart__mark") < 250
    assert page.count('id="entry-') == story.PAGE


def shown(page):
    """The numbers of the lines on a page, and where its link to older ones leads."""
    text = page.content.decode()
    older = re.search(r'href="([^"]*older=[^"]*)"', text)
    numbers = [int(each) for each in re.findall(r'class="said">Line ([0-9]+)[.]<', text)]
    return numbers, unescape(older[1]).partition("#")[0] if older else None


def test_a_long_story_shows_the_newest_and_leads_to_the_rest(incident, runner):
    lines(incident, 120)
    short, whole = runner.reads(url(incident)), runner.reads(url(incident, "?all=1"))
    assert "Line 119." in short
    assert "Line 0." not in short
    assert "Show earlier" in short
    assert "Line 0." in whole
    assert "Line 0." in runner.reads(url(incident, "?shown=200"))
    assert "Line 0." not in runner.reads(url(incident, "?shown=nonsense"))


def test_no_page_holds_more_than_some_hundred_entries_and_each_stands_on_one(incident, runner):
    lines(incident, 600)
    numbers, older = shown(runner.get(url(incident, "?shown=999999&kind=update")))
    assert len(numbers) == story.MOST
    # What is written meanwhile moves nothing: the place is an entry, and no count.
    timeline.write(incident, "update", "News.", actor=make.actor(runner.person))
    while older:
        more, older = shown(runner.get(older))
        assert len(more) <= story.MOST
        numbers += more
    assert numbers == list(range(599, -1, -1))


def test_the_whole_story_is_one_page_without_a_form(incident, runner):
    lines(incident, 600)
    numbers, older = shown(runner.get(url(incident, "timeline/?kind=update")))
    assert (numbers, older) == (list(range(599, -1, -1)), None)
    page = runner.get(url(incident, "timeline/"))
    assert "Runbook attached" in words(page)
    assert b"<form" not in page.content.partition(b"<main")[2].partition(b"</main")[0]


def test_an_entry_of_another_incident_is_no_place_in_this_one(incident, runner):
    lines(incident, 3)
    strange = make.incident().timeline.first()
    for asked in (strange.pk, 10**17, "nonsense"):
        assert "Line 2." in runner.reads(url(incident, f"?older={asked}"))


def test_a_lowering_that_waits_asks_a_second_person(incident, runner):
    make.judged(incident, Sev.SEV4, by=runner.person)
    assert "proposes SEV 4" in runner.reads(url(incident))
    assert "Confirm SEV 4" not in runner.reads(url(incident))
    assert "Confirm SEV 4" in let_in(incident).reads(url(incident))


def test_the_runbook_shows_who_does_what_by_when(incident, runner):
    step = incident.runbooks.get().steps.get(number=2)
    steps.mark(step, "done", actor=make.actor(runner.person))
    page = runner.reads(url(incident))
    assert "2 of 14 done" in page
    assert "Snapshot grants and preserve logs BEFORE any fix" in page


def test_everybody_let_in_stands_there_with_the_reason(incident, runner):
    person = make.user(first_name="Sam", last_name="Lee")
    grants.admit(incident, level="view", person=person, reason="Knows the lake.", actor=make.SYSTEM)
    page = runner.reads(url(incident))
    assert "Sam Lee read Knows the lake." in page
    assert "Privacy officer close By rule" in page


def test_whoever_only_reads_gets_no_forms(incident):
    page = reader(Function.EXECUTIVE).get(url(incident)).content.decode()
    main = page[page.index("<main") : page.index("</main")]
    assert 'method="post"' not in main


def test_a_closed_incident_takes_no_more_updates():
    incident = make.incident(Sev.SEV3)
    runner = let_in(incident)
    lifecycle.move(incident, Status.DISMISSED, reason="No data.", actor=make.actor(runner.person))
    page = runner.reads(url(incident))
    assert "What is new?" not in page
    assert "Nothing follows this status." in page


def test_the_picture_says_the_same_as_the_list(incident, runner):
    answer = runner.get(url(incident))
    page = answer.content.decode()
    assert page.count('class="chart__lane"') == 5
    assert page.count("chart__mark") == incident.timeline.count()
    assert "Data exposed, still open" in page
    assert f"{incident.program.name} paused" in words(answer) or "paused</title>" in page


def test_the_history_shows_field_before_after_who_and_why(incident, runner):
    lifecycle.move(incident, Status.TRIAGING, actor=make.actor(runner.person))
    page = runner.reads(url(incident, "history/"))
    assert "Incident" in page
    assert "Status Reported Triaging" in page
    assert "Ada Obi · by page" in page


def test_the_history_of_a_step_begins_open(incident, runner):
    step = incident.runbooks.get().steps.get(number=2)
    steps.mark(step, "skipped", note="Nobody to ask.", actor=make.actor(runner.person))
    page = runner.reads(url(incident, "history/"))
    assert "Runbook step 2" in page
    assert "State Open Not needed" in page


def test_planning_an_update_does_not_rewrite_the_past(incident, runner):
    stale = type(incident).objects.get(pk=incident.pk)
    lifecycle.move(incident, Status.TRIAGING, actor=make.actor(runner.person))
    lifecycle.plan_update(stale, next_update_at=None, actor=make.actor(runner.person))
    assert "Status Triaging Reported" not in runner.reads(url(incident, "history/"))


def test_the_picture_of_a_young_incident_ends_now_and_not_minutes_later(incident, runner):
    answer = runner.get(url(incident))
    chart = answer.context["chart"]
    seconds = (chart.end - chart.begin) / 1000
    assert seconds < 180
