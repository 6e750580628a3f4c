"""From the report to the end of an incident without a mouse."""

import re

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.functions import Function
from incidents import steps
from incidents.models import Incident, Status
from programs.models import Program
from tests import make


def reach(page: Page, what: Locator) -> None:
    """Press Tab until a field has the focus, as somebody does who has no mouse."""
    for _each in range(250):
        if what.evaluate("field => field === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {what}")


def choose(page: Page, select: Locator, label: str) -> None:
    reach(page, select)
    page.keyboard.type(label)
    expect(select.locator("option:checked")).to_have_text(label)


def moves_to(page: Page, label: str, reason: str = "") -> None:
    panel = page.locator("#status")
    choose(page, panel.get_by_label("New status"), label)
    if reason:
        reach(page, panel.get_by_label("Reason"))
        page.keyboard.type(reason)
    reach(page, panel.get_by_role("button", name="Change status"))
    page.keyboard.press("Enter")
    expect(page.locator("#status .state, #status p").first).to_contain_text(label)


def leaves_out(page: Page, step: Locator) -> None:
    """Say of a step that it is not needed, and why."""
    row = page.locator(f"#{step.get_attribute('id')}")
    reach(page, row.locator("summary", has_text="Not needed"))
    page.keyboard.press("Enter")
    reach(page, row.get_by_label("Because"))
    page.keyboard.type("A pilot of five people.")
    page.keyboard.press("Enter")
    expect(row).to_have_class(re.compile("step--skipped"))


def others_do_the_rest(incident: Incident) -> None:
    """All steps but two: how one is left out by keyboard is the same for each of them."""
    person = make.actor(make.user())
    for step in incident.runbooks.get().steps.filter(state="open").order_by("number")[2:]:
        steps.mark(step, "done", statement="The logs show it.", actor=person)


def reports(page: Page, program: Program) -> None:
    """File a report about a program, and open the incident from the list."""
    page.goto("/")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/report/$"))
    reach(page, page.locator("input[name=title]"))
    page.keyboard.type("Mouse paths of the pilot were readable")
    choose(page, page.locator("select[name=program]"), program.name)
    reach(page, page.locator("input[name=audience]:checked"))
    for _each in range(4):
        if page.locator("input[name=audience][value=few_inside]").is_checked():
            break
        page.keyboard.press("ArrowDown")
    reach(page, page.locator("input[name=still_open]:checked"))
    for _each in range(3):
        if page.locator("input[name=still_open][value=no]").is_checked():
            break
        page.keyboard.press("ArrowDown")
    reach(page, page.get_by_role("button", name="Report, let the rules decide"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/receipts/"))

    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/incidents/$"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/incidents/INC-"))


def takes_command(page: Page) -> None:
    moves_to(page, "Triaging")
    roles = page.locator("#roles")
    reach(page, roles.locator("button", has_text="Incident commander").first)
    page.keyboard.press("Enter")
    expect(roles.get_by_text("Leave").first).to_be_visible()
    moves_to(page, "Active")


def decides_awareness(page: Page) -> None:
    aware = page.locator("#aware")
    reach(page, aware.locator("summary"))
    page.keyboard.press("Enter")
    reach(page, aware.locator("input[type=datetime-local]"))
    now = timezone.now()
    page.keyboard.type(f"{now:%m%d%Y}")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(f"{now:%I%M%p}")
    reach(page, aware.get_by_label("Reason"))
    page.keyboard.type("The report says so.")
    reach(page, aware.get_by_role("button"))
    page.keyboard.press("Enter")
    expect(aware.get_by_text("Decide anew")).to_be_visible()


def test_an_incident_is_reported_contained_and_closed_by_keyboard(window):
    program = make.program(categories=["mouse_movements"], participants=5)
    page = window.of(make.user(Function.COMMANDER, Function.PRIVACY_OFFICER))
    reports(page, program)
    takes_command(page)
    others_do_the_rest(Incident.objects.get())
    page.reload()
    expect(page.locator(".step--open")).to_have_count(2)
    moves_to(page, "Contained")
    moves_to(page, "Recovered")
    decides_awareness(page)
    moves_to(page, "In review")
    while page.locator(".step--open").count():
        leaves_out(page, page.locator(".step--open").first)
    moves_to(page, "Closed", reason="Five people were told.")
    assert Incident.objects.get().status == Status.CLOSED
