"""The command that says whether the record is what was written."""

import json

import pytest
from django.core.management import CommandError, call_command

from audit import trail
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db


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
    assert verify(capsys) == (0, "clean: 1 entries in 1 streams checked\n")


def test_a_flaw_ends_with_one_and_is_named_with_its_place(capsys, stream):
    spoil()
    status, said = verify(capsys)
    assert status == 1
    assert f"{stream} #1: the column action does not say what was recorded\n" in said
    assert "NOT CLEAN, 1 flaws: 1 entries" in said


def test_one_json_object_says_the_same(capsys, stream):
    status, said = verify(capsys, "--json")
    assert (status, json.loads(said)) == (
        0,
        {"clean": True, "entries": 1, "streams": 1, "flaws": []},
    )
    spoil()
    status, said = verify(capsys, "--json")
    (flaw,) = json.loads(said)["flaws"]
    assert (status, flaw["stream"], flaw["seq"]) == (1, stream, 1)


def test_one_stream_can_be_chosen(capsys, stream):
    make.program()
    assert verify(capsys, "--stream", stream) == (0, "clean: 1 entries in 1 streams checked\n")


def test_a_mistyped_stream_does_not_pass_for_a_clean_one(stream):
    with pytest.raises(CommandError, match="no stream 'usr:1'"):
        call_command("verify_audit", "--stream", "usr:1")
