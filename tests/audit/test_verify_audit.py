"""The command that says whether the record is what was written."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import checkpoints, sealing, trail
from audit.keyring import ring
from audit.models import Entry
from audit.seal import key_from_pem
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "checkpoints")


def verify(capsys, *arguments):
    """Run the command; return its exit status and what it printed."""
    try:
        call_command("verify_audit", *arguments)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def spoil():
    plant.sql("UPDATE audit_entry SET action = 'test.undone'")


@pytest.fixture
def stream():
    person = make.user()
    trail.record("test.done", person, actor=make.SYSTEM)
    return trail.stream_of(person)


def test_a_clean_record_ends_with_zero_and_says_how_much_was_checked(capsys, stream):
    status, said = verify(capsys)
    assert status == 0
    assert "clean: 1 entries in 1 streams checked, 0 checkpoints, 0 from outside\n" in said


def test_a_flaw_ends_with_one_and_is_named_with_its_place(capsys, stream):
    spoil()
    status, said = verify(capsys)
    assert status == 1
    assert f"{stream} #1: the column action does not say what was recorded\n" in said
    assert "NOT CLEAN, 1 flaws: 1 entries" in said


def test_one_json_object_says_the_same(capsys, stream):
    status, said = verify(capsys, "--json")
    said = json.loads(said)
    assert (status, said["clean"], said["entries"], said["flaws"]) == (0, True, 1, [])
    spoil()
    status, said = verify(capsys, "--json")
    (flaw,) = json.loads(said)["flaws"]
    assert (status, flaw["stream"], flaw["seq"]) == (1, stream, 1)


def test_one_stream_can_be_chosen(capsys, stream):
    make.program()
    status, said = verify(capsys, "--stream", stream)
    assert status == 0
    assert "clean: 1 entries in 1 streams checked" in said


def test_a_mistyped_stream_does_not_pass_for_a_clean_one(stream):
    with pytest.raises(CommandError, match="no stream 'usr:1'") as refusal:
        call_command("verify_audit", "--stream", "usr:1")
    assert refusal.value.returncode == 2


def sealed(path):
    said = sealing.seal()
    path.write_text(f"{said.text}\n")
    return said


def test_a_checkpoint_from_outside_is_compared(capsys, stream, tmp_path):
    sealed(tmp_path / "kept.jsonl")
    status, said = verify(capsys, "--checkpoint", str(tmp_path / "kept.jsonl"))
    assert (status, "1 checkpoints, 1 from outside" in said) == (0, True)
    assert "No checkpoint from outside" not in said


def test_a_checkpoint_of_another_installation_is_refused_and_said_to_be_one(stream, tmp_path):
    (tmp_path / "theirs.jsonl").write_text(plant.lost_checkpoint(SECRET_KEY="another, " * 9))
    with pytest.raises(CommandError, match="theirs.jsonl: .*of another installation") as refusal:
        call_command("verify_audit", "--checkpoint", str(tmp_path / "theirs.jsonl"))
    assert refusal.value.returncode == 2


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not JSON", '{"document": {}}'])
def test_what_is_no_checkpoint_verifies_nothing(stream, tmp_path, text):
    (tmp_path / "odd.jsonl").write_text(text)
    with pytest.raises(CommandError, match="Nothing was verified") as refusal:
        call_command("verify_audit", "--checkpoint", str(tmp_path / "odd.jsonl"))
    assert refusal.value.returncode == 2


def test_a_checkpoint_that_was_changed_verifies_nothing(stream, tmp_path):
    path = tmp_path / "kept.jsonl"
    sealed(path)
    path.write_text(path.read_text().replace('"size":1', '"size":2'))
    with pytest.raises(CommandError, match="The signature does not fit"):
        call_command("verify_audit", "--checkpoint", str(path))


def test_a_file_that_is_not_there_verifies_nothing(stream, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_audit", "--checkpoint", str(tmp_path / "none"))


def test_only_what_is_new_can_be_read(capsys, stream):
    since = (timezone.now() + timedelta(days=1)).isoformat()
    status, said = verify(capsys, "--since", since)
    assert (status, "clean: 0 entries" in said) == (0, True)
    assert "was not read" in said


def test_sealing_by_hand_prints_the_checkpoint_and_is_recorded(capsys, stream):
    call_command("seal_audit")
    said = checkpoints.read(capsys.readouterr().out.strip())
    assert (said.number, said.size) == (1, 1)
    assert Entry.objects.get(action="record.sealed").stream == "record"


def test_the_key_is_printed_for_auditors(capsys):
    call_command("record_key")
    assert key_from_pem(capsys.readouterr().out).id == ring().key.id
