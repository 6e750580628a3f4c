"""A large record is read by several processes: they find what one finds, or nothing is said."""

import subprocess
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import parts, sealing, trail, verification
from audit.models import Entry
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db(transaction=True)
# With its key: of the bare digit the number of a person's stream may hold one too.
CHANGED = (
    "UPDATE audit_entry SET body = replace(body, '\"number\":3', '\"number\":7') WHERE seq = 4"
)
ADDED = (
    "INSERT INTO audit_entry (stream, seq, at, prev, hash, action, subject, body)"
    " VALUES ('late:1', 0, now(), '', '', 'test.done', 'late:1', '{}')"
)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch):
    monkeypatch.setattr(parts, "WORTH_IT", 1)


@pytest.fixture
def streams():
    """Five streams of four entries, each with a text."""
    people = [make.user() for _number in range(5)]
    for person in people:
        for number in range(4):
            actor = make.actor(person)
            trail.record("test.done", person, actor=actor, remark="Why not.", number=number)
    return [trail.stream_of(person) for person in people]


@pytest.fixture(autouse=True)
def in_a_transaction(monkeypatch):
    """Tests write as a request does; what reads must see what was committed."""
    real = trail.record

    def record(*args, **kwargs):
        with plant.transaction.atomic():
            return real(*args, **kwargs)

    monkeypatch.setattr(trail, "record", record)


def found(jobs, **asked):
    return verification.verify(jobs=jobs, **asked)


def test_they_say_nothing_at_the_terminal(streams, capfd):
    assert found(2).clean
    assert capfd.readouterr() == ("", "")


def test_several_processes_read_all_that_one_reads(streams):
    sealing.seal()
    one, many = found(1), found(3)
    assert many.clean
    assert (many.entries, many.streams, many.sealed) == (20, 5, 20)
    assert many == one


def test_they_find_what_one_finds_in_its_order(streams):
    plant.sql(CHANGED)
    plant.sql("UPDATE audit_remark SET text = 'Because.' WHERE entry_id = %s", _first())
    one, many = found(1), found(3)
    assert sorted(map(str, many.flaws)) == sorted(map(str, one.flaws))
    assert len(many.flaws) == 6


def _first():
    return Entry.objects.order_by("pk").values_list("pk", flat=True)[0]


def test_they_keep_no_more_flaws_than_one(streams, monkeypatch):
    monkeypatch.setattr(verification, "MOST_FLAWS", 1)
    plant.sql(CHANGED)
    many = found(2)
    assert (len(many.flaws), many.more) == (1, 4)


def test_what_is_added_meanwhile_is_no_flaw(streams, monkeypatch):
    begin = parts._begin

    def later(task):
        # Of its own: what reads the record may write nothing.
        with closing(connection.copy()) as beside, beside.cursor() as cursor:
            cursor.execute(ADDED)
        return begin(task)

    monkeypatch.setattr(parts, "_begin", later)
    many = found(2)
    assert (many.clean, many.entries) == (True, 20)


def test_every_stream_is_read_wherever_the_heads_say_to_cut(streams):
    plant.sql("UPDATE audit_head SET seq = CASE WHEN stream = %s THEN -9 ELSE 0 END", streams[2])
    many = found(4)
    assert many.entries == 20
    assert len(many.flaws) == 5


def test_only_what_is_asked_for_is_read(streams):
    moment = Entry.objects.order_by("pk")[12].at
    assert found(2, since=moment).entries == found(1, since=moment).entries == 8


def test_a_process_that_ends_before_its_time_leaves_nothing_said(streams, monkeypatch, capsys):
    begin = parts._begin

    def killed(task):
        process = begin(task)
        process.kill()
        return process

    monkeypatch.setattr(parts, "_begin", killed)
    with pytest.raises(CommandError, match="Nothing was verified. A process that read") as refusal:
        call_command("verify_audit", "--jobs", "2")
    assert refusal.value.returncode == 2
    assert "clean" not in capsys.readouterr().out


def test_a_process_that_never_reads_its_task_leaves_nothing_said(streams, monkeypatch):
    class Ended(subprocess.Popen):
        def __init__(self, words, **options):
            super().__init__([words[0], "-c", ""], **options)
            self.wait()

    monkeypatch.setattr(parts.subprocess, "Popen", Ended)
    with pytest.raises(CommandError, match="Nothing was verified. A process that read"):
        call_command("verify_audit", "--jobs", "2")


def test_where_a_system_tells_no_cores_of_ours_it_reads_with_all_of_them(monkeypatch):
    monkeypatch.delattr(parts.os, "sched_getaffinity")
    monkeypatch.setattr(parts.os, "cpu_count", lambda: 2)
    assert parts.default_jobs() == 2
    monkeypatch.setattr(parts.os, "cpu_count", lambda: None)
    assert parts.default_jobs() == 1


def test_none_is_left_behind_where_a_checkpoint_is_foreign(streams, monkeypatch):
    begun = []
    begin = parts._begin
    monkeypatch.setattr(parts, "_begin", lambda task: begun.append(begin(task)) or begun[-1])
    with pytest.raises(verification.consistency.BadDocument):
        found(2, outside=[("{}", "kept.jsonl")])
    assert begun
    assert all(process.poll() is not None for process in begun)


def test_progress_is_that_of_all_of_them(streams):
    told = []
    found(2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (20, 20)


def test_the_command_line_holds_no_password(streams, monkeypatch):
    told = []

    class Watched(subprocess.Popen):
        def __init__(self, words, **options):
            told.append(words)
            super().__init__(words, **options)

    monkeypatch.setattr(parts.subprocess, "Popen", Watched)
    found(2)
    assert {tuple(words[1:]) for words in told} == {("-m", "audit.parts")}
