"""Collectors and their keys: the text of a key is shown once and to the owner alone."""

import re

import pytest

from accounts import secrets
from programs import collectors
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
    return f"/programs/{program.slug}/collectors/{ending}"


def text_of_key(answer):
    return re.search(r"andon_c_\w+_[\w-]+", answer.content.decode())[0]


def test_registering_shows_a_key_that_works(program, owner):
    answer = owner.post(path(program, "new/"), name="laptop-7")
    key = program.collectors.get().keys.get()
    assert secrets.matches(secrets.parse(text_of_key(answer)), key.secret_hash)
    page = words(answer)
    for line in ("ANDON_GATE_URL=http", f"ANDON_PROGRAM={program.slug}", "ANDON_TOKEN=andon_c_"):
        assert line in page
    assert "no-store" in answer["Cache-Control"]


def test_no_later_page_holds_the_text(program, owner):
    text = text_of_key(owner.post(path(program, "new/"), name="laptop-7"))
    collector = program.collectors.get()
    for page in (f"/programs/{program.slug}/", path(program, f"{collector.pk}/")):
        assert text not in owner.get(page).content.decode()


@pytest.mark.parametrize("name", ["", "Laptop 7", "-x", "x" * 81])
def test_an_odd_name_is_refused(program, owner, name):
    answer = owner.post(path(program, "new/"), name=name)
    assert answer.status_code == 422
    assert not program.collectors.exists()


def test_a_taken_name_is_refused_and_makes_no_key(program, owner):
    owner.post(path(program, "new/"), name="laptop-7")
    answer = owner.post(path(program, "new/"), name="laptop-7")
    assert answer.status_code == 409
    assert "has a collector 'laptop-7' already" in words(answer)
    assert program.collectors.get().keys.count() == 1


def test_a_dataset_of_another_program_is_refused(program, owner):
    strange = make.dataset(make.program())
    answer = owner.post(path(program, "new/"), name="laptop-7", dataset=strange.pk)
    assert answer.status_code == 422


def test_a_second_key_lets_the_first_be_withdrawn(program, owner):
    collector = make.collector(program)
    first, _text = collectors.issue_key(collector, actor=make.SYSTEM)
    answer = owner.post(path(program, f"{collector.pk}/key/"))
    assert text_of_key(answer)
    owner.post(path(program, f"{collector.pk}/keys/{first.pk}/withdraw/"))
    first.refresh_from_db()
    assert first.revoked_at is not None


def test_retiring_ends_every_key(program, owner):
    collector = make.collector(program)
    collectors.issue_key(collector, actor=make.SYSTEM)
    owner.post(path(program, f"{collector.pk}/retire/"))
    assert not collector.keys.filter(revoked_at=None).exists()
    assert "Retired" in owner.reads(path(program, f"{collector.pk}/"))


def test_a_retired_collector_gets_no_key(program, owner):
    collector = make.collector(program)
    collectors.retire(collector, actor=make.SYSTEM)
    owner.post(path(program, f"{collector.pk}/key/"))
    assert not collector.keys.exists()
    assert "is retired" in owner.reads(path(program, f"{collector.pk}/"))


def test_nobody_but_who_runs_the_program_touches_collectors(program, reporter, officer):
    collector = make.collector(program)
    for person in (reporter, officer):
        assert person.get(path(program, "new/")).status_code == 403
        for ending in ("new/", f"{collector.pk}/key/", f"{collector.pk}/retire/"):
            assert person.post(path(program, ending), name="x").status_code == 403


def test_a_collector_of_another_program_is_missing(owner, program):
    strange = make.collector(make.program())
    assert owner.get(path(program, f"{strange.pk}/")).status_code == 404
    assert owner.post(path(program, f"{strange.pk}/key/")).status_code == 404
