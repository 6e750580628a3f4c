"""The steps that come with an incident, and what becomes of them."""

from datetime import timedelta

import pytest
import yaml

from incidents import books, runbooks
from incidents.models import Audience, GateCheck, RunbookStep
from severity.ladder import Sev
from tests import make

SHIPPED = sorted(books.FOLDER.glob("*.yaml"))
State = RunbookStep.State


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_runbook_says_who_does_what(path):
    name = yaml.safe_load(path.read_text(encoding="utf-8"))["id"]
    book = next(book for book in books.shipped() if book.id == name)
    assert book.title
    assert book.version
    assert len(book.steps) >= 3
    for step in book.steps:
        assert step.role
        assert step.action
        assert all(books.known(word) for word in books.words_of(step.role)), step.role
        assert set(step.checks) <= set(GateCheck.values)
        assert bool(step.checks) == bool(step.gate)
        assert step.within is None or timedelta(0) <= step.within <= timedelta(days=90)


def test_every_runbook_has_an_id_of_its_own():
    ids = [book.id for book in books.shipped()]
    assert len(set(ids)) == len(ids) == len(SHIPPED) > 0


def test_the_audiences_of_runbooks_are_answers_of_the_form():
    for book in books.shipped():
        assert book.rules.audiences <= set(Audience.values)


@pytest.fixture
def incident(db):
    return make.incident()


def test_an_incident_gets_the_runbook_for_what_was_seen(db):
    outside = make.incident(Sev.SEV1).runbooks.get()
    inside = make.incident(Sev.SEV2).runbooks.get()
    by_id = {book.id: book for book in books.shipped()}
    assert Audience.OUTSIDE in by_id[outside.runbook].rules.audiences
    assert Audience.EVERYONE in by_id[inside.runbook].rules.audiences


def test_each_step_is_copied_with_its_target_time(incident):
    run = incident.runbooks.get()
    book = next(b for b in books.shipped() if b.id == run.runbook)
    copied = list(run.steps.all())
    assert [step.action for step in copied] == [step.action for step in book.steps]
    for step, shipped in zip(copied, book.steps, strict=True):
        if shipped.within is not None:
            assert step.due_at == incident.reported_at + shipped.within
        assert step.history.count() == 1


def test_a_runbook_is_attached_once(incident):
    assert runbooks.attach(incident, actor=make.SYSTEM) == []
    assert incident.runbooks.count() == 1


@pytest.mark.parametrize("audience", Audience.values)
def test_what_the_report_was_is_done_by_it(db, audience):
    incident = make.incident(Sev.SEV2, audience=audience)
    first, *others = incident.runbooks.get().steps.all()
    assert (first.state, first.done_by) == (State.DONE, incident.reporter)
    assert first.done_at == incident.reported_at
    assert {step.state for step in others} == {State.OPEN}
