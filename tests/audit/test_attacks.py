"""The record under attack by somebody who has all rights on the database, and no key."""

import json

import pytest
from django.db import connection, transaction
from django.test import override_settings

from audit import chain, sealing, trail, triggers, verification
from audit.chain import Link
from audit.merkle import Frontier
from audit.models import Checkpoint, Entry, Head, Leaf
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make.user()


def write(person, count=4):
    for number in range(count):
        trail.record("test.done", person, actor=make.actor(person), number=number)
    return trail.stream_of(person)


@pytest.fixture
def kept(person):
    """A checkpoint that somebody has outside, over four entries of a stream."""
    write(person)
    return [(sealing.seal().text, "kept.jsonl")]


def found(outside=()):
    return [f"{flaw.seq} {flaw.what}" for flaw in verification.verify(outside=outside).flaws]


def rewrite(stream, *, without=(), **changes):
    """Write a stream anew, with right hashes, as somebody who knows how would."""
    rows = list(Entry.objects.filter(stream=stream).exclude(seq__in=without).order_by("seq"))
    prev = chain.GENESIS
    for seq, row in enumerate(rows, start=1):
        body = row.body
        for old, new in changes.items():
            body = body.replace(old, new)
        link = Link(stream, seq, row.at, body, prev, "")
        prev = chain.digest(link)
        plant.sql(
            "UPDATE audit_entry SET seq = %s, body = %s, prev = %s, hash = %s WHERE id = %s",
            *(seq, body, link.prev, prev, row.pk),
        )
    plant.sql(
        "UPDATE audit_head SET seq = %s, hash = %s WHERE stream = %s", len(rows), prev, stream
    )


def cut(stream, *, after):
    """Cut off the end of a stream, and let its head and the tree say that it never was."""
    where = "stream = %s AND seq > %s"
    entries = f"SELECT id FROM audit_entry WHERE {where}"
    plant.sql(f"DELETE FROM audit_leaf WHERE entry_id IN ({entries})", stream, after)
    plant.sql(f"DELETE FROM audit_entry WHERE {where}", stream, after)
    plant.sql(
        "UPDATE audit_head AS h SET seq = e.seq, hash = e.hash FROM audit_entry AS e"
        " WHERE h.stream = e.stream AND e.seq = %s AND e.stream = %s",
        *(after, stream),
    )


def forget_checkpoints():
    plant.sql("DELETE FROM audit_checkpoint")


def test_a_record_that_nobody_touched_is_clean(kept):
    assert found(kept) == []


# --- 1. Edited


def test_an_edited_entry_is_seen_by_the_chain(kept):
    plant.sql("UPDATE audit_entry SET body = replace(body, 'done', 'gone') WHERE seq = 2")
    assert "2 was changed after it was written" in found()


# --- 2. Cut


def test_a_tail_that_was_cut_is_seen_by_the_checkpoint(kept, person):
    cut(trail.stream_of(person), after=2)
    assert found() == found(kept)
    assert any("the record holds 2: its end is gone" in each for each in found())


def test_a_tail_that_was_cut_with_all_checkpoints_is_seen_from_outside_alone(kept, person):
    cut(trail.stream_of(person), after=2)
    forget_checkpoints()
    assert found() == []
    assert "is not in this record: its end was cut, or an older backup" in str(found(kept))


# --- 3. Rewritten with right hashes


def test_a_rewrite_with_right_hashes_is_seen_by_the_checkpoint(kept, person):
    rewrite(trail.stream_of(person), done="gone")
    plant.sql("UPDATE audit_entry SET action = 'test.gone'")
    assert found() == found(kept)
    (flaw,) = found()
    assert "the first 4 entries are not those that it sealed" in flaw


def test_a_rewrite_that_was_sealed_anew_is_seen_from_outside(kept, person):
    rewrite(trail.stream_of(person), done="gone")
    plant.sql("UPDATE audit_entry SET action = 'test.gone'")
    forget_checkpoints()
    plant.sql("DELETE FROM audit_leaf")
    with override_settings(SECRET_KEY="of the attacker, who does not have ours, " * 2):
        sealing.seal()
    said = str(found(kept))
    assert "of another installation" in said
    assert "is of another record" in said


def test_an_entry_that_was_taken_out_with_right_hashes_is_seen(kept, person):
    plant.sql("DELETE FROM audit_leaf WHERE place = 1")
    plant.sql("DELETE FROM audit_entry WHERE seq = 2")
    rewrite(trail.stream_of(person))
    assert any("entries near place 0 of the tree were removed" in each for each in found())


