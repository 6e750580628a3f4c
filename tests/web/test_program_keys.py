"""Keys on the program's page: shown once, to who runs the program alone."""

import re

import pytest

from accounts import secrets
from programs import keys, pauses
from programs.models import ProgramKey
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def owner(program):
    return Reader(program.owner)


def path(program, ending=""):
    return f"/programs/{program.slug}/{ending}"


def made(program, label="Scanner"):
    actor = make.actor(program.owner)
    return keys.issue_for_monitor(program, label=label, worst=Sev.SEV2, actor=actor)[0]


def test_a_key_is_shown_once_with_its_address_and_its_secret(program, owner):
    answer = owner.post(path(program, "monitors/new/"), label="Scanner", worst="3")
    key = ProgramKey.objects.get()
    text = re.search(r"andon_w_\w+_[\w-]+", answer.content.decode())[0]
    assert secrets.matches(secrets.parse(text), key.secret_hash)
    assert (key.worst, key.issued_by) == (3, program.owner)
    page = words(answer)
    assert f"/api/v1/cord/{key.key_id}" in page
    secret = keys.webhook_secret(key.key_id)
    assert secret in page
    assert "no-store" in answer["Cache-Control"]
    later = owner.get(path(program)).content.decode()
    assert text not in later
    assert secret not in later
    assert "Scanner up to SEV 3" in owner.reads(path(program))


def test_a_withdrawn_key_says_so_and_its_name_is_free_again(program, owner):
    key = made(program)
    owner.post(path(program, f"keys/{key.pk}/withdraw/"))
    key.refresh_from_db()
    assert key.revoked_at
    assert "withdrawn" in owner.reads(path(program))
    assert owner.post(path(program, "monitors/new/"), label="Scanner", worst="2").status_code == 200


def test_a_name_that_is_taken_is_refused_at_its_field(program, owner):
    made(program)
    answer = owner.post(path(program, "monitors/new/"), label="Scanner", worst="2")
    assert answer.status_code == 409
    assert "has a key 'Scanner' already" in words(answer)
    assert ProgramKey.objects.count() == 1


@pytest.mark.parametrize("fields", [{"label": "", "worst": "2"}, {"label": "x", "worst": "6"}])
def test_an_odd_form_is_shown_again(program, owner, fields):
    assert owner.post(path(program, "monitors/new/"), **fields).status_code == 422


def test_a_program_that_has_ended_takes_no_key(program, owner):
    pauses.retire(program, reason="Done.", actor=make.SYSTEM)
    answer = owner.post(path(program, "monitors/new/"), label="Scanner", worst="2")
    assert answer.status_code == 409
    assert "Make a key" not in owner.reads(path(program))


def test_nobody_but_who_runs_the_program_sees_or_makes_keys(program, reporter, officer):
    key = made(program)
    for person in (reporter, officer):
        assert "Scanner" not in person.reads(path(program))
        assert person.post(path(program, "monitors/new/"), label="x", worst="2").status_code == 403
        assert person.post(path(program, f"keys/{key.pk}/withdraw/")).status_code == 403


def test_a_key_of_another_program_is_missing(program, owner):
    strange = made(make.program())
    assert owner.post(path(program, f"keys/{strange.pk}/withdraw/")).status_code == 404


def test_only_a_person_answers_for_a_key(program):
    with pytest.raises(keys.Refused, match="Only a person"):
        keys.issue_for_monitor(program, label="x", worst=Sev.SEV2, actor=make.SYSTEM)


def test_a_key_of_where_records_come_in_is_shown_once_with_what_to_do(program, owner):
    answer = owner.post(path(program, "ingest/new/"), label="Upload")
    key = ProgramKey.objects.get()
    text = re.search(r"andon_i_\w+_[\w-]+", answer.content.decode())[0]
    assert secrets.matches(secrets.parse(text), key.secret_hash)
    assert (key.kind, key.worst) == ("i", None)
    page = words(answer)
    for line in (f"ANDON_INGEST_TOKEN={text}", f"ANDON_PROGRAM={program.slug}", "andon.Verifier()"):
        assert line in page
    assert text not in owner.get(path(program)).content.decode()
    owner.post(path(program, f"keys/{key.pk}/withdraw/"))
    key.refresh_from_db()
    assert key.revoked_at


def test_what_a_withdrawn_key_of_where_records_come_in_still_gives_is_said(program, owner):
    still = "until whoever runs Andon changes SECRET_KEY"
    assert still not in owner.reads(path(program))
    answer = owner.post(path(program, "ingest/new/"), label="Upload")
    assert "even after it was withdrawn, until SECRET_KEY changes" in words(answer)
    owner.post(path(program, f"keys/{ProgramKey.objects.get().pk}/withdraw/"))
    assert still in owner.reads(path(program))


def test_nobody_but_who_runs_the_program_makes_a_key_for_ingest(program, officer):
    assert officer.post(path(program, "ingest/new/"), label="x").status_code == 403
