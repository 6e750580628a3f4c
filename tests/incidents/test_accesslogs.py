"""A log of access held against an exposure: what it says, and what it may never say."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import clockwork
from incidents import accesslogs, exposures, grants
from incidents.accesslogs import Log
from incidents.models import AccessAnalysis, Accessed, AccessGrant, Incident, Status
from programs.models import DeclaredAudience, Snapshot, WatchSource
from programs.watch import declaring, looking, watching
from programs.watch.accesslog import Mapping
from severity.vocabulary import Evidence
from tests import make
from tests.web.conftest import Reader

MAPPING = Mapping("who", "at", "what")


LIST = b"principal,group,grant\nben,team,\nteam,,share\n"


def at(monkeypatch, moment):
    """Let what is declared and seen from now on be of another moment."""
    monkeypatch.setattr(timezone, "now", lambda: moment)
    monkeypatch.setattr(clockwork, "now", lambda: moment)


@pytest.fixture
def exposure(db, monkeypatch):
    now = timezone.now()
    program = make.program()
    dataset = make.dataset(program)
    by = make.actor(program.owner)
    until = now - timedelta(minutes=1)
    since = until - timedelta(hours=3)
    with monkeypatch.context() as past:
        at(past, since - timedelta(days=1))
        first = DeclaredAudience(dataset=dataset, version=1, people=["ana"], teams=["team"])
        first.declared_at = since - timedelta(days=1)
        first.save()
        source = watching.add(dataset, watching.Terms("L", WatchSource.Kind.LIST), actor=by)
        looking.receive(source, LIST, actor=by)
    incident = make.incident(program=program)
    said = exposures.Said(dataset=dataset, since=since, until=until)
    return exposures.add(incident, said, actor=by)


def line(exposure, who, minutes):
    at = exposure.since + timedelta(minutes=minutes)
    return json.dumps({"who": who, "at": at.isoformat(), "what": "k"}).encode() + b"\n"


def whole(exposure, *more):
    return [*(line(exposure, "Ana", m) for m in range(-30, 190, 30)), *more]


def read(exposure, lines, **fields):
    log = Log("reads.jsonl", lines, MAPPING, **fields)
    return accesslogs.read(exposure, log, actor=make.SYSTEM)


def outsider(exposure, name, minutes):
    """From so many minutes after the exposure began on the watch tries as somebody else."""
    source = WatchSource.objects.get()
    source.outsider, source._history_date = name, exposure.since + timedelta(minutes=minutes)
    source.save(update_fields=["outsider"])


def canary(exposure, ended="refused"):
    """A look within the window that tried to read as an outsider."""
    outsider(exposure, "guest", -60)
    source = WatchSource.objects.get()
    kept = source.snapshots.get()
    Snapshot(
        source=source,
        audience=kept.audience,
        state="complete",
        canary=ended,
        taken_at=exposure.since + timedelta(hours=1),
    ).save()


def test_who_read_and_was_not_declared_is_written_down(exposure):
    row = read(exposure, whole(exposure, line(exposure, "zoe", 5), line(exposure, "BEN", 6)))
    assert (row.verdict, row.unmeant, row.meant) == ("read", 1, 8)
    assert row.readers[0]["name"] == "zoe"
    exposure.refresh_from_db()
    assert exposure.accessed == Accessed.ACCESSED
    assert accesslogs.evidence_of(row) == Evidence.CONFIRMED_INTERNAL


def test_without_a_canary_read_no_log_is_complete(exposure):
    row = read(exposure, whole(exposure), stated="Every access is logged.")
    assert row.verdict == "none_incomplete"
    assert "No canary read" in row.lacks[0]
    assert accesslogs.evidence_of(row) == Evidence.NONE_LOGS_INCOMPLETE
    exposure.refresh_from_db()
    assert exposure.accessed == Accessed.NONE_KNOWN


def test_a_canary_read_that_the_log_holds_makes_it_complete(exposure):
    canary(exposure)
    row = read(exposure, whole(exposure, line(exposure, "guest", 60)), stated="All of it.")
    assert (row.verdict, row.lacks, row.canary) == ("none_complete", [], 1)
    assert accesslogs.evidence_of(row) == Evidence.NONE_LOGS_COMPLETE
    exposure.refresh_from_db()
    assert exposure.accessed == Accessed.NONE_LOGGED
    unstated = read(exposure, whole(exposure, line(exposure, "guest", 60)))
    assert unstated.verdict == "none_incomplete"


def test_a_try_without_an_answer_is_no_canary_read(exposure):
    canary(exposure, ended="unknown")
    row = read(exposure, whole(exposure, line(exposure, "guest", 60)), stated="All of it.")
    assert (row.verdict, row.canary, row.unmeant) == ("read", 0, 1)
    assert "No canary read" in row.lacks[0]


def test_whoever_is_named_the_outsider_afterwards_is_a_reader_still(exposure):
    canary(exposure)
    outsider(exposure, "zoe", 90)
    lines = whole(exposure, *(line(exposure, who, 60) for who in ("guest", "zoe")))
    row = read(exposure, [*lines, line(exposure, "guest", 100)], stated="All of it.")
    assert (row.verdict, row.canary, row.unmeant) == ("read", 1, 2)
    assert {each["name"] for each in row.readers} == {"zoe", "guest"}


def test_what_is_declared_or_sent_once_it_is_exposed_makes_no_read_right(exposure):
    dataset, by = exposure.dataset, make.actor(exposure.incident.program.owner)
    terms = declaring.Terms(["ana", "zoe"], ["team"])
    declaring.declare(dataset, terms, reason="Zoe too.", actor=by)
    looking.receive(WatchSource.objects.get(), LIST + b"yan,team,\n", actor=by)
    lines = whole(exposure, *(line(exposure, who, 5) for who in ("zoe", "yan", "ben")))
    closed = read(exposure, lines)
    exposures.correct(
        exposure, replace(exposures.said_of(exposure), until=None), reason="Open.", actor=by
    )
    exposure.refresh_from_db()
    for row in (closed, read(exposure, lines)):
        assert {each["name"] for each in row.readers} == {"zoe", "yan"}


def test_before_anybody_was_declared_nobody_was_meant_to_read(exposure):
    said = replace(exposures.said_of(exposure), since=exposure.since - timedelta(days=2))
    exposures.correct(exposure, said, reason="Earlier.", actor=make.SYSTEM)
    exposure.refresh_from_db()
    row = read(exposure, [line(exposure, "ana", 2900)])
    assert (row.verdict, row.meant) == ("read", 0)


def test_what_is_known_to_be_read_is_not_taken_back_by_another_log(exposure):
    read(exposure, [line(exposure, "zoe", 5)])
    read(exposure, whole(exposure))
    exposure.refresh_from_db()
    assert exposure.accessed == Accessed.ACCESSED


@pytest.mark.parametrize(
    ("lines", "words"), [([], "no row that can be read"), ([b"a,b\n"], "none of the columns")]
)
def test_what_is_no_log_is_refused_and_nothing_is_written(exposure, lines, words):
    with pytest.raises(accesslogs.Refused, match=words):
        read(exposure, lines)
    assert not AccessAnalysis.objects.exists()


def meanwhile(exposure, act):
    """The lines of a log during whose reading something happens."""
    yield line(exposure, "zoe", 5)
    act()


def test_an_incident_that_ends_while_a_log_is_read_keeps_no_word_of_it(exposure):
    ended = Incident.objects.filter(pk=exposure.incident_id)
    lines = meanwhile(exposure, lambda: ended.update(status=Status.CLOSED))
    with pytest.raises(accesslogs.Refused, match="is over; reopen it first"):
        read(exposure, lines)
    assert not AccessAnalysis.objects.exists()


def test_a_log_that_was_read_for_another_window_is_read_again(exposure):
    said = replace(exposures.said_of(exposure), since=exposure.since - timedelta(hours=1))
    by = make.SYSTEM
    lines = meanwhile(
        exposure, lambda: exposures.correct(exposure, said, reason="Earlier.", actor=by)
    )
    with pytest.raises(accesslogs.Refused, match="corrected meanwhile"):
        read(exposure, lines)
    assert not AccessAnalysis.objects.exists()


def test_what_cannot_be_noted_on_the_exposure_is_refused_in_the_log_s_own_words(
    exposure, monkeypatch
):
    def correct(*_, **__):
        raise exposures.Refused("dataset: must be one of the incident's program.")

    monkeypatch.setattr(exposures, "correct", correct)
    with pytest.raises(accesslogs.Refused, match="dataset: must be"):
        read(exposure, [line(exposure, "zoe", 5)])
    assert not AccessAnalysis.objects.exists()


def _admit(exposure, person):
    level = AccessGrant.Level.CONTRIBUTE
    given = {"level": level, "reason": "r", "actor": make.SYSTEM}
    grants.admit(exposure.incident, person=person, **given)


def test_the_page_reads_a_log_and_shows_what_it_says(exposure):
    reader = Reader(make.user())
    _admit(exposure, reader.person)
    path = f"/incidents/{exposure.incident.ref}/exposures/{exposure.pk}/access/"
    assert "No log was read yet" in reader.get(path).text
    body = b"".join(whole(exposure, line(exposure, "zoe", 5), b"{torn\n"))
    file = SimpleUploadedFile("reads.jsonl", body)
    assert reader.post(path, file=file, who="who", when="at").status_code == 302
    page = reader.get(path).text
    assert "Read by others than declared" in page
    assert "zoe" in page
    assert "torn: 10" in page
    file = SimpleUploadedFile("reads.jsonl", b"a,b\n")
    refused = reader.post(path, file=file, who="who", when="at", act="op")
    assert refused.status_code == 422
    assert "Give both or none" in refused.text


def test_the_page_says_of_a_log_that_is_too_large_where_it_can_be_read(exposure, monkeypatch):
    reader = Reader(make.user())
    _admit(exposure, reader.person)
    monkeypatch.setattr("programs.evidence.LARGEST", 1024**2)
    file = SimpleUploadedFile("reads.jsonl", b"x" * (1024**2 + 1))
    path = f"/incidents/{exposure.incident.ref}/exposures/{exposure.pk}/access/"
    refused = reader.post(path, file=file, who="who", when="at")
    assert refused.status_code == 422
    assert "too large: at most 1 MiB are read here. An operator can have a longer" in refused.text


def test_the_command_reads_a_file_and_prints_one_object(exposure, tmp_path, capsys):
    file = tmp_path / "reads.jsonl"
    file.write_bytes(b"".join(whole(exposure, line(exposure, "zoe", 5))))
    commander = exposure.incident.program.owner
    _admit(exposure, commander)
    words = [exposure.incident.ref, str(file), "--as", commander.username, "--who", "who"]
    call_command("read_access_log", *words, "--when", "at")
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["by_others"]) == ("read", 1)
    for wrong, why in ((["999", *words[1:]], "there is none"), (["x", *words[1:]], "is no number")):
        with pytest.raises(CommandError, match=why):
            call_command("read_access_log", *wrong, "--when", "at")
