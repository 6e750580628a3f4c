"""An evidence bundle: all of an incident for who manages it, and good without us."""

import json
import zipfile
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.actors import Actor
from accounts.functions import Function
from audit import sealing
from audit.keyring import ring
from audit.models import Entry
from audit.offline import verify_andon as offline
from incidents import bundles, evidence, exposures, grants, timeline
from incidents.models import Bundle, Evidence
from incidents.models.evidence import storage
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "checkpoints")


@pytest.fixture
def incident():
    made = make.incident(Sev.SEV3)
    timeline.write(made, "update", "Ada saw the names.", actor=make.actor(make.user()))
    upload = SimpleUploadedFile("../names.txt", b"seen by Ada\n", "text/plain")
    evidence.add(made, upload, note="from Ada", actor=make.actor(make.user()))
    return made


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


def let_in(incident, level):
    person = make.user()
    grants.admit(incident, person=person, level=level, reason="Helps.", actor=make.SYSTEM)
    return person


@pytest.fixture
def given(incident, manager, tmp_path):
    """A bundle, and the key, as somebody outside has them."""
    with (tmp_path / "bundle.zip").open("xb") as file:
        bundles.write(incident, file, actor=make.actor(manager))
    (tmp_path / "key.pem").write_text(ring().key.pem)
    return tmp_path


def check(given, *more, file="bundle.zip"):
    return offline.main(["bundle", str(given / file), "--key", str(given / "key.pem"), *more])


def changed(given, name, change):
    """The bundle with one file changed; `change` gives its new bytes, or None to leave it out."""
    with (
        zipfile.ZipFile(given / "bundle.zip") as old,
        zipfile.ZipFile(given / "changed.zip", "w") as new,
    ):
        for each in old.namelist():
            content = old.read(each)
            content = change(content) if each == name else content
            if content is not None:
                new.writestr(each, content)
    return check(given, file="changed.zip")


def test_a_bundle_is_good_without_us_and_says_what_it_shows(incident, given, capsys):
    assert check(given) == 0
    said = capsys.readouterr().out
    for words in (incident.ref, "follow each other", "the checkpoint seals entry", "All is good."):
        assert words in said
    assert "NOT SEALED" not in said


def test_it_holds_the_story_the_evidence_and_the_record(incident, given):
    with zipfile.ZipFile(given / "bundle.zip") as bundle:
        assert "Ada saw the names." in bundle.read("story.md").decode()
        (row,) = json.loads(bundle.read("evidence.json"))
        assert bundle.read(row["file"]) == b"seen by Ada\n"
        assert [line["act"] for line in row["custody"]] == ["added"]
        chain = [json.loads(line) for line in bundle.read("chain.jsonl").splitlines()]
    # The line that says who took the evidence is younger than the bundle.
    assert 0 < len(chain) < Entry.objects.filter(stream=f"incident:{incident.pk}").count()
    assert any(each["remark"] for each in chain)


def test_nothing_that_it_must_hold_is_missing_and_the_story_tells_all_parts(
    incident, manager, given
):
    with zipfile.ZipFile(given / "bundle.zip") as bundle:
        names = set(bundle.namelist())
        story = bundle.read("story.md").decode()
        obligations = json.loads(bundle.read("obligations.json"))
        lines = json.loads(bundle.read("timeline.json"))
        changed = json.loads(bundle.read("history.json"))
    texts = {"README.txt", "story.md", "chain.jsonl", "key.pem"}
    documents = ("timeline", "history", "obligations", "evidence", "proof", "checkpoint")
    assert names >= texts | {f"{name}.json" for name in (*documents, "manifest")}
    for part in ("was exposed", "stopped, and the proof", "is due by law", "was decided"):
        assert f"## What {part}" in story
    assert set(obligations) == {"facts", "moments", "duties"}
    assert len(lines) == incident.timeline.count()
    assert changed


def test_the_story_tells_what_was_exposed_stopped_and_decided(tmp_path):
    stopped = make.incident(Sev.SEV1, program=make.program())
    manager = let_in(stopped, "manage")
    said = exposures.Said(what="Keys of the study", people_known=1200)
    exposures.add(stopped, said, actor=make.actor(manager))
    with (tmp_path / "bundle.zip").open("xb") as file:
        bundles.write(stopped, file, actor=make.actor(manager))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        story = bundle.read("story.md").decode()
    assert "- Keys of the study: " in story
    assert "people: 1200;" in story
    assert f"- {stopped.program.name}: ordered 2" in story
    assert "- level: SEV 1, at its worst SEV 1" in story


def test_a_stop_is_in_it_for_who_may_see_the_collectors_and_else_named_as_left_out(
    tmp_path, capsys
):
    program = make.program()
    make.lease(make.collector(program))
    stopped = make.incident(Sev.SEV1, program=program)
    insider, outsider = make.user(Function.COMMANDER), let_in(stopped, "manage")
    for person in (insider, outsider):
        with (tmp_path / f"{person.pk}.zip").open("xb") as file:
            bundles.write(stopped, file, actor=make.actor(person))
    (tmp_path / "key.pem").write_text(ring().key.pem)
    assert check(tmp_path, file=f"{insider.pk}.zip") == 0
    assert f"stop 2 of {program.slug}" in capsys.readouterr().out
    assert check(tmp_path, file=f"{outsider.pk}.zip") == 0
    assert "LEFT OUT of the bundle: stops/" in capsys.readouterr().out


