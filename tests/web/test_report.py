"""The report form: quick, forgiving, and clear about what it sets off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Incident
from programs import lifecycle, pauses
from programs.models import State
from severity.ladder import Sev
from tests import make
from tests.web.conftest import words

pytestmark = pytest.mark.django_db


def said(**fields):
    """A form as a browser sends it."""
    filled = {
        "title": "Everyone can read the transcripts",
        "program": "",
        "audience": "unknown",
        "still_open": "unknown",
        "key": "one-key",
        "act": "rules",
    }
    return filled | fields


def test_a_title_is_all_that_a_report_needs(reporter):
    answer = reporter.post("/report/", **said())
    incident = Incident.objects.get()
    assert answer["Location"] == f"/receipts/{incident.uuid}/"
    assert incident.reporter == reporter.person


def test_the_red_button_pauses_what_the_rules_alone_would_not(reporter):
    program = make.program(participants=50)
    fields = {"program": program.slug, "audience": "few_inside", "still_open": "no"}

    reporter.post("/report/", **said(**fields, act="pause"))

    assert pauses.held_by(Incident.objects.get().ref).get().program == program


def test_the_red_button_without_a_program_sends_the_report_and_says_that_nothing_was_paused(
    reporter,
):
    program = make.program()
    answer = reporter.post("/report/", **said(act="pause"))
    page = reporter.reads(answer["Location"])
    assert "The button paused nothing: it needs the program" in page
    assert "Your report has not paused a program so far." in page
    program.refresh_from_db()
    assert (Incident.objects.count(), program.state) == (1, State.COLLECTING)


def test_the_other_button_leaves_it_to_the_rules(reporter):
    program = make.program(participants=50)
    fields = {"program": program.slug, "audience": "few_inside", "still_open": "no"}

    reporter.post("/report/", **said(**fields))

    assert not pauses.held_by(Incident.objects.get().ref).exists()


def test_a_form_sent_twice_makes_one_incident(reporter):
    first = reporter.post("/report/", **said())
    second = reporter.post("/report/", **said())
    assert first["Location"] == second["Location"]
    assert Incident.objects.count() == 1


def test_a_form_sent_again_with_other_words_asks_first_and_then_files(reporter):
    reporter.post("/report/", **said())
    answer = reporter.post("/report/", **said(title="Something else"))
    assert answer.status_code == 409
    assert "This form was sent before" in words(answer)

    key = answer.context["form"].data["key"]
    reporter.post("/report/", **said(title="Something else", key=key))
    assert Incident.objects.count() == 2


def test_without_a_title_everything_else_is_kept(reporter):
    program = make.program()
    fields = {"program": program.slug, "audience": "outside", "detail": "Seen on the dashboard."}

    answer = reporter.post("/report/", **said(**fields, title=""))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error: Report an exposure" in " ".join(page.split())
    assert "There is a problem" in page
    assert 'href="#id_title"' in page
    assert f'value="{program.slug}" selected' in page
    assert "Seen on the dashboard." in page
    assert answer.context["form"]["audience"].value() == "outside"


def test_what_the_domain_refuses_stands_at_its_field(reporter):
    later = timezone.now() + timedelta(days=1)
    answer = reporter.post("/report/", **said(occurred_from=f"{later:%Y-%m-%dT%H:%M}"))
    assert answer.status_code == 409
    assert "lies in the future" in str(answer.context["form"].errors["occurred_from"])
    assert not Incident.objects.exists()


def test_a_link_may_fill_in_the_form(reporter):
    program = make.program()
    answer = reporter.get(f"/report/?title=Open+bucket&program={program.slug}&ref=TICKET-9")
    form = answer.context["form"]
    assert [form[name].value() for name in ("title", "program", "reference")] == [
        "Open bucket",
        program.slug,
        "TICKET-9",
    ]


def test_only_programs_that_the_reporter_may_know_of_are_offered(reporter):
    draft, ended, running = make.draft(), make.program(), make.program()
    pauses.retire(ended, reason="Done.", actor=make.actor(ended.owner))
    page = reporter.get("/report/").content.decode()
    assert running.slug in page
    assert draft.slug not in page
    assert ended.slug not in page


def test_a_hidden_program_cannot_be_named(reporter):
    hidden = make.draft()
    answer = reporter.post("/report/", **said(program=hidden.slug))
    assert answer.status_code == 422
    assert hidden.name not in words(answer)


def test_a_report_about_a_drill_program_is_a_drill(reporter):
    program = make.program(is_drill=True)
    reporter.post("/report/", **said(program=program.slug))
    assert Incident.objects.get().is_drill


@pytest.mark.parametrize(
    ("answers", "level", "effect"),
    [
        ({"audience": "everyone_inside", "still_open": "yes"}, Sev.SEV2, "pauses at once."),
        ({"audience": "outside", "still_open": "yes"}, Sev.SEV1, "every program derived from it."),
    ],
)
def test_what_a_report_would_set_off_is_said_before_it_is_sent(reporter, answers, level, effect):
    program = make.program()
    answer = reporter.post("/report/weigh/", program=program.slug, **answers)
    assert level.label in words(answer)
    assert f"{program.name} {effect}" in words(answer) or effect in words(answer)
    assert not Incident.objects.exists()


def test_a_window_to_veto_is_announced(reporter):
    program = make.program(participants=50)
    answers = {"audience": "few_inside", "still_open": "no"}
    answer = reporter.post("/report/weigh/", program=program.slug, **answers)
    assert f"{program.name} pauses in 30 minutes unless a responder vetoes it." in words(answer)


def test_what_is_unknown_is_named_and_counted(reporter):
    make.program()
    answer = reporter.post("/report/weigh/", audience="unknown", still_open="unknown")
    assert "undetermined" in words(answer)
    assert "audience unknown: counted as public" in words(answer)
    assert "Every program that collects pauses in 15 minutes" in words(answer)


def test_a_paused_program_is_said_to_stay_so(reporter):
    program = make.program()
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    answers = {"audience": "everyone_inside", "still_open": "yes"}
    answer = reporter.post("/report/weigh/", program=program.slug, **answers)
    assert "is paused already, and stays so" in words(answer)


def test_odd_answers_count_as_unknown_in_the_outlook(reporter):
    answer = reporter.post("/report/weigh/", program="no-such", audience="x", still_open="y")
    assert answer.status_code == 200
    assert "undetermined" in words(answer)


def test_an_approved_program_is_kept_from_starting(reporter, officer):
    program = lifecycle.approve(make.draft(), actor=make.actor(officer.person))
    answers = {"audience": "everyone_inside", "still_open": "yes"}
    answer = reporter.post("/report/weigh/", program=program.slug, **answers)
    assert "is kept from starting" in words(answer)
