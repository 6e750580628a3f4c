"""Checkpoints: what is sealed, when, with which key, and where it goes."""

import base64
import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from audit import checkpoints, clockwork, deposits, handlers, looking, sealing, trail, verification
from audit.checkpoints import Foreign
from audit.keyring import ring
from audit.models import Checkpoint, Deposit, Due, Entry, Finding, Leaf, Verification
from audit.reconciling import look
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db

KEYS = [base64.b64encode(bytes([n]) * 32).decode() for n in range(3)]


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    use(settings, folder=tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


def use(settings, **changes):
    settings.RECORD = replace(settings.RECORD, **changes)


def write(count=1):
    person = make.user()
    with transaction.atomic():
        for _ in range(count):
            trail.record("test.done", person, actor=make.SYSTEM)
    return trail.stream_of(person)


def test_a_checkpoint_says_how_much_there_is_and_names_the_one_before_it():
    write(3)
    first = sealing.seal()
    write(2)
    second = sealing.seal()
    assert (first.number, first.size, first.previous) == (1, 3, checkpoints.FIRST)
    assert (second.number, second.size, second.previous) == (2, 5, first.digest)
    assert first.log == second.log


def test_nothing_new_makes_no_checkpoint_within_the_hour():
    write()
    assert sealing.seal(only_new=True).number == 1
    assert sealing.seal(only_new=True) is None
    assert Checkpoint.objects.count() == 1


def test_after_an_hour_nothing_new_makes_one_too():
    sealing.seal()
    plant.sql("UPDATE audit_checkpoint SET made_at = made_at - interval '61 minutes'")
    assert sealing.seal(only_new=True).size == 0


def test_a_new_key_signs_at_once_and_the_older_one_beside_it(settings):
    use(settings, keys=(KEYS[1],))
    old = ring()
    write()
    sealing.seal()
    use(settings, keys=(KEYS[0], KEYS[1]))
    said = sealing.seal(only_new=True)
    assert f'"key_id":"{ring().key.id}"' in said.text
    assert checkpoints.opened(said.text, old) == said
    assert verification.verify().clean


def test_an_older_key_can_be_kept_in_its_public_half_alone(settings):
    use(settings, keys=(KEYS[1],))
    public = base64.b64encode(ring().key.raw).decode()
    text = sealing.seal().text
    use(settings, keys=(KEYS[0], f"public:{public}"))
    assert checkpoints.opened(text, ring()).text == text
    use(settings, keys=(KEYS[0],))
    with pytest.raises(Foreign, match="of another installation"):
        checkpoints.opened(text, ring())


def test_what_secret_key_signs_is_not_ours_where_the_record_has_a_key_of_its_own(settings):
    text = sealing.seal().text
    use(settings, keys=(KEYS[0],))
    with pytest.raises(Foreign):
        checkpoints.opened(text, ring())


def test_a_version_that_is_not_known_is_no_checkpoint():
    document = json.loads(sealing.seal().text)["document"] | {"version": 2}
    with pytest.raises(checkpoints.BadDocument, match="of version 1"):
        checkpoints.opened(ring().sign(document), ring())


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_yet_is_sealed_later_and_is_no_flaw():
    write()
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            write()
            begun.set()
            go_on.wait(20)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(20)
    write()
    assert sealing.seal().size == 2
    go_on.set()
    thread.join()
    assert verification.verify().flaws == []
    assert sealing.seal().size == 3
    assert verification.verify().flaws == []


@pytest.mark.django_db(transaction=True)
def test_two_who_seal_at_once_make_two_that_follow_each_other():
    write(50)

    def one():
        sealing.seal()
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert list(Checkpoint.objects.order_by("number").values_list("number", "size")) == [
        (1, 50),
        (2, 50),
        (3, 50),
    ]
    assert verification.verify().flaws == []


def sizes():
    return list(Checkpoint.objects.order_by("number").values_list("size", flat=True))


def test_more_than_fit_in_one_part_are_sealed_in_several_that_follow_each_other(monkeypatch):
    monkeypatch.setattr(sealing, "_AT_ONCE", 2)
    write(5)
    assert sealing.seal().size == 5
    assert sizes() == [2, 4, 5, 5]
    assert verification.verify().flaws == []


def test_a_part_says_of_no_later_entry_that_it_is_sealed(monkeypatch):
    monkeypatch.setattr(sealing, "_AT_ONCE", 2)
    write(5)
    for _ in range(2):
        said = sealing.seal_part().said
        assert datetime.fromisoformat(said.settled_at) <= Entry.objects.earliest("pk").at
    assert said.size == 4
    assert verification.verify().flaws == []


def test_the_next_part_looks_at_nothing_that_was_placed_before(monkeypatch):
    monkeypatch.setattr(sealing, "_AT_ONCE", 2)
    asked, place = [], sealing._grow
    monkeypatch.setattr(
        sealing, "_grow", lambda before, *, above: asked.append(above) or place(before, above=above)
    )
    write(5)
    sealing.seal()
    keys = list(Entry.objects.order_by("pk").values_list("pk", flat=True))
    # At the end once more from below: who began before may have committed after.
    assert asked == [0, keys[1], keys[3], 0]


def test_the_engine_seals_an_old_record_part_by_part_with_a_row_for_each(engine, monkeypatch):
    monkeypatch.setattr(sealing, "_AT_ONCE", 2)
    write(5)
    handlers.look_after()
    (first,) = Due.objects.filter(kind=handlers.SEAL)
    handlers.seal(first.payload)()
    assert sizes() == [2]
    engine.work()
    assert sizes()[:3] == [2, 4, 5]
    assert Due.objects.waiting().filter(kind=handlers.SEAL).count() == 1
    assert verification.verify().flaws == []


def test_no_statement_of_it_is_cut_off_as_one_of_a_page_would_be():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 15000")
        sealing.seal()
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("5min",)


def test_sealing_is_no_work_of_the_dispatcher_itself():
    assert clockwork.is_outward(handlers.SEAL)


def test_a_first_seal_that_was_given_up_is_planned_anew():
    Due.objects.filter(kind=handlers.SEAL).delete()
    write()
    look()
    assert Due.objects.waiting().filter(kind=handlers.SEAL).exists()


def test_the_engine_seals_each_minute_and_puts_the_checkpoint_in_the_file_of_its_day(
    engine, folder
):
    write(3)
    handlers.look_after()
    engine.work()
    (path,) = folder.iterdir()
    assert path.name.startswith("checkpoints-")
    (line,) = path.read_text().splitlines()
    assert line == Checkpoint.objects.get().text
    assert Deposit.objects.get().where == path.name
    write()
    engine.forward(seconds=61)
    assert len(path.read_text().splitlines()) == 2
    assert Due.objects.waiting().filter(kind=handlers.SEAL).count() == 1


def test_a_crash_after_the_file_was_written_leaves_the_record_clean(engine, folder):
    sealing.seal()
    engine.work()
    deposits.in_file({"number": 1})()
    report = verification.verify(outside=deposits.lines(folder))
    assert (report.clean, report.compared) == (True, 2)


def test_sealing_that_was_forgotten_is_begun_anew(engine):
    sealing.seal()
    look()
    assert Due.objects.waiting().filter(kind=handlers.SEAL).exists()
    assert Finding.objects.get(check_name="record").mended


# --- The engine looks at the record


def test_the_engine_verifies_each_day_with_what_lies_in_the_folder(engine, folder):
    write()
    handlers.look_after()
    engine.work()
    row = Verification.objects.get()
    assert (row.state, row.report["clean"], row.read) == ("done", True, row.total)
    engine.forward(hours=1)
    assert Verification.objects.count() == 1
    plant.sql("UPDATE audit_verification SET asked_at = asked_at - interval '25 hours'")
    engine.forward(hours=1)
    assert Verification.objects.count() == 2
    assert Verification.objects.latest("pk").report["compared"] > 0


def test_who_asks_while_one_is_under_way_gets_that_one(engine):
    actor = make.actor(make.user())
    first = looking.ask(actor=actor)
    assert looking.ask(actor=make.SYSTEM) == first
    engine.work()
    assert looking.ask(actor=actor) != first


def test_flaws_are_kept_and_told_to_operators(engine):
    write(3)
    plant.sql("UPDATE audit_entry SET body = replace(body, 'done', 'gone') WHERE seq = 2")
    looking.ask(actor=make.SYSTEM)
    engine.work()
    report = Verification.objects.get().report
    assert not report["clean"]
    look()
    assert "NOT clean" in Finding.objects.get(check_name="record", key="verification").says


def test_a_checkpoint_of_another_installation_in_the_folder_is_never_clean(engine, folder):
    folder.mkdir()
    (folder / "theirs.jsonl").write_text(plant.lost_checkpoint(SECRET_KEY="another, " * 9))
    looking.ask(actor=make.SYSTEM)
    engine.work()
    row = Verification.objects.get()
    assert (row.state, row.report["clean"]) == ("failed", False)
    assert "theirs.jsonl: Checkpoint 1 is of another installation" in row.report["failed"]


def test_one_that_never_ends_is_given_up_and_does_not_pass_for_clean():
    looking.ask(actor=make.SYSTEM)
    for due in Due.objects.filter(kind=looking.LOOK):
        handlers.give_up(due)
    row = Verification.objects.get()
    assert (row.state, row.report["clean"]) == ("failed", False)


def test_leaves_name_each_entry_once():
    write(4)
    sealing.seal()
    assert Leaf.objects.count() == Entry.objects.count() == 4
    assert clockwork.now() - Checkpoint.objects.get().made_at < timedelta(minutes=1)
    assert connection.in_atomic_block
