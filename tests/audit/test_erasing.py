"""A text is erased and the chain stays whole: the entry shows that there was one."""

import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from audit import sealing, trail, verification
from audit.models import Entry, Remark
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path)


@pytest.fixture
def entry():
    person = make.user()
    return trail.record("test.done", person, actor=make.SYSTEM, remark="Ada Invented was there.")


def erase(entry, reason="Art. 17, asked for by Ada."):
    call_command("erase_remark", entry.stream, str(entry.seq), "--reason", reason)


def test_a_text_is_erased_with_its_salt_and_the_record_is_still_what_was_sealed(entry):
    outside = [(sealing.seal().text, "kept")]
    entry = Entry.objects.get(pk=entry.pk)
    erase(entry)
    assert not Remark.objects.filter(entry=entry).exists()
    assert len(json.loads(entry.body)["remark"]) == 64
    assert verification.verify(outside=outside).flaws == []


def test_that_it_was_erased_and_why_is_recorded(entry):
    erase(Entry.objects.get(pk=entry.pk))
    last = Entry.objects.latest("pk")
    assert (last.action, last.stream) == ("record.text_erased", entry.stream)
    assert last.remark.text == "Art. 17, asked for by Ada."


@pytest.mark.parametrize(
    ("seq", "reason", "words"),
    [(1, " ", "reason:"), (7, "Asked for.", "There is no"), (2, "Asked for.", "has no text")],
)
def test_what_cannot_be_erased_is_said(entry, seq, reason, words):
    trail.record("test.done", entry.actor or make.user(), actor=make.SYSTEM, stream=entry.stream)
    with pytest.raises(CommandError, match=words):
        call_command("erase_remark", entry.stream, str(seq), "--reason", reason)
    assert Remark.objects.count() == 1
