"""The questions of a full assessment: one at a time on a phone, live beside all on a desk."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.functions import Function
from incidents import accesslogs, exposures, grants, judgement, ratings
from incidents.models import Incident
from programs.watch.accesslog import Mapping
from severity.questions import Said, answers_of
from tests import make
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_accessible import in_every_form
from tests.severity.given import facts

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def runner():
    return make.user(Function.RESPONDER)


@pytest.fixture
def path(runner):
    incident = make.undetermined()
    grants.admit(incident, person=runner, level="manage", reason="Runs it.", actor=make.SYSTEM)
    return f"/incidents/{incident.ref}/assess/"


def seen(page):
    return page.locator(".assess__q:visible")


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_asks_one_at_a_time_with_and_without_scripts(window, runner, path, scripts):
    page = window.of(runner, width=NARROW, java_script_enabled=scripts)
    page.goto(path)
    expect(seen(page)).to_have_count(1)
    expect(page.get_by_text("Question 1 of 16")).to_be_visible()
    page.locator("#assess-threat_to_life").get_by_label("No", exact=False).nth(0).check()
    shoot(page, f"phone-{scripts}")
    page.locator(".assess__q:visible").get_by_role("link", name="Next").click()
    expect(page.get_by_text("Question 2 of 16")).to_be_visible()
    expect(seen(page)).to_have_count(1)
    page.go_back()
    expect(page.get_by_text("Question 1 of 16")).to_be_visible()
    page.locator(".assess__q:visible").get_by_role("link", name="To the result").click()
    expect(page.get_by_role("button", name="Put it in force")).to_be_visible()
    page.get_by_role("button", name="Weigh only").click()
    expect(page.locator("#assess-bar")).to_contain_text("of 16 answered")


def test_a_missing_answer_is_the_one_that_a_phone_shows(window, runner, path):
    window.expected.append("422")
    page = window.of(runner, width=NARROW)
    page.goto(path)
    page.goto(f"{path}#assess-result")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_role("link", name="How easily is a person recognised").click()
    expect(seen(page)).to_have_count(1)
    expect(seen(page)).to_contain_text("How easily is a person recognised")


def test_a_desk_shows_all_and_the_result_as_one_answers_by_keyboard(window, runner, path):
    # Whoever answers on does not wait for what the answer before would lead to.
    window.expected += ["htmx:sendAbort", "htmx:afterRequest"]
    page = window.of(runner, width=WIDE)
    page.goto(path)
    expect(seen(page)).to_have_count(17)
    page.locator("#assess-audience input[value=team_le_50]").focus()
    page.keyboard.press("Space")
    expect(page.locator("#assess-bar")).to_contain_text("4 of 16")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#assess-audience input[value=department_le_1000]")).to_be_checked()
    page.locator("#assess-near_miss input[value=yes]").check()
    page.locator("#assess-evidence input[value=confirmed_internal]").check()
    expect(page.locator("#assess-bar")).to_contain_text("contradict each other")
    page.locator("#assess-near_miss input[value=no]").check()
    expect(page.locator("#assessed")).to_contain_text("What this sets off")
    shoot(page, "desk")


def test_an_assessment_is_made_with_the_keyboard_alone_and_without_scripts(window, runner, path):
    page = window.of(runner, width=WIDE, java_script_enabled=False)
    page.goto(path)
    for name, answer in answers_of(facts(**SEED)).items():
        page.locator(f"#assess-{name} input[value='{answer}']").focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Put it in force").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Assessed.")).to_be_visible()
    expect(page.locator("#severity")).to_contain_text("Full assessment")
    shoot(page, "incident")


def rated(runner, rater, **changed):
    """One that was assessed, and rated a second time if anything is given."""
    incident = make.undetermined()
    said = Said(answers_of(facts(**SEED)))
    judgement.assess(incident, said, actor=make.actor(make.user()))
    grants.admit(incident, person=runner, level="manage", reason="Runs.", actor=make.SYSTEM)
    row = ratings.ask(incident, rater=rater, brief="Logs.", actor=make.actor(runner))
    if changed:
        told = Said(answers_of(facts(**SEED)) | changed)
        ratings.rate(row, told, actor=make.actor(rater))
    return row


def test_what_second_raters_read_can_be_read_by_everybody(window, runner):
    rater = make.user(Function.RESPONDER)
    waiting, done = rated(runner, rater), rated(runner, rater, ongoing="no", refix="unknown")
    rated(runner, None)
    page = window.of(rater)
    for path in ("/ratings/", f"/ratings/{waiting.pk}/", f"/ratings/{done.pk}/"):
        page.goto(path)
        shoot(page, f"rating{path.replace('/', '-')}")
        assert list(in_every_form(page)) == []


def test_how_far_raters_agree_can_be_read_by_everybody(window, runner):
    rater = make.user(Function.RESPONDER)
    mild = {"evidence": "none_logs_complete", "confidentiality": "0", "ongoing": "no"}
    for changed in (*[{"refix": "no"}] * 4, mild):
        row = rated(runner, rater, **changed)
    page = window.of(runner)
    for path in ("/calibration/", f"/incidents/{row.incident.ref}/"):
        page.goto(path)
        shoot(page, f"agreement{path.replace('/', '-')}")
        assert list(in_every_form(page)) == []


def test_what_logs_established_is_read_in_every_form(window, runner, path):
    incident = Incident.objects.get()
    since = timezone.now() - timedelta(hours=3)
    said = exposures.Said(what="The share of transcripts", since=since, until=timezone.now())
    row = exposures.add(incident, said, actor=make.SYSTEM)
    lines = [b'{"who": "zoe", "at": "%s"}\n' % (since + timedelta(minutes=5)).isoformat().encode()]
    log = accesslogs.Log("reads.jsonl", lines, Mapping("who", "at"))
    accesslogs.read(row, log, actor=make.SYSTEM)
    page = window.of(runner)
    page.goto(path)
    note = page.locator("#logs-say")
    expect(note).to_contain_text("1 row was read by 1 person who was not declared")
    expect(page.locator("#assess-evidence input:checked")).to_have_count(0)
    shoot(page, "logs-say")
    assert list(in_every_form(page)) == []
