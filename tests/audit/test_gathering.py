"""What is gathered is written at the end: all of it, in its order, or nothing."""

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit import outbox, trail, verification
from audit.gathering import BehindSavepoint, OutsideTransaction, Turn, gathered, once, write_soon
from audit.models import Entry, OutboxEvent
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def written():
    """What was written, one list for each statement."""
    return []


@pytest.fixture
def person():
    return make.user()


def acts():
    return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def record(person, act):
    return trail.record(act, person, actor=make.SYSTEM)


def test_what_is_gathered_is_written_at_the_end_in_the_order_it_came_in(person):
    with gathered():
        for act in ("test.one", "test.two", "test.three"):
            record(person, act)
        assert acts() == []
    assert acts() == ["test.one", "test.two", "test.three"]
    assert [e.seq for e in Entry.objects.order_by("pk")] == [1, 2, 3]
    assert verification.verify().clean


def test_subjects_are_written_before_the_record_and_that_before_the_events(written):
    with gathered():
        for turn in (Turn.WORK, Turn.EVENTS, Turn.RECORD, Turn.SUBJECTS):
            write_soon(written.append, turn.name, turn=turn)
    assert written == [["SUBJECTS"], ["RECORD"], ["EVENTS"], ["WORK"]]


def test_what_is_told_while_it_is_written_is_written_too(written, person):
    def write(rows):
        written.append(rows)
        for number in rows[0]:
            record(person, f"test.{number}")
            write_soon(written.append, number, turn=Turn.SUBJECTS)

    with CaptureQueriesContext(connection) as asked, gathered():
        write_soon(write, (1, 2), turn=Turn.SUBJECTS)
    assert written == [[(1, 2)], [1, 2]]
    assert len([q for q in asked if q["sql"].startswith("INSERT")]) == 1
    assert acts() == ["test.1", "test.2"]


def test_what_is_held_after_its_turn_is_written_before_what_names_it(written):
    def write(_rows):
        written.append(["RECORD"])
        write_soon(written.append, "late SUBJECTS", turn=Turn.SUBJECTS)

    with gathered():
        write_soon(write, "", turn=Turn.RECORD)
        write_soon(written.append, "WORK", turn=Turn.WORK)
    assert written == [["RECORD"], ["late SUBJECTS"], ["WORK"]]


def test_what_is_read_once_is_read_again_by_the_next(written):
    def read():
        written.append("read")
        return len(written)

    for _ in range(2):
        with gathered():
            assert once("rooms", read) == once("rooms", read)
            once("people", read)
    assert written == ["read"] * 4


def test_without_gathering_all_is_read_anew(written):
    assert [once("rooms", lambda: written.append("read")) for _ in range(2)] == [None, None]
    assert written == ["read"] * 2


def test_what_is_not_gathered_is_written_at_once(written):
    write_soon(written.append, "one", turn=Turn.RECORD)
    write_soon(written.append, "two", turn=Turn.SUBJECTS)
    assert written == [["one"], ["two"]]


def test_many_entries_are_one_statement(person):
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        gathered(),
    ):
        for number in range(20):
            trail.record("test.done", person, actor=make.SYSTEM, number=number)
    assert len([q for q in asked if q["sql"].startswith("INSERT")]) == 1
    assert Entry.objects.count() == 20


def test_nothing_is_written_when_an_exception_leaves(person):
    def fail():
        with gathered():
            record(person, "test.done")
            outbox.publish("test.done", person=person.pk)
            raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    assert not Entry.objects.exists()
    assert not OutboxEvent.objects.exists()
    record(person, "test.after")
    assert acts() == ["test.after"]


def test_one_inside_another_joins_it(written):
    with gathered():
        write_soon(written.append, "outer", turn=Turn.RECORD)
        with gathered():
            write_soon(written.append, "inner", turn=Turn.RECORD)
        assert written == []
        write_soon(written.append, "last", turn=Turn.RECORD)
    assert written == [["outer", "inner", "last"]]


def test_a_savepoint_around_it_takes_it_back_as_a_whole(person):
    def fail():
        with transaction.atomic():
            with gathered():
                record(person, "test.done")
            raise ZeroDivisionError

    record(person, "test.before")
    pytest.raises(ZeroDivisionError, fail)
    assert acts() == ["test.before"]


def test_nothing_is_recorded_behind_a_savepoint_inside_it(person):
    with gathered():
        record(person, "test.before")
        with pytest.raises(BehindSavepoint, match="savepoint=False"), transaction.atomic():
            record(person, "test.behind")
        record(person, "test.after")
    assert acts() == ["test.before", "test.after"]


def test_what_was_gathered_before_a_savepoint_outlives_it(person):
    with gathered():
        record(person, "test.before")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
    assert acts() == ["test.before"]


def test_a_change_that_joins_without_a_savepoint_is_gathered(person):
    with gathered():
        with trail.joined:
            record(person, "test.joined")
        assert acts() == []
    assert acts() == ["test.joined"]


def test_an_entry_has_its_key_once_what_was_gathered_is_written(person):
    with gathered():
        entry = record(person, "test.done")
        outbox.publish("test.done", person=person.pk)
    assert (entry.pk, entry._state.adding) == (Entry.objects.get().pk, False)
    assert record(person, "test.at_once").pk == Entry.objects.latest("pk").pk


def test_what_the_database_refuses_of_what_is_gathered_is_raised_and_nothing_stays(person):
    def fail():
        with transaction.atomic(), gathered():
            record(person, "x" * 200)
            outbox.publish("test.done", person=person.pk)

    with pytest.raises(DataError):
        fail()
    assert not OutboxEvent.objects.exists()
    record(person, "test.after")
    assert acts() == ["test.after"]


def test_the_last_statement_that_is_refused_is_noticed_too(person):
    def fail():
        with transaction.atomic(), gathered():
            record(person, "x" * 200)

    with pytest.raises(DataError):
        fail()
    assert acts() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_gathered_without_a_transaction_to_belong_to():
    with pytest.raises(OutsideTransaction, match=r"gathered\(\) needs"), gathered():
        pass


def test_a_subject_that_got_no_key_until_the_end_is_refused():
    stranger = User(username="nobody")
    with pytest.raises(ValueError, match="has no key yet"), gathered():
        trail.record("test.done", stranger, actor=make.SYSTEM, stream="incident:1")
    assert not Entry.objects.exists()


def test_a_subject_may_get_its_key_after_it_was_recorded():
    person = User(username="later")

    def save(people):
        User.objects.bulk_create(people)

    with gathered():
        trail.record("test.done", person, actor=make.SYSTEM, stream="incident:1")
        write_soon(save, person, turn=Turn.SUBJECTS)
    assert Entry.objects.get().subject == f"accounts.user:{person.pk}"
