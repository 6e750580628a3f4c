"""A participant's choice is kept under a tag, told at once, counted, and never under a name."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from programs import participation, signing
from programs.models import ParticipantChoice, Program
from programs.participation import Counts, Refused
from tests import make

pytestmark = pytest.mark.django_db
SUBJECT = "maple-canary-17"


@pytest.fixture
def program():
    return make.program()


def version(program):
    return Program.objects.get(pk=program.pk).subjects_version


def test_a_break_ends_after_the_time_that_was_chosen(program):
    kept = participation.take_break(program.pk, SUBJECT, seconds=1800)

    row = program.participant_choices.get()
    assert (row.kind, row.until) == ("break", kept.until)
    assert abs(kept.until - timezone.now() - timedelta(minutes=30)) < timedelta(minutes=1)


def test_an_opt_out_does_not_end(program, engine):
    assert participation.opt_out(program.pk, SUBJECT).until is None
    engine.forward(days=400)

    assert participation.counts(program) == Counts(on_break=0, opted_out=1)


def test_the_last_word_counts(program):
    participation.opt_out(program.pk, SUBJECT)
    participation.take_break(program.pk, SUBJECT, seconds=60)
    assert program.participant_choices.get().kind == "break"
    participation.opt_out(program.pk, SUBJECT)
    assert program.participant_choices.get().until is None

    participation.go_on(program.pk, SUBJECT)

    assert not program.participant_choices.exists()


def test_each_change_is_a_new_version_and_what_changes_nothing_is_none(program):
    said = [
        participation.go_on(program.pk, SUBJECT),
        participation.opt_out(program.pk, SUBJECT),
        participation.opt_out(program.pk, SUBJECT),
        participation.take_break(program.pk, "another", seconds=60),
        participation.go_on(program.pk, SUBJECT),
        participation.go_on(program.pk, SUBJECT),
    ]

    assert [kept.version for kept in said] == [0, 1, 1, 2, 3, 3]
    assert version(program) == 3


def test_a_choice_neither_stops_the_program_nor_begins_a_generation(program):
    participation.opt_out(program.pk, SUBJECT)

    now = Program.objects.get(pk=program.pk)
    assert (now.state, now.generation) == (program.state, program.generation)


def test_a_participant_of_one_program_has_another_tag_in_the_next(program):
    other = make.program()
    participation.opt_out(program.pk, SUBJECT)
    participation.opt_out(other.pk, SUBJECT)

    assert ParticipantChoice.objects.values("tag").distinct().count() == 2
    assert participation.counts(other).opted_out == 1


def test_the_tag_is_the_one_that_collectors_work_out(program, settings):
    participation.opt_out(program.pk, SUBJECT)

    master = signing.master_from(settings.SECRET_KEY)
    key = signing.subject_key_for(master, program_id=program.pk)
    assert program.participant_choices.get().tag == signing.tag_of(SUBJECT, key=key)


@pytest.mark.parametrize("seconds", [59, 2_592_001, 60.0, True])
def test_a_break_has_bounds(program, seconds):
    with pytest.raises(Refused, match="seconds: a whole number from 60 to 2592000"):
        participation.take_break(program.pk, SUBJECT, seconds=seconds)


@pytest.mark.parametrize("subject", ["", "p" * 201, "p\n17", "\ud800"])
def test_a_pseudonym_is_printable_and_not_too_long(program, subject):
    with pytest.raises(Refused, match="subject: 1 to 200 printable characters"):
        participation.opt_out(program.pk, subject)


def test_a_program_that_is_not_there_takes_no_choice():
    with pytest.raises(ObjectDoesNotExist):
        participation.opt_out(0, SUBJECT)


def test_a_break_that_is_over_is_swept_away_and_those_that_last_are_not(program, engine):
    participation.take_break(program.pk, SUBJECT, seconds=60)
    participation.take_break(program.pk, "another", seconds=86_400)
    shortest = program.participant_choices.earliest("until")
    ParticipantChoice.objects.filter(pk=shortest.pk).update(until=timezone.now())
    before = version(program)

    engine.forward(hours=2)

    assert shortest not in program.participant_choices.all()
    assert program.participant_choices.count() == 1
    # Every collector would have to read the list for nothing.
    assert version(program) == before


def test_breaks_of_one_hour_are_swept_together(program):
    for number in range(3):
        participation.take_break(program.pk, f"p-{number}", seconds=86_400)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_due WHERE kind = 'programs.sweep_breaks'")
        assert cursor.fetchone()[0] <= 2


def test_the_record_counts_and_names_nobody(program):
    participation.opt_out(program.pk, SUBJECT)
    participation.take_break(program.pk, "another", seconds=60)

    last = Entry.objects.order_by("id").last()
    assert (last.action, last.actor) == ("participant.break", None)
    assert '"opted_out":1' in last.body
    assert '"on_break":1' in last.body


def test_no_table_holds_a_pseudonym_and_the_tag_is_in_one_table_alone(program):
    participation.take_break(program.pk, SUBJECT, seconds=60)
    participation.opt_out(program.pk, SUBJECT)
    tag = program.participant_choices.get().tag

    assert tables_with(SUBJECT) == []
    assert tables_with(tag) == ["programs_participantchoice"]
    participation.go_on(program.pk, SUBJECT)
    assert tables_with(tag) == []


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
