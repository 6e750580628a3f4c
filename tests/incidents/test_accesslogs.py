"""A log of access held against an exposure: what it says, and what it may never say."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from incidents import accesslogs, exposures, grants
from incidents.accesslogs import Log
from incidents.models import AccessAnalysis, Accessed, AccessGrant
from programs.models import Snapshot, WatchSource
from programs.watch import declaring, looking, watching
from programs.watch.accesslog import Mapping
from severity.vocabulary import Evidence
from tests import make
from tests.web.conftest import Reader

MAPPING = Mapping("who", "at", "what")


@pytest.fixture
def exposure(db):
    program = make.program()
    dataset = make.dataset(program)
    by = make.actor(program.owner)
    declaring.declare(dataset, declaring.Terms(["ana"], ["team"]), reason="r", actor=by)
    source = watching.add(dataset, watching.Terms("L", WatchSource.Kind.LIST), actor=by)
    looking.receive(source, b"principal,group,grant\nben,team,\nteam,,share\n", actor=by)
    incident = make.incident(program=program)
    until = timezone.now() - timedelta(minutes=1)
    said = exposures.Said(dataset=dataset, since=until - timedelta(hours=3), until=until)
    return exposures.add(incident, said, actor=by)


def line(exposure, who, minutes):
    at = exposure.since + timedelta(minutes=minutes)
    return json.dumps({"who": who, "at": at.isoformat(), "what": "k"}).encode() + b"\n"


def whole(exposure, *more):
    return [*(line(exposure, "Ana", m) for m in range(-30, 190, 30)), *more]


def read(exposure, lines, **fields):
    log = Log("reads.jsonl", lines, MAPPING, **fields)
    return accesslogs.read(exposure, log, actor=make.SYSTEM)


def canary(exposure):
    """A look within the window that tried to read as an outsider."""
    source = WatchSource.objects.get()
    WatchSource.objects.update(outsider="guest")
    kept = source.snapshots.get()
    Snapshot(
        source=source,
        audience=kept.audience,
        state="complete",
        canary="refused",
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
