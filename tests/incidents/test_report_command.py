"""`manage.py report`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from incidents.models import Incident
from programs.models import State
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def reporter():
    return make.user()


def report(reporter, *words):
    said = StringIO()
    call_command("report", *words, "--as", reporter.username, stdout=said)
    return json.loads(said.getvalue())


def test_a_report_from_the_terminal_is_an_incident(reporter):
    program = make.program()
    said = report(
        reporter, "Texts readable", "--program", program.slug, "--audience", "everyone_inside"
    )
    incident = Incident.objects.get()
    assert said == {
        "incident": incident.ref,
        "codename": incident.codename,
        "severity": 2,
        "counts_as": 2,
        "new": True,
        "paused": [program.name],
    }
    assert incident.reporter == reporter
    assert incident.history.last().history_change_reason == "command"


def test_a_title_is_enough(reporter):
    assert report(reporter, "I can see things")["severity"] is None


def test_a_report_from_the_terminal_may_pull_the_cord(reporter):
    program = make.program(participants=5)
    words = ["--program", program.slug, "--audience", "few_inside", "--open", "no", "--pause"]
    assert report(reporter, "Odd", *words)["paused"] == [program.name]
    program.refresh_from_db()
    assert program.state == State.PAUSED


def test_the_same_key_twice_is_one_incident(reporter):
    first = report(reporter, "I can see things", "--key", "1")
    again = report(reporter, "I can see things", "--key", "1")
    assert (first["new"], again["new"]) == (True, False)
    assert first["incident"] == again["incident"]


def test_a_person_who_is_not_there_cannot_report(reporter):
    reporter.is_active = False
    reporter.save()
    with pytest.raises(CommandError, match="--as: there is no active person"):
        report(reporter, "I can see things")


def test_a_program_that_the_person_may_not_know_of_is_not_there(reporter):
    hidden = make.draft()
    with pytest.raises(CommandError, match="--program: there is no program") as refusal:
        report(reporter, "Odd", "--program", hidden.slug)
    with pytest.raises(CommandError) as missing:
        report(reporter, "Odd", "--program", "nothing-like-it")
    assert str(missing.value).replace("nothing-like-it", hidden.slug) == str(refusal.value)


def test_a_wrong_word_is_refused_with_its_name(reporter):
    with pytest.raises(CommandError, match="^title: 201 characters"):
        report(reporter, "x" * 201)
    assert not Incident.objects.exists()


def test_a_refusal_names_the_option_that_the_command_has(reporter):
    with pytest.raises(CommandError, match="^--key: at most 100"):
        report(reporter, "Odd", "--key", "k" * 101)
    with pytest.raises(CommandError, match="^--pause: name the program to pause"):
        report(reporter, "Odd", "--pause")
    with pytest.raises(CommandError, match="^--detail: 10001 characters"):
        report(reporter, "Odd", "--detail", "x" * 10_001)


def test_a_report_about_a_program_for_drills_is_a_drill(reporter):
    report(reporter, "Odd", "--program", make.program(is_drill=True).slug)
    assert Incident.objects.get().is_drill
