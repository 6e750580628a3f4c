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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.shots import SHOTS, Shot, fill_report, first
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
# Of Chromium's: a source of who can read a dataset has two secrets in one form.
ADVICE = "Multiple forms should be contained"
VAR = Path(os.environ.get("ANDON_VAR") or Path(__file__).resolve().parent.parent / "var")


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
    expected = (f"status of {shot.status}", ADVICE)
    yield from (words for words in studio.said if not any(each in words for each in expected))


def _file_a_report(studio: Studio) -> None:
    """Stop a program by a report, and answer the page, so that there is something to see."""
    page = studio.page("reporter", "light", 1280)
    page.goto("/report/")
    fill_report(page)
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