def test_the_proof_of_a_stop_is_in_it_after_collection_went_on_again(tmp_path, capsys):
    program = make.program()
    make.lease(make.collector(program))
    stopped = make.incident(Sev.SEV1, program=program)
    actor = make.actor(make.user(Function.COMMANDER))
    pauses.lift(program, list(pauses.held_by(stopped.ref)), actor=actor, why="All is well.")
    assert not pauses.held_by(stopped.ref).exists()
    with (tmp_path / "bundle.zip").open("xb") as file:
        bundles.write(stopped, file, actor=actor)
    (tmp_path / "key.pem").write_text(ring().key.pem)
    assert check(tmp_path) == 0
    assert f"stop 2 of {program.slug}" in capsys.readouterr().out


def test_without_a_key_it_fits_together_and_proves_nothing(given, capsys):
    assert offline.main(["bundle", str(given / "bundle.zip")]) == 3
    assert "ANYBODY" in capsys.readouterr().out


def test_a_checkpoint_that_somebody_kept_is_compared(given, capsys):
    with zipfile.ZipFile(given / "bundle.zip") as bundle:
        (given / "mine.jsonl").write_bytes(bundle.read("checkpoint.json"))
    assert check(given, "--checkpoint", str(given / "mine.jsonl")) == 0
    assert "seals the same record" in capsys.readouterr().out


def other(given, **changes):
    """A checkpoint that we signed, as somebody may have kept it, with other words."""
    with zipfile.ZipFile(given / "bundle.zip") as bundle:
        said = json.loads(bundle.read("checkpoint.json"))["document"]
    changed = {name: said[name] + by if by else by for name, by in changes.items()}
    return ring().sign(said | {"root": "0" * 64} | changed)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 20}, "differ: a fork"),
        ({"number": -1, "size": 20}, "is earlier or smaller than"),
        ({"number": 1, "size": -1}, "is earlier or smaller than"),
        ({"number": 1, "size": 20}, "does not follow"),
    ],
)
def test_a_record_that_was_forked_from_a_kept_checkpoint_is_not_good(given, capsys, changes, words):
    (given / "mine.jsonl").write_text(other(given, **changes))
    assert check(given, "--checkpoint", str(given / "mine.jsonl")) == 1
    assert words in capsys.readouterr().out


def test_a_kept_checkpoint_behind_one_that_fits_is_looked_at_too(given, capsys):
    with zipfile.ZipFile(given / "bundle.zip") as bundle:
        fits = bundle.read("checkpoint.json").decode().strip()
    (given / "mine.jsonl").write_text(f"{fits}\n{other(given, size=20)}")
    assert check(given, "--checkpoint", str(given / "mine.jsonl")) == 1


def test_what_could_not_be_compared_is_never_called_good(given, capsys):
    (given / "mine.jsonl").write_text(other(given, number=5, size=20))
    assert check(given, "--checkpoint", str(given / "mine.jsonl")) == 4
    said = capsys.readouterr().out
    assert "NOT COMPARED" in said
    assert "All is good" not in said


# --- What is wrong is said


@pytest.mark.parametrize("kept", [0, 10, 2000, -1, -30])
def test_a_bundle_whose_end_is_missing_is_said_to_be_cut_off(given, capsys, kept):
    whole = (given / "bundle.zip").read_bytes()
    (given / "cut.zip").write_bytes(whole[:kept])
    assert check(given, file="cut.zip") == 2
    assert "its end is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("story.md", "story.md is not what was put in"),
        ("chain.jsonl", "chain.jsonl is not what was put in"),
        ("checkpoint.json", "checkpoint.json is not what was put in"),
        ("manifest.json", "the manifest was changed after it was signed"),
    ],
)
def test_a_file_that_was_changed_is_not_good(given, capsys, name, words):
    assert changed(given, name, lambda said: said.replace(b"INC-", b"INX-", 1) + b" ") == 1
    assert words in capsys.readouterr().out or name == "manifest.json"


def test_a_file_that_was_taken_out_is_missed(given, capsys):
    assert changed(given, "evidence.json", lambda _said: None) == 1
    assert "does not hold the files that its manifest names" in capsys.readouterr().out


def test_a_damaged_byte_is_not_good(given):
    raw = bytearray((given / "bundle.zip").read_bytes())
    at = raw.index(b"seen by Ada\n")
    raw[at] ^= 1
    (given / "damaged.zip").write_bytes(raw)
    assert check(given, file="damaged.zip") == 1


