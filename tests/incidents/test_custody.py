"""Who had evidence in their hands stands in the log, and only what was handed in is given out."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import evidence, grants, holds, roles
from incidents.intake import Refused
from incidents.models import Role
from incidents.models.evidence import storage
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
LOG = b"10:02 export opened by everyone\n"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def row(incident):
    upload = SimpleUploadedFile("access.log", LOG, "text/plain")
    return evidence.add(incident, upload, actor=make.actor(make.user()))


def acts(row):
    return list(row.custody.order_by("pk").values_list("act", flat=True))


def change(row, content=b"10:02 nothing happened at all  \n"):
    with open(storage().path(str(row.file)), "wb") as stored:
        stored.write(content)


def take(row, person=None):
    with evidence.give_out(row, actor=make.actor(person or make.user())) as file:
        return file.read()


def test_whoever_takes_it_is_written_down_before_they_have_it(row):
    person = make.user()
    assert take(row, person) == LOG
    line = row.custody.first()
    assert (line.act, line.actor) == ("downloaded", person)
    assert Entry.objects.filter(action="evidence.downloaded", actor=person).exists()


def test_nobody_gets_it_who_cannot_be_written_down(row, monkeypatch):
    monkeypatch.setattr(evidence, "_note_download", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(row)


def test_what_was_changed_where_it_lies_is_not_given_out_and_the_story_says_so(row):
    change(row)
    with pytest.raises(Refused, match="no longer what was handed in"):
        take(row)
    row.refresh_from_db()
    assert row.damaged_at
    assert acts(row) == ["added", "damaged"]
    told = row.incident.timeline.filter(text__startswith="Evidence is no longer")
    assert told.count() == 1
    assert OutboxEvent.objects.filter(topic="incident.evidence_damaged").count() == 1


def test_what_is_gone_is_not_given_out(row):
    storage().delete(str(row.file))
    with pytest.raises(Refused, match="gone from where evidence is kept"):
        take(row)


def test_a_storage_that_does_not_answer_says_nothing_about_the_bytes(row, monkeypatch):
    def away(*_args):
        raise ConnectionError

    monkeypatch.setattr(type(storage()), "open", away)
    for act in (take, lambda one: evidence.verify(one, actor=make.SYSTEM)):
        with pytest.raises(Refused, match="cannot be read just now"):
            act(row)
    row.refresh_from_db()
    assert row.damaged_at is None
    assert acts(row) == ["added"]


def test_a_check_is_written_down_and_tells_good_from_changed(row):
    assert evidence.verify(row, actor=make.SYSTEM)
    change(row)
    assert not evidence.verify(row, actor=make.SYSTEM)
    assert not evidence.verify(row, actor=make.SYSTEM)
    assert acts(row) == ["added", "verified", "damaged", "damaged"]
    assert row.incident.timeline.filter(text__startswith="Evidence is no longer").count() == 1


def test_what_was_restored_counts_again(row):
    change(row)
    evidence.verify(row, actor=make.SYSTEM)
    change(row, LOG)
    assert evidence.verify(row, actor=make.SYSTEM)
    row.refresh_from_db()
    assert row.damaged_at is None


def commander(incident):
    person = make.user(Function.COMMANDER)
    roles.give(incident, Role.COMMANDER, person=person, actor=make.actor(person))
    return person


def test_the_commander_counsel_and_privacy_officers_set_and_lift_a_hold(incident, row):
    people = [commander(incident), make.user(Function.LEGAL), make.user(Function.PRIVACY_OFFICER)]
    for person in people:
        held = holds.hold(row, reason="Claim 7.", actor=make.actor(person))
        assert (held.held_by, held.hold_reason) == (person, "Claim 7.")
        holds.release(row, reason="Settled.", actor=make.actor(person))
    assert acts(row) == ["added", *["held", "released"] * 3]
    assert row.custody.first().note == "Settled."
    row.refresh_from_db()
    assert (row.held_at, row.hold_reason) == (None, "")


def test_a_hold_stands_in_the_story_and_its_reason_in_the_record(row):
    counsel = make.actor(make.user(Function.LEGAL))
    holds.hold(row, reason="Claim 7.", actor=counsel)
    assert row.incident.timeline.first().text == "Legal hold set on evidence: access.log."
    assert Entry.objects.get(action="evidence.held").remark.text == "Claim 7."
    assert OutboxEvent.objects.filter(topic="incident.evidence_held").exists()
    holds.release(row, reason="Settled.", actor=counsel)
    assert OutboxEvent.objects.filter(topic="incident.evidence_released").exists()


def test_others_set_no_hold_however_much_they_may(incident, row):
    manager = make.user(Function.RESPONDER)
    grants.admit(incident, level="close", person=manager, reason="x", actor=make.SYSTEM)
    stranger = make.user(Function.LEGAL)
    stranger.groups.clear()
    for person in (manager, stranger, make.user(Function.COMMANDER)):
        with pytest.raises(Refused, match="Only the commander"):
            holds.hold(row, reason="Claim.", actor=make.actor(person))
    with pytest.raises(Refused, match="Only the commander"):
        holds.hold(row, reason="Claim.", actor=make.SYSTEM)


def test_counsel_who_may_not_see_the_incident_holds_nothing_in_it():
    mild = make.incident(Sev.SEV3)
    upload = SimpleUploadedFile("access.log", LOG, "text/plain")
    row = evidence.add(mild, upload, actor=make.actor(make.user()))
    with pytest.raises(Refused, match="Only the commander"):
        holds.hold(row, reason="Claim.", actor=make.actor(make.user(Function.LEGAL)))


def test_a_hold_needs_a_reason_and_is_set_and_lifted_once(row):
    counsel = make.actor(make.user(Function.LEGAL))
    with pytest.raises(Refused, match="reason: say why"):
        holds.hold(row, reason=" ", actor=counsel)
    with pytest.raises(Refused, match="under no legal hold"):
        holds.release(row, reason="x", actor=counsel)
    holds.hold(row, reason="Claim 7.", actor=counsel)
    with pytest.raises(Refused, match="under a legal hold already"):
        holds.hold(row, reason="Claim 8.", actor=counsel)
    with pytest.raises(Refused, match="reason: say why"):
        holds.release(row, reason="", actor=counsel)