def test_a_tree_that_was_built_anew_over_a_rewrite_is_seen(kept, person):
    """Leaves, checkpoint and its tree are put right as well; only the signature cannot be."""
    rewrite(trail.stream_of(person), done="gone")
    plant.sql("UPDATE audit_entry SET action = 'test.gone'")
    tree = Frontier()
    tree.grow(Entry.objects.order_by("leaf__place").values_list("hash", flat=True))
    row = Checkpoint.objects.get()
    old = json.loads(row.text)["document"]["root"]
    plant.sql("UPDATE audit_checkpoint SET text = replace(text, %s, %s)", old, tree.root)
    assert "1 The signature does not fit: the document was changed." in found()


# --- 4. Trigger disabled


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        ("audit_entry", "andon_chain"),
        ("audit_entry", "andon_kept"),
        ("audit_checkpoint", "andon_kept"),
        ("audit_leaf", "andon_never_emptied"),
    ],
)
def test_a_trigger_that_was_disabled_is_seen(kept, table, trigger):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    assert found(kept) == [f"0 the trigger {trigger} is missing, disabled or not ours"]


def test_what_was_written_while_a_trigger_was_off_is_seen_once_it_is_on_again(kept, person):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER andon_kept")
        cursor.execute("UPDATE audit_entry SET body = replace(body, 'done', 'gone') WHERE seq = 2")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER andon_kept")
    assert "2 was changed after it was written" in found(kept)


# --- 5. An old backup restored


def lost(person):
    """A checkpoint that was made after the backup: its entries are gone, and nothing shows it."""
    with transaction.atomic():
        before = transaction.savepoint()
        write(person)
        text = sealing.seal().text
        transaction.savepoint_rollback(before)
    return [(text, "kept.jsonl")]


def test_a_restored_backup_is_seen_from_outside_alone(person):
    write(person)
    sealing.seal()
    outside = lost(person)
    assert found() == []
    said = found(outside)
    assert any(each.startswith("2 made") and "older backup was restored" in each for each in said)
    assert "2 knows 8 entries, and the record holds 4: its end is gone" in said


def test_a_record_that_went_another_way_after_a_restore_is_seen(person):
    write(person)
    sealing.seal()
    outside = lost(person)
    write(person, 9)
    sealing.seal()
    assert found() == []
    said = found(outside)
    assert any("is not what this record holds under that number" in each for each in said)
    assert any("the first 8 entries are not those that it sealed" in each for each in said)


# --- 6. The clock set back


def with_clock_set_back(days):
    """The trigger as it works while the clock of the machine is wrong."""
    body = triggers.FUNCTIONS["andon_chain"]
    wrong = body.replace("clock_timestamp()", f"(clock_timestamp() - interval '{days} days')")
    schema = '"public"'
    made = triggers.function("andon_chain", schema=schema)
    with connection.cursor() as cursor:
        cursor.execute(made.replace(body, wrong))
    return made


@pytest.mark.parametrize("is_sealed", [True, False])
def test_an_entry_of_a_clock_that_was_set_back_is_seen(kept, is_sealed):
    right = with_clock_set_back(3)
    write(make.user(), 1)
    with connection.cursor() as cursor:
        cursor.execute(right)
    if is_sealed:
        sealing.seal()
    (flaw,) = found(kept)
    assert flaw.startswith("1 was written after checkpoint 1 and says an earlier time")


def test_a_checkpoint_of_a_clock_that_was_set_back_is_seen(kept, monkeypatch):
    moments = sealing._moments()
    monkeypatch.setattr(
        sealing, "_moments", lambda: tuple(each.replace(year=each.year - 1) for each in moments)
    )
    sealing.seal()
    assert "2 is earlier than the one before it: the clock was set back" in found()


# --- And what is none


def test_the_record_goes_on_after_a_checkpoint(kept, person):
    write(person)
    assert found(kept) == []
    sealing.seal()
    assert found(kept) == []
    assert Leaf.objects.count() == Entry.objects.count() == 8
    assert Head.objects.get().seq == 8


def test_a_hash_that_is_none_is_a_flaw_and_not_a_crash(kept):
    plant.sql("UPDATE audit_entry SET hash = repeat('z', 64) WHERE seq = 2")
    said = [flaw.what for flaw in verification.verify().flaws]
    assert "stands a hash that is none" in str(said)
