"""What changes by itself: it arrives, disturbs nobody, and admits it when it cannot."""

import re

from playwright.sync_api import expect

from accounts.functions import Function
from incidents import timeline
from notifications import policies
from severity.ladder import Sev
from tests import make


def test_the_board_shows_what_happens_and_says_the_count(window):
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/")
    expect(page.locator("#board")).to_contain_text("0 open incidents")
    incident = make.incident(Sev.SEV2)
    expect(page.locator("#board")).to_contain_text(incident.title)
    expect(page.locator("#board-voice")).to_have_text("1 open incident")


def test_whoever_reads_in_a_part_is_asked_before_it_changes(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/")
    row = page.get_by_role("link", name=incident.title)
    row.focus()
    news = make.incident(Sev.SEV2)
    button = page.get_by_role("button", name="The board has changed, show")
    expect(button).to_be_visible()
    expect(row).to_be_focused()
    expect(page.locator("#board")).not_to_contain_text(news.title)
    button.click()
    expect(page.locator("#board")).to_contain_text(news.title)
    expect(page.locator("#board")).to_be_focused()
    expect(button).to_have_count(0)


def test_what_has_not_changed_is_not_sent_again(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    answers = []
    page.on("response", lambda answer: answers.append((answer.url, answer.status)))
    page.goto(f"/incidents/{incident.ref}/")
    page.wait_for_timeout(5600)
    polled = [status for url, status in answers if "/live/" in url or url.endswith("/escalation/")]
    assert len(polled) >= 4
    # The picture moves on with the clock, at each full minute.
    assert polled.count(304) >= len(polled) - 1


def test_a_lost_connection_is_said_and_taken_back(window):
    window.expected += ["ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"]
    page = window.of(make.user())
    page.goto("/")
    page.context.set_offline(True)
    expect(page.get_by_text("No connection to Andon")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("No connection to Andon")).to_be_hidden()


def test_an_ended_session_leads_to_sign_in(window):
    page = window.of(make.user())
    page.goto("/")
    page.context.clear_cookies()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_the_picture_zooms_by_buttons_and_keeps_its_view(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/")
    first_tick = page.locator(".chart__ticks text").first
    before = first_tick.text_content()
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Later").click()
    voice = page.locator("[data-range]")
    expect(voice).to_contain_text("–")
    said = voice.text_content()
    assert "Invalid" not in said
    page.locator("main").focus()
    timeline.write(incident, "update", "Something new.", actor=make.SYSTEM)
    expect(page.locator("#story-live")).to_contain_text("Something new.")
    expect(page.locator("[data-range]")).to_have_text(said)
    page.get_by_role("button", name="All of it").click()
    expect(page.locator(".chart__ticks text").first).to_have_text(before)


def test_the_picture_zooms_with_the_wheel_only_while_ctrl_is_held(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/")
    page.locator(".chart__picture").hover()
    bar = page.locator(".chart__bar").first
    before = bar.get_attribute("width")
    page.mouse.wheel(0, -100)
    page.locator(".chart__picture").hover()
    assert bar.get_attribute("width") == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    expect(bar).not_to_have_attribute("width", before)


def test_on_a_phone_the_names_of_the_lanes_stay_in_sight(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/incidents/{incident.ref}/")
    frame = page.locator(".chart__scroll").first
    frame.scroll_into_view_if_needed()
    assert frame.evaluate("frame => frame.scrollLeft") > 0
    name = page.locator("[data-names] text").first
    expect(name).to_be_in_viewport(ratio=0.95)
    frame.evaluate("frame => frame.scrollLeft = 0")
    expect(name).to_be_in_viewport(ratio=0.95)


def test_lengths_of_time_count_on(window):
    make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto("/")
    counting = page.locator("[data-since]").first
    before = counting.text_content()
    expect(counting).not_to_have_text(before)


def test_on_paper_the_story_stands_without_buttons(window):
    incident = make.incident(Sev.SEV2)
    page = window.of(make.user(Function.COMMANDER))
    page.goto(f"/incidents/{incident.ref}/")
    page.emulate_media(media="print")
    expect(page.get_by_role("list", name="Entries, newest first")).to_be_visible()
    expect(page.locator(".chart__picture")).to_be_visible()
    expect(page.locator("header.top")).to_be_hidden()
    assert page.locator("form:visible").count() == 0
    assert page.locator(".btn:visible").count() == 0


def test_whoever_is_paged_sees_it_on_any_page_and_as_a_notice_of_the_browser(window, engine):
    person = make.user(Function.COMMANDER)
    policies.ensure_general_policies(actor=make.SYSTEM)
    page = window.of(person)
    # Headless Chromium shows none, so what would be shown is kept.
    page.add_init_script(
        "window.shown = []; window.Notification = class { static permission = 'granted';"
        " constructor(title, more) { window.shown.push([title, more.tag]); } };"
    )
    incident = make.incident(Sev.SEV2)
    engine.work()
    said = f"You are being paged: SEV 2 {incident.codename}"
    for times in (1, 0):
        page.goto("/profile/")
        expect(page.get_by_text(f"{said}.", exact=True)).to_be_visible()
        key = page.locator("[data-page]").get_attribute("data-page")
        assert page.evaluate("window.shown") == [[said, key]] * times
    expect(page.locator("#paged-voice")).to_contain_text(said)
    page.get_by_role("link", name="Open it and answer").click()
    expect(page).to_have_url(re.compile(f"/incidents/{incident.ref}/"))
