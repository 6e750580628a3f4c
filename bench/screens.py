"""Photograph every page: light and dark, wide and narrow.

    python -m bench.screens [BASE_URL] [--only NAME] [--out FOLDER]

Starts an Andon of its own with its demo, stops a program by a report, and writes
var/screens/<page>-<theme>-<width>.png. With a BASE_URL it signs in there with var/demo.json
and changes nothing.

Exits with 1 if a page answers with an error, scrolls sideways, or says anything on the console.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from config.launch import fresh

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {1280: 900, 390: 844}
THEMES = ("light", "dark")
TOMORROW = datetime.now(UTC) + timedelta(days=1)
STUDY = "/programs/keystroke-study/"
VAR = Path(os.environ.get("ANDON_VAR") or Path(__file__).resolve().parent.parent / "var")


@dataclass(frozen=True)
class Shot:
    """A page: who looks at it, where it is, what it answers, what to do before the picture."""

    name: str
    who: str
    find: str | Callable[[Page], str | None]
    status: int = 200
    then: Callable[[Page], Any] | None = None
    whole: bool = True


def first(listing: str, ending: str = "") -> Callable[[Page], str | None]:
    """The first row of a list, or a page below it."""

    def find(page: Page) -> str | None:
        page.goto(listing)
        row = page.locator("[data-row]").first
        return f"{row.get_attribute('href')}{ending}" if row.count() else None

    return find


def linked(page_: str, part: str, ending: str = "") -> Callable[[Page], str | None]:
    """Where the first link of a page leads that holds a part, or a page below it."""

    def find(page: Page) -> str | None:
        page.goto(page_)
        link = page.locator(f"main a[href*='{part}']").first
        where = (link.get_attribute("href") or "").partition("#")[0] if link.count() else ""
        return f"{where}{ending}" if where else None

    return find


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def _fill_report(page: Page) -> None:
    page.get_by_label("What can people see").fill("Transcripts are readable by everyone")
    page.get_by_label("Which program?").select_option(label="Keystroke study")
    page.get_by_label("Everyone inside").check()
    page.wait_for_timeout(700)


SHOTS = (
    Shot("sign-in", "", "/accounts/login/"),
    Shot("board", "commander", "/"),
    Shot("board-reporter", "reporter", "/"),
    Shot("incidents", "commander", "/incidents/"),
    Shot("incidents-none", "commander", "/incidents/?q=nothing-fits-this"),
    Shot("report", "reporter", "/report/"),
    Shot("report-filled", "reporter", "/report/", then=_fill_report),
    Shot("receipts", "reporter", "/receipts/"),
    Shot("receipt", "reporter", first("/receipts/")),
    Shot("incident", "commander", first("/incidents/")),
    # The picture in the README.
    Shot("incident-top", "commander", first("/incidents/"), whole=False),
    Shot("incident-open", "privacy", first("/incidents/"), then=_open_all),
    Shot("ask", "security", "/incidents/ask/"),
    Shot("broken-glass", "auditor", "/incidents/broken-glass/"),
    Shot("exposures", "commander", first("/incidents/", "exposures/")),
    Shot(
        "exposure",
        "commander",
        linked("/incidents/INC-1/exposures/", "/exposures/1"),
        then=_open_all,
    ),
    Shot("timeline", "commander", first("/incidents/", "timeline/")),
    Shot("assess", "commander", first("/incidents/", "assess/"), then=_open_all),
    Shot("clocks", "privacy", first("/incidents/", "clocks/"), then=_open_all),
    Shot("clock", "privacy", linked("/obligations/", "/clocks/"), then=_open_all),
    Shot("obligations", "privacy", "/obligations/"),
    Shot("register", "privacy", "/register/"),
    Shot("imports", "privacy", "/imports/"),
    Shot("drafts", "privacy", first("/incidents/", "drafts/")),
    Shot("history", "commander", first("/incidents/", "history/")),
    Shot("review", "commander", first("/incidents/", "review/"), then=_open_all),
    Shot("lessons", "executive", "/lessons/"),
    Shot("leadership", "executive", "/leadership/", then=_open_all),
    Shot("wallboards", "executive", "/leadership/boards/"),
    Shot("story", "commander", first("/incidents/", "brief/")),
    Shot("compare", "commander", first("/incidents/", "brief/compare/")),
    Shot("leadership-behind", "executive", "/leadership/behind/incidents/"),
    Shot("action-items", "commander", "/action-items/"),
    Shot("runbooks", "commander", "/runbooks/"),
    Shot("runbook", "commander", "/runbooks/by/internal-access/"),
    Shot("runbook-edit", "commander", "/runbooks/by/internal-access/edit/"),
    Shot("thresholds", "commander", "/thresholds/"),
    Shot("threshold-new", "commander", "/thresholds/new/", then=_open_all),
    Shot("firings", "commander", "/thresholds/firings/"),
    Shot("rule-sets", "commander", "/severity/rules/"),
    Shot("rule-set", "commander", "/severity/rules/by/2026.11-1/"),
    Shot("rule-set-new", "commander", "/severity/rules/new/"),
    Shot("explain", "commander", first("/incidents/", "rules/")),
    Shot("programs", "commander", "/programs/"),
    Shot("program", "owner", STUDY),
    Shot("program-open", "privacy", STUDY, then=_open_all),
    Shot("program-reporter", "reporter", STUDY),
    Shot("program-new", "owner", "/programs/new/"),
    Shot("control", "security", f"{STUDY}controls/G12/"),
    Shot("control-waiting", "security", f"{STUDY}controls/G14/", then=_open_all),
    Shot("control-aside", "owner", f"{STUDY}controls/G24/", then=_open_all),
    Shot("terms", "owner", f"{STUDY}edit/"),
    Shot("dataset-new", "owner", f"{STUDY}datasets/new/"),
    Shot("dataset", "owner", linked(STUDY, "/data/")),
    Shot("audience", "owner", linked(STUDY, "/data/", "audience/")),
    Shot("collector-new", "owner", f"{STUDY}collectors/new/"),
    Shot("hook-new", "owner", f"{STUDY}hooks/new/"),
    Shot("stop", "owner", linked(STUDY, "/stops/"), then=_open_all),
    Shot("proof", "owner", linked(STUDY, "/stops/", "proof/")),
    Shot("audit", "auditor", "/audit/"),
    Shot("record", "auditor", "/record/"),
    Shot("on-call", "commander", "/on-call/"),
    Shot("on-call-rota", "commander", linked("/on-call/", "/on-call/"), then=_open_all),
    Shot("on-call-change", "commander", linked("/on-call/", "/on-call/", "change/")),
    Shot("policies", "commander", "/policies/"),
    Shot("policy", "commander", first("/policies/")),
    Shot("policy-edit", "commander", first("/policies/", "edit/"), then=_open_all),
    Shot("policy-history", "commander", first("/policies/", "history/")),
    Shot("dry-run", "commander", f"/policies/dry-run/?level=1&moment={TOMORROW:%Y-%m-%dT03:00}"),
    Shot("contacts", "commander", "/profile/contacts/", then=_open_all),
    Shot("broadcasts", "commander", first("/incidents/", "broadcasts/")),
    Shot("stakeholders", "operator", "/stakeholders/"),
    Shot("digest", "commander", "/profile/digest/"),
    Shot("subscriptions", "commander", "/profile/subscriptions/"),
    Shot("deliveries", "commander", first("/incidents/", "deliveries/")),
    Shot("deliveries-all", "operator", "/deliveries/"),
    Shot("people", "operator", "/people/"),
    Shot("rooms", "operator", "/rooms/", then=_open_all),
    Shot("connections", "operator", "/connections/", then=_open_all),
    Shot("operations", "operator", "/operations/"),
    Shot("engine", "operator", "/engine/"),
    Shot("sources", "owner", "/sources/"),
    Shot("profile", "commander", "/profile/"),
    Shot("password", "commander", "/accounts/password/change/"),
    Shot("second-factor", "commander", "/accounts/2fa/"),
    Shot("sessions", "commander", "/accounts/sessions/"),
    Shot("sign-out", "commander", "/accounts/logout/"),
    Shot("keys", "commander", "/", then=lambda page: page.keyboard.press("?"), whole=False),
    Shot("missing", "reporter", "/incidents/INC-999999/", status=404),
    Shot("bad-link", "", "/acknowledge/not-a-link/", status=404),
)


class Studio:
    """A browser with one signed-in context for each person, theme and width."""

    def __init__(self, browser: Browser, base: str, passwords: dict[str, str]) -> None:
        self.browser, self.base, self.passwords = browser, base, passwords
        self._cookies: dict[str, Any] = {}
        self.said: list[str] = []

    def page(self, who: str, theme: str, width: int) -> Page:
        context = self.browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": SIZES[width]},
            color_scheme="dark" if theme == "dark" else "light",
            storage_state=self._state(who) if who else None,
        )
        page = context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def _state(self, who: str) -> Any:
        if who not in self._cookies:
            context = self.browser.new_context(base_url=self.base)
            page = context.new_page()
            page.goto("/accounts/login/")
            page.locator("[name=login]").fill(who)
            page.locator("[name=password]").fill(self.passwords[who])
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url(f"{self.base}/")
            self._cookies[who] = context.storage_state()
            context.close()
        return self._cookies[who]


def photograph(studio: Studio, shot: Shot, out: Path) -> Iterator[str]:
    """Take a page in each theme and width; yield what is wrong with it."""
    for theme in THEMES:
        for width in SIZES:
            page = studio.page(shot.who, theme, width)
            studio.said.clear()
            where = shot.find if isinstance(shot.find, str) else shot.find(page)
            name = f"{shot.name}-{theme}-{width}"
            if where is None:
                yield f"{name}: the demo data have no such page"
                page.context.close()
                continue
            studio.said.clear()
            answer = page.goto(where)
            page.wait_for_load_state("networkidle")
            if shot.then:
                shot.then(page)
            page.screenshot(path=out / f"{name}.png", full_page=shot.whole)
            yield from (f"{name}: {problem}" for problem in _problems(page, answer, shot, studio))
            page.context.close()


def _problems(page: Page, answer: Any, shot: Shot, studio: Studio) -> Iterator[str]:
    if answer and answer.status != shot.status:
        yield f"answered {answer.status}"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        yield f"scrolls sideways by {wide} px"
    yield from (words for words in studio.said if f"status of {shot.status}" not in words)


def _file_a_report(studio: Studio) -> None:
    """Stop a program by a report, and answer the page, so that there is something to see."""
    page = studio.page("reporter", "light", 1280)
    page.goto("/report/")
    _fill_report(page)
    page.get_by_role("button", name="Report, let the rules decide").click()
    page.wait_for_url("**/receipts/**")
    page.context.close()
    page = studio.page("commander", "light", 1280)
    page.goto(str(first("/incidents/")(page)))
    page.get_by_role("button", name="Acknowledge").first.click()
    page.get_by_text("proven after").first.wait_for()
    page.context.close()


def take(base: str, var: Path, out: Path, *, only: str, fresh: bool) -> list[str]:
    """Take every page whose name begins with `only`; return what is wrong with them."""
    demo = json.loads((var / "demo.json").read_text(encoding="utf-8"))
    passwords = {sign["username"]: sign["password"] for sign in demo["sign_ins"]}
    out.mkdir(parents=True, exist_ok=True)
    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        studio = Studio(browser, base.rstrip("/"), passwords)
        if fresh:
            _file_a_report(studio)
        for shot in SHOTS:
            if shot.name.startswith(only):
                problems += list(photograph(studio, shot, out))
                print(f"{shot.name} taken")
        browser.close()
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", nargs="?", default="")
    parser.add_argument("--only", default="", help="pages whose name begins so")
    parser.add_argument("--out", type=Path, default=VAR / "screens")
    options = parser.parse_args()
    if options.base:
        problems = take(options.base, VAR, options.out, only=options.only, fresh=False)
    else:
        with fresh.andon() as one:
            problems = take(one.url, one.folder, options.out, only=options.only, fresh=True)
    for problem in problems:
        print(f"WRONG {problem}")
    print(f"Pictures are in {options.out}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
