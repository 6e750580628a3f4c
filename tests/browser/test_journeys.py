"""Whole ways through the product, as people go them."""

import re

from playwright.sync_api import expect

from accounts.functions import Function
from audit import people
from incidents.models import Incident, RunbookStep
from notifications import links, policies
from notifications.models import Page
from programs.models import State
from severity.ladder import Sev
from tests import make

PASSWORD = "violet-linnet-woolen-snipe"


def named(act, step):
    """The name of a step's button, as a screen reader says it."""
    return re.compile(rf"^{act}\s*: step {step}$")


def test_a_person_signs_in(window):
    person = people.add(
        "ada", email="ada@demo.example", password=PASSWORD, actor=make.SYSTEM, first_name="Ada"
    )
    page = window.of()
    page.goto("/incidents/")
    page.get_by_label("Login").fill(person.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/incidents/$"))
    expect(page.get_by_role("heading", name="Incidents", exact=True)).to_be_visible()


def test_a_report_is_weighed_while_it_is_written_and_stops_collection(window):
    program = make.program()
    make.lease(make.collector(program))
    page = window.of(make.user())
    page.goto("/")
    page.get_by_role("link", name="Report exposure").first.click()
    page.get_by_label("What can people see").fill("Keystrokes are readable")
    page.get_by_label("Which program?").select_option(program.slug)
    page.get_by_label("Everyone inside").check()
    page.get_by_role("group", name="Is it still open?").get_by_label("Yes").check()
    outlook = page.locator("#weighed")
    expect(outlook).to_contain_text("SEV 2")
    expect(outlook).to_contain_text(f"{program.name} pauses at once.")

    page.get_by_role("button", name="Report and pause collection").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your report arrived.")
    page.get_by_role("link", name=program.name).click()
    expect(page.locator("#stand")).to_contain_text("0 of 1 collectors stopped")
    program.refresh_from_db()
    assert program.state == State.PAUSED


def test_two_quick_clicks_make_one_incident(window):
    page = window.of(make.user())
    page.goto("/report/")
    page.get_by_label("What can people see").fill("Names in a mail")
    page.get_by_role("button", name="Report, let the rules decide").dblclick()
    expect(page).to_have_url(re.compile("/receipts/"))
    assert Incident.objects.count() == 1


def test_everything_works_without_scripts(window):
    person, program = make.user(Function.COMMANDER), make.program()
    page = window.of(person, java_script_enabled=False)
    page.goto(f"/report/?program={program.slug}")
    page.get_by_label("What can people see").fill("Keystrokes are readable")
    page.get_by_label("Everyone inside").check()
    page.get_by_role("button", name="Report, let the rules decide").click()
    page.get_by_role("link", name="Open the incident").click()
    page.get_by_label("What is new?").fill("Looking.")
    page.get_by_role("button", name="Write update").click()
    expect(page.locator("#story")).to_contain_text("Looking.")
    page.get_by_role("button", name=named("Done", 2)).click()
    expect(page.locator("#runbook")).to_contain_text("2 of 14 done")
    page.get_by_label("New status").select_option("triaging")
    page.get_by_role("button", name="Change status").click()
    expect(page.locator("#head")).to_contain_text("Triaging")


def test_a_step_is_ticked_in_place_and_keeps_the_readers_focus(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/")
    page.evaluate("window.notReloaded = true")
    page.get_by_role("button", name=named("Done", 2)).press("Enter")
    expect(page.locator("#runbook")).to_contain_text("2 of 14 done")
    again = page.locator("#runbook li.step").nth(1).locator("summary[id$='-act']")
    expect(again).to_be_focused()
    expect(page.locator("#story-live")).to_contain_text("Step 2 done")
    assert page.evaluate("window.notReloaded")
    assert RunbookStep.objects.get(number=2, run__incident=incident).state == "done"


def test_a_refused_step_says_so_in_its_place(window):
    window.expected.append("409")
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/")
    row = page.locator("#runbook li.step").nth(2)
    row.locator("summary").first.click()
    row.get_by_role("button", name="Mark as not needed").click()
    expect(page.locator("#runbook [role=alert]")).to_contain_text("say why the step is not needed")


def test_an_error_takes_the_focus_and_leads_to_its_field(window):
    window.expected.append("422")
    page = window.of(make.user())
    page.goto("/report/")
    page.get_by_role("button", name="Report, let the rules decide").click()
    # The browser itself holds the empty field back; without it the server does.
    page.locator("#report").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Report, let the rules decide").click()
    expect(page.locator("[role=alert]:focus")).to_contain_text("There is a problem")
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name=re.compile("Say in a line")).click()
    expect(page.get_by_label("What can people see")).to_be_focused()


def test_a_page_is_answered_from_the_phone(window, engine):
    policies.ensure_general_policies(actor=make.SYSTEM)
    make.user(Function.COMMANDER, first_name="Ada", last_name="Obi")
    make.incident(Sev.SEV2)
    engine.work()
    token = links.acknowledge_url(Page.objects.get()).partition("/acknowledge/")[2]
    page = window.of(width=390)
    page.goto(f"/acknowledge/{token}")
    page.get_by_role("button", name="Acknowledge: I am on it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on it")
