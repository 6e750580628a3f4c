"""The page for participants: what they may know, and their choice, of which nothing names them."""

import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from incidents.models import Incident
from programs import access, participation, pauses, stops
from programs.participation import Counts
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db
SUBJECT = "maple-canary-19"


@pytest.fixture
def program():
    return make.program(purpose="Learn how people write.")


def at(program, ending=""):
    return f"/programs/{program.slug}/for-participants/{ending}"


def choose(who, program, choice, **more):
    return who.post(at(program, "choose/"), subject=SUBJECT, choice=choice, **more)


def roles():
    return [
        reader(),
        reader(Function.PROGRAM_OWNER),
        reader(Function.OPERATOR),
        reader(Function.LEGAL),
    ]


def test_everybody_who_is_signed_in_reads_what_is_collected_and_why(program):
    for who in roles():
        page = who.reads(at(program))
        for said in ("Keystrokes", "Learn how people write.", "The study team (12)", "70000"):
            assert said in page


def test_the_page_of_a_draft_is_missing_for_who_may_not_know_of_it():
    assert reader().get(at(make.draft())).status_code == 404
    assert reader().get("/programs/none/for-participants/").status_code == 404


def test_whoever_is_not_signed_in_is_led_to_sign_in(program):
    answer = Client().get(at(program))
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={at(program)}"


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setitem(settings.ENVIRONMENT.__dict__, "participant_pages", "public")


def test_a_public_page_is_read_by_anybody_who_can_change_nothing(program, public):
    stranger = Reader()
    page = stranger.get(at(program))

    assert page.status_code == 200
    assert "Sign in to choose here" in words(page)
    assert "<form" not in page.content.decode().partition("<main")[2]
    assert choose(stranger, program, "opt_out").status_code == 302
    assert participation.counts(program) == Counts(0, 0)
    assert stranger.get(at(make.draft())).status_code == 404


def test_it_counts_who_sees_the_program_by_role_and_names_nobody(program):
    helper = make.user(first_name="Ines", last_name="Oduya")
    access.let_run(helper, program)
    make.user(Function.AUDITOR, first_name="Bo", last_name="Lindqvist")

    page = reader().reads(at(program))

    assert "its owner: 1 person" in page
    assert "may change the program and its collectors: 1 person" in page
    assert "Auditor: 1 person" in page
    for name in ("Oduya", "Lindqvist", program.owner.name):
        assert name not in page


def test_it_tells_the_last_pause_and_its_proof(program):
    assert "It was never paused." in reader().reads(at(program))

    pauses.pull_the_cord(program, reason="", actor=make.actor(make.user()))
    stops.close(program.stop_orders.get().pk)

    page = reader().reads(at(program))
    assert "Paused, proven" in page
    assert re.search(r"Every collector was accounted for after \d+\.\d\d s", page)


def test_past_incidents_are_told_without_what_tells_them_apart(program):
    incident = make.incident(Sev.SEV2, program=program)
    Incident.objects.filter(pk=incident.pk).update(
        status="closed",
        reported_at=timezone.now().replace(year=2024, month=3, day=17),
        occurred_from=None,
        contained_at=timezone.now().replace(year=2024, month=3, day=17) + timedelta(hours=30),
    )

    page = reader().get(at(program)).content.decode()

    assert "SEV 2" in page
    assert "March 2024" in page
    assert "Exposed: up to 2 days." in page
    for hidden in (
        incident.ref,
        incident.title,
        incident.codename,
        "17 Mar",
        incident.reporter.name,
    ):
        assert hidden not in page


@pytest.mark.parametrize("status", ["reported", "active", "dismissed", "merged"])
def test_an_incident_that_is_not_contained_or_was_none_is_not_told(program, status):
    make.incident(Sev.SEV2, program=program)
    Incident.objects.update(status=status)
    assert "Nothing that is known and contained." in reader().reads(at(program))


def test_a_break_is_taken_for_the_time_that_was_chosen(program):
    answer = choose(reader(), program, "break", length="14400")

    assert answer.status_code == 302
    left = program.participant_choices.get().until - timezone.now()
    assert timedelta(hours=3, minutes=59) < left <= timedelta(hours=4, seconds=1)


def test_another_length_is_given_in_hours(program):
    assert choose(reader(), program, "break", length="other").status_code == 422
    assert choose(reader(), program, "break", length="other", hours=48).status_code == 302
    assert program.participant_choices.get().until > timezone.now() + timedelta(hours=47)


def test_an_opt_out_must_be_confirmed_and_can_be_taken_back(program):
    who = reader()
    refused = choose(who, program, "opt_out")
    assert refused.status_code == 422
    assert "Tick this to opt out." in words(refused)
    assert not program.participant_choices.exists()

    assert choose(who, program, "opt_out", sure="on").status_code == 302
    assert participation.counts(program).opted_out == 1
    # The page says the same, whoever the pseudonym belongs to and whatever it had chosen.
    assert "Stored: you take part again." in words(
        who.client.post(
            at(program, "choose/"), {"subject": SUBJECT, "choice": "go_on"}, follow=True
        )
    )
    assert not program.participant_choices.exists()


def test_another_choice_than_there_is_is_refused(program):
    assert choose(reader(), program, "forget").status_code == 400


def test_one_person_cannot_go_through_everybodys_pseudonyms(program):
    who = reader()
    answers = [choose(who, program, "opt_out", sure="on").status_code for _ in range(22)]
    assert answers[0] == 302
    assert answers[-1] == 429


def test_nothing_in_the_database_or_the_logs_says_who_chose(program, caplog):
    who = reader(first_name="Ada", last_name="Marchetti")
    last = Entry.objects.order_by("id").last()
    with caplog.at_level(logging.DEBUG):
        assert choose(who, program, "break").status_code == 302
        assert choose(who, program, "opt_out").status_code == 422

    assert tables_with(SUBJECT) == []
    new = Entry.objects.filter(pk__gt=last.pk)
    assert [entry.actor for entry in new] == [None]
    assert "Marchetti" not in new.get().body
    assert SUBJECT not in caplog.text


def tables_with(text):
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{text}%"]
            )
            if cursor.fetchone():
                found.append(table)
    return found


def test_the_cord_stands_on_the_page_until_it_is_pulled(program):
    who = reader()
    assert "Pause now" in who.reads(at(program))
    who.post(f"/programs/{program.slug}/pause/")
    assert "Pause now" not in who.reads(at(program))


def test_the_program_leads_there_and_counts_for_those_who_run_it(program):
    participation.opt_out(program.pk, SUBJECT)

    insider = reader(Function.RESPONDER).get(f"/programs/{program.slug}/")
    assert at(program) in insider.content.decode()
    # One of a few would be known by name.
    assert "Opted out fewer than 5" in words(insider)
    assert "Opted out" not in reader().reads(f"/programs/{program.slug}/")
    for number in range(5):
        participation.opt_out(program.pk, f"p-{number}")
    assert "Opted out 6" in reader(Function.RESPONDER).reads(f"/programs/{program.slug}/")