def test_a_kept_checkpoint_of_another_installation_is_said_to_be_one(given, capsys):
    (given / "mine.jsonl").write_text(plant.lost_checkpoint(SECRET_KEY="another, " * 9))
    assert check(given, "--checkpoint", str(given / "mine.jsonl")) == 1
    assert "your checkpoint is of another installation" in capsys.readouterr().out


def test_a_bundle_of_another_installation_is_said_to_be_one(given, capsys, settings):
    settings.SECRET_KEY = "another, " * 9
    (given / "key.pem").write_text(ring().key.pem)
    assert check(given) == 1
    assert "is of another installation" in capsys.readouterr().out


def test_a_chain_that_was_rewritten_before_it_was_bundled_is_not_good(
    incident, manager, given, capsys
):
    """Signed by us and whole, and still not what was sealed."""
    sealing.seal()
    plant.sql("UPDATE audit_entry SET body = replace(body, 'timeline', 'nothing') WHERE seq = 2")
    with (given / "rewritten.zip").open("xb") as file:
        bundles.write(incident, file, actor=make.actor(manager))
    assert check(given, file="rewritten.zip") == 1
    assert "entry 2 of incident:" in capsys.readouterr().out


# --- Who gets one


def test_the_engine_makes_it_and_whoever_asked_takes_it(incident, manager, engine):
    actor = make.actor(manager)
    row = bundles.ask(incident, actor=actor)
    assert bundles.ask(incident, actor=actor) == row
    engine.work()
    row.refresh_from_db()
    assert (row.state, row.left_out) == ("ready", 0)
    with bundles.give_out(row, actor=actor) as file:
        assert len(file.read()) == row.size
    acts = Entry.objects.filter(action__startswith="incident.bundle").values_list("action", "actor")
    assert list(acts) == [
        ("incident.bundle_asked", manager.pk),
        ("incident.bundle_taken", manager.pk),
    ]


@pytest.mark.parametrize("level", ["view", "contribute"])
def test_who_may_only_read_gets_none(incident, level):
    with pytest.raises(bundles.Refused, match="Only whoever manages"):
        bundles.ask(incident, actor=make.actor(let_in(incident, level)))
    with pytest.raises(bundles.Refused, match="Only whoever manages"):
        bundles.ask(incident, actor=make.SYSTEM)


def test_who_was_let_out_meanwhile_gets_none(incident, manager, engine):
    row = bundles.ask(incident, actor=make.actor(manager))
    grants.end(incident.grants.get(person=manager), actor=make.SYSTEM)
    engine.work()
    row.refresh_from_db()
    assert (row.state, storage().exists(str(row.file))) == ("failed", False)


def test_after_a_week_it_is_removed_and_that_there_was_one_is_not(incident, manager, engine):
    row = bundles.ask(incident, actor=make.actor(manager))
    engine.work()
    engine.forward(days=8)
    row.refresh_from_db()
    assert (row.state, storage().exists(str(row.file))) == ("gone", False)
    with pytest.raises(bundles.Refused, match="removed"):
        bundles.give_out(row, actor=make.actor(manager))


def test_what_could_not_be_made_is_said(incident, manager, engine, monkeypatch):
    row = bundles.ask(incident, actor=make.actor(manager))
    monkeypatch.setattr(bundles, "_store", lambda *_: 1 / 0)
    for _ in range(5):
        engine.forward(hours=1)
    row.refresh_from_db()
    assert (row.state, "could not be made" in row.said) == ("failed", True)


def test_evidence_in_quarantine_is_left_out_and_named(incident, manager, tmp_path, capsys):
    Evidence.objects.update(scan="found")
    (tmp_path / "key.pem").write_text(ring().key.pem)
    with (tmp_path / "bundle.zip").open("xb") as file:
        assert bundles.write(incident, file, actor=make.actor(manager)) == 1
    assert check(tmp_path) == 0
    assert "LEFT OUT of the bundle: evidence/" in capsys.readouterr().out


def test_what_is_too_large_is_left_out_and_named(incident, manager, tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MOST_BYTES", 10)
    with (tmp_path / "bundle.zip").open("xb") as file:
        assert bundles.write(incident, file, actor=make.actor(manager)) == 1


# --- By command


def test_the_command_writes_it_for_a_person(incident, manager, given):
    out = given / "by-command.zip"
    call_command("bundle", incident.ref, "--for", manager.username, "--out", str(out))
    assert check(given, file="by-command.zip") == 0
    with pytest.raises(CommandError, match="File exists"):
        call_command("bundle", incident.ref, "--for", manager.username, "--out", str(out))


@pytest.mark.parametrize("ref", ["INC-999999", "INC-x", "", "INC-99999999999"])
def test_what_is_hidden_and_what_is_missing_get_the_same_words(incident, manager, ref, tmp_path):
    stranger = make.user()
    for person, asked in ((manager, ref), (stranger, incident.ref)):
        with pytest.raises(CommandError, match="There is no such incident"):
            call_command(
                *("bundle", asked, "--for", person.username, "--out", str(tmp_path / "none"))
            )
    assert not Bundle.objects.exists()
    assert Actor.person(stranger, via="command").name
