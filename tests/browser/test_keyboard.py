"""The keyboard alone is enough, and single keys harm nobody."""

import re

from playwright.sync_api import expect

from accounts.functions import Function
from incidents.models import Incident
from severity.ladder import Sev
from tests import make


def test_a_report_is_filed_without_a_mouse(window):
    page = window.of(make.user())
    page.goto("/")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/report/$"))
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "title":
            break
    page.keyboard.type("Record of g r j k is readable")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/receipts/"))
    assert Incident.objects.get().title == "Record of g r j k is readable"


def test_the_first_tab_skips_to_the_content(window):
    page = window.of(make.user())
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_rows_are_walked_and_opened(window):
    incidents = [make.incident(Sev.SEV2) for _ in range(3)]
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/incidents/")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name=incidents[1].title)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/{incidents[1].ref}/$"))


def test_g_and_a_letter_go_places(window):
    page = window.of(make.user(Function.AUDITOR))
    for key, place in (("i", "/incidents/"), ("p", "/programs/"), ("a", "/audit/"), ("b", "/")):
        page.goto("/profile/")
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"{place}$"))


def test_a_slash_searches_and_u_writes(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/incidents/")
    page.keyboard.press("/")
    expect(page.get_by_label("Words or number")).to_be_focused()
    page.goto(f"/incidents/{incident.ref}/")
    page.keyboard.press("u")
    expect(page.get_by_label("What is new?")).to_be_focused()


def test_the_list_of_keys_opens_and_closes(window):
    page = window.of(make.user())
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/$"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_no_key_acts_while_somebody_types_or_holds_another(window):
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/incidents/")
    page.get_by_label("Words or number").press_sequentially("rug?")
    page.locator("main").focus()
    page.keyboard.press("Control+r")
    page.wait_for_load_state()
    expect(page).to_have_url(re.compile("/incidents/"))


def test_the_profile_switches_them_off(window):
    page = window.of(make.user(shortcuts=False))
    page.goto("/")
    for key in ("r", "?", "g", "p"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[data-report] kbd")).to_be_hidden()


def test_ctrl_k_goes_to_an_incident(window):
    incident = make.incident(Sev.SEV2, title="Zebra readable")
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Go to")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Report exposure")).to_be_visible()
    page.keyboard.type(incident.ref.lower())
    expect(dialog.get_by_role("status")).to_have_text(re.compile("1 place to go"))
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link", name=f"{incident.ref} Zebra readable")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/{incident.ref}/$"))


def test_the_palette_opens_the_first_at_enter_and_closes_at_escape(window):
    page = window.of(make.user(shortcuts=False))
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("link", name="Go to").click()
    page.keyboard.type("board")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(re.compile("1 place"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("localhost:[0-9]+/$|127.0.0.1:[0-9]+/$"))
