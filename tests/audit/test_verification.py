"""What the verification finds when somebody with all rights has changed the record."""

from itertools import count

import pytest
from django.db import connection, transaction

from accounts.models import User
from audit import trail, verification
from audit.models import Entry, Head, Remark
from severity.ladder import Sev
from tests import make
from tests.audit import plant
from tests.together import ROUNDS, at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    """A stream of four entries."""
    return written()


def written(remark=""):
    person = make.user()
    for number in range(4):
        trail.record("test.done", person, actor=make.actor(person), remark=remark, number=number)
    return trail.stream_of(person)


def found(stream=""):
    return [(flaw.seq, flaw.what) for flaw in verification.verify(stream=stream).flaws]


def edit(change, *, seq=2):
    plant.sql(f"UPDATE audit_entry SET {change} WHERE seq = {seq}")


def test_the_record_of_a_whole_story_is_clean(engine):
    program = make.program()
    make.lease(make.collector(program))
    make.incident(Sev.SEV1, program=program)
    engine.forward(hours=2)
    report = verification.verify()
    assert report.clean
    assert (report.entries, report.streams) == (Entry.objects.count(), Head.objects.count())


def test_one_stream_is_checked_alone(stream):
    make.program()
    report = verification.verify(stream=stream)
    assert (report.clean, report.entries, report.streams) == (True, 4, 1)


def test_an_edited_body_is_found(stream):
    edit("body = replace(body, '1', '7')")
    assert (2, "was changed after it was written") in found(stream)


@pytest.mark.parametrize("body", ["", "[]", "7", "null", "{", "[" * 100_000])
def test_a_body_that_makes_no_sense_is_a_flaw_and_not_a_crash(stream, body):
    plant.sql("UPDATE audit_entry SET body = %s WHERE seq = 2", body)
    assert (2, "has a body that cannot be read") in found(stream)


@pytest.mark.parametrize(
    ("column", "value"),
    [("action", "'test.undone'"), ("subject", "'accounts.user:0'"), ("actor_id", "NULL")],
)
def test_an_edited_column_is_found(stream, column, value):
    edit(f"{column} = {value}")
    name = column.removesuffix("_id")
    assert found(stream) == [(2, f"the column {name} does not say what was recorded")]


def test_an_entry_that_was_moved_in_time_is_found(stream):
    edit("at = at - interval '1 microsecond'")
    assert found(stream) == [(2, "was changed after it was written")]


def test_an_entry_that_was_moved_before_another_is_found(stream):
    edit("at = at - interval '1 day'")
    assert (2, "is earlier than the entry before it") in found(stream)


def test_a_clock_that_was_set_back_makes_no_flaw(stream):
    person = User.objects.get()
    ahead = "'2100-01-01T00:00:00Z'"
    body = "prev, stream, seq::text, '2100-01-01T00:00:00.000000Z', body"
    edit(f"at = {ahead}", seq=4)
    edit(
        f"hash = encode(sha256(convert_to(concat_ws(E'\\n', {body}), 'UTF8')), 'hex')",
        seq=4,
    )
    plant.sql("UPDATE audit_head SET hash = (SELECT hash FROM audit_entry WHERE seq = 4)")
    trail.record("test.done", person, actor=make.SYSTEM)
    assert found(stream) == []
    assert Entry.objects.get(seq=5).at == Entry.objects.get(seq=4).at


def test_a_body_that_makes_no_sense_and_has_a_remark_is_a_flaw_too():
    stream = written(remark="why")
    edit("body = 'x'")
    assert (2, "its remark was changed after it was written") in found(stream)


def test_an_entry_that_was_removed_from_the_middle_is_missed(stream):
    plant.sql("DELETE FROM audit_entry WHERE seq = 2")
    assert found(stream) == [(3, "entry 2 is missing")]


def test_an_entry_that_was_moved_to_another_stream_is_found(stream):
    plant.sql("UPDATE audit_entry SET stream = 'user:0', seq = 1 WHERE seq = 4")
    plant.sql(
        "INSERT INTO audit_head SELECT stream, seq, hash FROM audit_entry WHERE stream = 'user:0'"
    )
    assert "was changed after it was written" in str(found("user:0"))
    assert "removed at the end" in str(found(stream))


def test_entries_that_were_cut_off_at_the_end_are_missed(stream):
    plant.sql("DELETE FROM audit_entry WHERE seq > 2")
    assert found(stream) == [(0, "does not end at its head: entries were removed at the end")]


def test_a_head_that_was_moved_without_its_entries_is_found(stream):
    plant.sql("UPDATE audit_head SET seq = 9 WHERE stream = %s", stream)
    assert "does not end at its head" in str(found(stream))


def test_a_stream_without_its_entries_is_missed(stream):
    plant.sql("DELETE FROM audit_entry")
    assert found(stream) == [(0, "has a head but no entries: they were removed")]


def test_a_stream_without_its_head_is_found(stream):
    plant.sql("DELETE FROM audit_head")
    assert found(stream) == [(0, "has entries but no head")]


def test_a_chain_alone_cannot_see_what_was_cut_together_with_its_head(stream):
    """The limit, said aloud: whoever may rewrite all of it can. Heads kept elsewhere show it."""
    before = Head.objects.get(stream=stream)
    plant.sql("DELETE FROM audit_entry WHERE seq > 2")
    plant.sql(
        "UPDATE audit_head h SET seq = e.seq, hash = e.hash FROM audit_entry e"
        " WHERE h.stream = e.stream AND e.seq = 2"
    )
    assert found(stream) == []
    assert Head.objects.get(stream=stream).hash != before.hash


def test_a_remark_that_was_edited_is_found():
    stream = written(remark="why")
    plant.sql("UPDATE audit_remark SET text = 'another' WHERE text = 'why'")
    assert found(stream) == [
        (seq, "its remark was changed after it was written") for seq in (1, 2, 3, 4)
    ]


def test_a_remark_on_an_entry_that_had_none_is_found(stream):
    person = User.objects.get()
    silent = trail.record("test.done", person, actor=make.SYSTEM)
    Remark.objects.create(entry=silent, salt="s", text="I was here")
    assert found(stream) == [(5, "its remark was changed after it was written")]


def test_a_remark_that_was_erased_leaves_the_record_clean():
    written(remark="why")
    Remark.objects.all().delete()
    assert found() == []


def test_a_trigger_that_was_disabled_is_found(stream):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER andon_chain")
    assert found() == [(0, "the trigger andon_chain is missing, disabled or not ours")]


def test_what_hangs_on_the_record_and_is_not_ours_is_found(stream):
    with connection.cursor() as cursor:
        cursor.execute("CREATE RULE lost AS ON DELETE TO audit_remark DO INSTEAD NOTHING")
    assert found() == [(0, "the rule lost hangs on it and is not ours")]


@pytest.mark.django_db(transaction=True)
def test_a_record_that_grows_while_it_is_read_is_still_clean():
    person = make.user()
    numbers = count()

    def write():
        for _ in range(20):
            with transaction.atomic():
                trail.record("test.done", person, actor=make.SYSTEM, number=next(numbers))

    for _ in range(ROUNDS):
        _, report = at_once(write, verification.verify)
        assert report.flaws == []
