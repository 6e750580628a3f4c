"""The invented company, and the first person of a real one."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit import verification
from config import demo, demo_past
from incidents import watched
from incidents.models import Import, Incident, Status
from notifications import oncall, planning, reach, rehearsal
from notifications.models import Rota
from programs.models import Drift, Program, Snapshot, State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


@pytest.fixture
def seeded(tmp_path):
    return demo.seed(tmp_path)


def test_the_demo_has_somebody_for_every_function(seeded, client):
    for function in Function:
        assert User.objects.filter(groups__name=function.value).exists()
    for sign_in in seeded["sign_ins"]:
        assert client.login(username=sign_in["username"], password=sign_in["password"])


def test_the_demo_shows_programs_an_incident_and_collectors_with_keys(seeded):
    states = set(Program.objects.values_list("state", flat=True))
    assert {State.COLLECTING, State.DRAFT} <= states
    assert Incident.objects.exclude(status=Status.CLOSED).count() == 1
    assert len(oncall.on_call(Rota.objects.get().pk, timezone.now())) == 1
    assert {machine["name"] for machine in seeded["collectors"]} >= {"laptop-1", "laptop-2"}
    for machine in seeded["collectors"]:
        assert machine["token"].startswith("andon_c_")


def test_the_first_program_of_the_demo_pages_who_is_on_call(seeded):
    study = Program.objects.get(slug=demo.KEYSTROKES)
    found = rehearsal.rehearse(1, study, timezone.now())
    [on_call] = oncall.on_call(Rota.objects.get().pk, timezone.now())
    assert found.policy.program == study
    assert {on_call.name, "Ada Obi"} == {each.person.name for each in found.lines[0].told}
    assert not reach.findings(planning.plan(found.policy), timezone.now())


def test_the_demo_has_a_year_behind_it_that_leadership_can_read(seeded):
    with demo_past.CASES.open(encoding="utf-8") as told:
        cases = len(told.readlines()) - 1
    assert Import.objects.get().made == cases > 20
    assert set(Incident.objects.values_list("sev", flat=True)) >= {1, 2, 3, 4, 5}
    year = datetime.now(UTC).year
    assert Incident.objects.filter(reported_at__year__lt=year).exists()


def test_the_token_of_the_demo_opens_the_api(seeded, client):
    headers = {"Authorization": f"Bearer {seeded['api_token']}"}
    assert client.get("/api/v1/programs", headers=headers).status_code == 200


def test_seeding_again_changes_nothing(seeded, tmp_path):
    before = (User.objects.count(), Program.objects.count(), Incident.objects.count())
    assert demo.seed(tmp_path) == seeded
    assert (User.objects.count(), Program.objects.count(), Incident.objects.count()) == before


def test_each_start_stands_in_for_the_scanner_that_the_demo_lacks(seeded, tmp_path):
    before = Program.objects.get(slug=demo.KEYSTROKES).controls_end_at
    demo.seed(tmp_path)
    assert Program.objects.get(slug=demo.KEYSTROKES).controls_end_at > before


def test_when_the_sign_ins_are_lost_everybody_gets_a_new_password(seeded, tmp_path, client):
    (tmp_path / "demo.json").unlink()
    before = Incident.objects.count()
    again = demo.seed(tmp_path)
    assert Incident.objects.count() == before
    new = again["sign_ins"][0]
    assert new["password"] != seeded["sign_ins"][0]["password"]
    assert client.login(username=new["username"], password=new["password"])


def test_the_sign_ins_are_for_the_eyes_of_one_account(seeded, tmp_path):
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


def test_the_record_of_the_demo_is_clean(seeded):
    report = verification.verify(rows=True)
    assert report.clean, report.live
    assert {each.model for each in report.looked} >= {"incidents.Incident", "programs.Program"}


def test_a_store_of_the_demo_can_be_read_by_more_than_was_declared(seeded, client):
    look, before = Snapshot.objects.filter(source__dataset__slug="practice-share")
    assert (before.is_clean, look.excess, look.source.dataset.program.is_drill) == (True, 4, True)
    client.force_login(User.objects.get(username="owner"))
    place = ["exposure-practice", "practice-share", look.source_id, look.pk]
    page = client.get(reverse("programs:look", args=place)).content.decode()
    assert "Wider than declared" in page
    assert "summer-interns" in page


def test_what_is_too_wide_in_the_demo_becomes_an_incident_for_practice(seeded):
    watched.exceeded(Drift.objects.get().pk, news="new", snapshot_pk=Snapshot.objects.first().pk)
    incident = Incident.objects.order_by("number").last()
    assert incident.is_drill
    assert incident.dataset.slug == "practice-share"
    assert Program.objects.get(slug=demo.KEYSTROKES).state == State.COLLECTING


def test_the_demo_is_not_for_production(settings, tmp_path):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, kind="production", var=tmp_path)
    with pytest.raises(CommandError, match="not for production"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_the_command_says_where_the_sign_ins_are_and_prints_none(settings, tmp_path):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, var=tmp_path)
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    kept = json.loads((tmp_path / "demo.json").read_text())
    assert str(tmp_path / "demo.json") in said.getvalue()
    for sign_in in kept["sign_ins"]:
        assert sign_in["password"] not in said.getvalue()


def add_person(*words):
    said = io.StringIO()
    call_command("add_person", *words, stdout=said)
    return said.getvalue()


def test_the_first_person_is_added_from_the_terminal(monkeypatch, client):
    monkeypatch.setenv("ANDON_PASSWORD", "correct-horse-battery-staple")
    names = ["--first-name", "Ada", "--last-name", "Obi"]
    functions = ["--function", "commander", "--function", "operator"]
    said = add_person("ada", "ada@demo.example", *names, *functions)
    person = User.objects.get(username="ada")
    assert said == "Ada Obi can sign in as ada.\n"
    assert person.functions == {Function.COMMANDER, Function.OPERATOR}
    assert client.login(username="ada", password="correct-horse-battery-staple")
    assert not person.is_superuser


def test_the_password_is_asked_for_when_it_is_not_set(monkeypatch):
    monkeypatch.delenv("ANDON_PASSWORD", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "correct-horse-battery-staple")
    add_person("ada", "ada@demo.example")
    assert User.objects.get().check_password("correct-horse-battery-staple")


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("ada@demo.example", "short", "at least 15"),
        ("nowhere", "correct-horse-battery-staple", "email"),
    ],
)
def test_a_weak_password_or_a_wrong_address_adds_nobody(monkeypatch, email, password, words):
    monkeypatch.setenv("ANDON_PASSWORD", password)
    with pytest.raises(CommandError, match=words):
        add_person("ada", email)
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(monkeypatch):
    monkeypatch.setenv("ANDON_PASSWORD", "correct-horse-battery-staple")
    add_person("ada", "ada@demo.example")
    with pytest.raises(CommandError, match="taken"):
        add_person("ADA", "other@demo.example")
