"""Evidence is kept whole or not at all, never twice, and never more than fits."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import clockwork
from audit.models import Due, Entry, OutboxEvent
from incidents import evidence, intake
from incidents.intake import Refused
from incidents.models import Custody, Evidence, Status
from incidents.models.evidence import storage
from tests import make
from tests.together import failures, in_turn

pytestmark = pytest.mark.django_db
LOG = b"10:02 export opened by everyone\n"


@pytest.fixture
def incident():
    return make.incident()


@pytest.fixture
def keeping(settings):
    """Sets what may be kept."""

    def keep(**changed):
        settings.EVIDENCE = replace(django_settings.EVIDENCE, **changed)

    return keep


def file(content=LOG, name="access.log", declared="text/plain"):
    return SimpleUploadedFile(name, content, declared)


def add(incident, content=LOG, name="access.log", **fields):
    fields = {"actor": make.actor(make.user())} | fields
    return evidence.add(incident, file(content, name), **fields)


def files():
    """How many files lie where evidence of incidents is kept."""
    try:
        return len(storage().listdir("incidents")[1])
    except FileNotFoundError:
        return 0


def test_a_file_is_kept_with_its_hash_under_a_name_that_nobody_chose(incident):
    person = make.user()
    row = add(incident, note="From the proxy.", actor=make.actor(person))
    assert (row.name, row.size, row.type) == (
        "access.log",
        len(LOG),
        "text/plain; charset=utf-8",
    )
    assert row.sha256 == hashlib.sha256(LOG).hexdigest()
    assert "access" not in str(row.file)
    with storage().open(str(row.file)) as stored:
        assert stored.read() == LOG
    assert row.added_by == person


def test_adding_stands_in_the_custody_log_the_record_the_story_and_the_news(incident):
    row = add(incident, note="From the proxy.")
    (line,) = row.custody.all()
    assert (line.act, line.note, line.via) == ("added", "From the proxy.", "page")
    entry = Entry.objects.get(action="evidence.added")
    assert (entry.stream, entry.remark.text) == (f"incident:{incident.pk}", "From the proxy.")
    assert row.sha256 in entry.body
    assert "access.log" not in entry.body
    assert incident.timeline.get(kind="evidence").text == "Evidence added: access.log."
    news = OutboxEvent.objects.get(topic="incident.evidence_added").payload
    assert news == {"incident": incident.pk, "evidence": row.pk}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.log", "passwd.log"),
        ("..\\..\\boot.log", "boot.log"),
        ("a\nb\u202egpj.log", "abgpj.log"),
        ("x" * 300 + ".log", "x" * 146 + ".log"),
        ("...", "evidence"),
    ],
)
def test_a_name_is_shown_and_is_no_path(incident, given, kept):
    upload = file()
    # As Django would not let through; what it lets through may change.
    upload._name = given
    row = evidence.add(incident, upload, actor=make.actor(make.user()))
    assert row.name == kept
    assert str(row.file).startswith("incidents/")


def test_an_empty_file_is_refused(incident):
    with pytest.raises(Refused, match="file: it is empty"):
        add(incident, b"")
    assert files_of(incident) == 0


def files_of(incident):
    return incident.evidence.count()


def test_a_file_of_the_largest_size_is_kept_and_one_byte_more_is_not(incident, keeping):
    keeping(largest=64)
    assert add(incident, b"a" * 64).size == 64
    before = files()
    with pytest.raises(Refused, match="file: at most .* MiB") as refused:
        add(incident, b"a" * 65)
    assert refused.value.status == 413
    assert files() == before


def test_bytes_are_counted_whatever_size_a_file_claims(incident, keeping, monkeypatch):
    keeping(largest=64)
    monkeypatch.setattr(intake, "keep", lambda *_args, **_kwargs: pytest.fail("it was stored"))
    upload = file(b"a" * 65)
    upload.size = 3
    with pytest.raises(Refused, match="file: at most"):
        evidence.add(incident, upload, actor=make.actor(make.user()))


def test_an_incident_holds_so_many_files_and_no_more(incident, keeping):
    keeping(most=1)
    add(incident)
    with pytest.raises(Refused, match="holds 1 files already"):
        add(incident, b"another")
    assert files_of(incident) == 1


def test_an_incident_holds_so_many_bytes_and_no_more(incident, keeping):
    keeping(total=len(LOG) + 5)
    add(incident)
    add(incident, b"12345")
    with pytest.raises(Refused, match="would hold more than"):
        add(incident, b"6")
    assert evidence.usage(incident) == {"count": 2, "bytes": len(LOG) + 5}


def test_the_same_bytes_are_kept_once_and_the_refusal_says_where_they_are(incident):
    row, before = add(incident, name="first.log"), files()
    with pytest.raises(Refused, match=f"no. {row.pk}, “first.log”, added by"):
        add(incident, name="second.log")
    assert files() == before
    assert add(make.incident()).sha256 == row.sha256


def test_a_kind_that_is_not_taken_is_refused_with_those_that_are(incident, keeping):
    keeping(families=frozenset({"text", "image"}))
    with pytest.raises(Refused, match=r"kind that is not taken here \(document\).*text, image"):
        add(incident, b"%PDF-1.7", "x.pdf")


def test_a_closed_incident_takes_none(incident):
    incident.status = Status.CLOSED
    incident.save(update_fields=["status"])
    with pytest.raises(Refused, match="is closed; reopen it to add evidence"):
        add(incident)
    assert files_of(incident) == 0


def test_what_arrives_otherwise_than_it_was_sent_is_refused(incident):
    with pytest.raises(Refused, match="sha256: what arrived has another SHA-256"):
        add(incident, LOG[:-4], sha256=hashlib.sha256(LOG).hexdigest())
    assert add(incident, sha256=hashlib.sha256(LOG).hexdigest().upper())


def test_what_is_refused_at_the_last_moment_leaves_no_file(incident, monkeypatch):
    before = files()

    def closed_meanwhile(pk):
        incident.status = Status.CLOSED
        return incident

    monkeypatch.setattr(evidence.custody, "lock_incident", closed_meanwhile)
    with pytest.raises(Refused, match="is closed"):
        add(incident)
    assert files() == before
    assert not Evidence.objects.exists()


def test_a_file_that_no_row_names_is_swept_after_a_day(incident, monkeypatch, engine):
    before = files()
    monkeypatch.setattr(evidence, "_add", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add(incident)
    assert files() == before + 1
    engine.forward(hours=23)
    assert files() == before + 1
    engine.forward(hours=1, minutes=1)
    assert files() == before


def test_a_file_that_a_row_names_is_never_swept(incident, engine):
    row = add(incident)
    assert Due.objects.get(kind=intake.SWEEP).state == Due.State.CANCELLED
    engine.forward(days=2)
    intake.sweep(str(row.file))
    assert storage().exists(str(row.file))


def test_a_file_that_was_swept_already_gets_no_row(incident, monkeypatch, engine):
    write = evidence._add

    def late(*args, **kwargs):
        engine.forward(days=2)
        return write(*args, **kwargs)

    monkeypatch.setattr(evidence, "_add", late)
    with pytest.raises(Refused, match="could not be stored"):
        add(incident)
    assert not Evidence.objects.exists()


def test_a_file_that_an_engine_is_about_to_sweep_gets_no_row(incident, monkeypatch):
    write = evidence._add

    def late(*args, **kwargs):
        Due.objects.filter(kind=intake.SWEEP).update(due_at=timezone.now() - timedelta(hours=1))
        assert clockwork.claim()
        return write(*args, **kwargs)

    monkeypatch.setattr(evidence, "_add", late)
    with pytest.raises(Refused, match="could not be stored"):
        add(incident)
    assert not Evidence.objects.exists()


def test_a_storage_that_fails_leaves_no_row_and_says_so(incident, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(type(storage()), "save", full)
    with pytest.raises(Refused, match="could not be stored") as refused:
        add(incident)
    assert refused.value.status == 503
    assert not Evidence.objects.exists()


def test_what_is_stored_in_part_is_not_evidence(incident, monkeypatch):
    monkeypatch.setattr(type(storage()), "size", lambda _self, _name: 3)
    with pytest.raises(Refused, match="could not be stored"):
        add(incident)
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("model", [Evidence, Custody])
def test_nothing_can_be_deleted_not_even_by_sql(incident, model):
    add(incident)
    with pytest.raises(DatabaseError, match="keeps what was written"), transaction.atomic():
        model.objects.all()._raw_delete("default")
    assert model.objects.exists()


def test_a_line_of_the_custody_log_cannot_be_changed(incident):
    add(incident)
    with pytest.raises(DatabaseError, match="keeps what was written"), transaction.atomic():
        Custody.objects.update(actor_name="Nobody")


@pytest.mark.django_db(transaction=True)
def test_a_file_is_stored_and_read_outside_any_transaction(incident, monkeypatch):
    seen = []
    for name in ("_save", "_open", "size"):
        real = getattr(type(storage()), name)

        def spy(self, *args, _real=real, **kwargs):
            seen.append(connection.in_atomic_block)
            return _real(self, *args, **kwargs)

        monkeypatch.setattr(type(storage()), name, spy)
    row = add(incident)
    evidence.give_out(row, actor=make.actor(make.user())).close()
    assert seen
    assert not any(seen)


def test_another_storage_is_a_setting(incident, settings):
    # Has no path on this machine, as an object store has none.
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = django_settings.STORAGES | {"evidence": memory}
    before = add(incident)
    assert type(storage()).__name__ == "InMemoryStorage"
    with evidence.give_out(before, actor=make.actor(make.user())) as file:
        assert file.read() == LOG
    intake.discard(str(before.file))
    with pytest.raises(Refused, match="gone from where evidence is kept"):
        evidence.give_out(before, actor=make.actor(make.user()))


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_the_same_moment_are_kept_once(incident):
    before = files()
    calls = [lambda name=name: add(incident, name=name) for name in ("one.log", "two.log")]
    outcomes = in_turn(*calls, behind=incident)
    assert [type(refusal) for refusal in failures(outcomes)] == [Refused]
    assert (incident.evidence.count(), files()) == (1, before + 1)


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once(incident, keeping):
    keeping(most=1)
    calls = [lambda content=content: add(incident, content) for content in (b"one", b"two")]
    outcomes = in_turn(*calls, behind=incident)
    assert [type(refusal) for refusal in failures(outcomes)] == [Refused]
    assert incident.evidence.count() == 1
