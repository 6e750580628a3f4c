"""A real Chromium against a real server; whatever it says on its console fails the test."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.screens import CHROMIUM, FLAGS

WIDE, NARROW = 1280, 390


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for a file, and gone with its loop before a test of something else wants a loop."""
    assert CHROMIUM, "No Chromium was found; see .ci/browser, or run with -m 'not browser'."
    # Playwright runs a loop in this thread, and Django would not talk to a database beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Twice the time between two looks of a live part.
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Window:
    """Browser windows of people, and what they said on their consoles."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base
        self.contexts: list[BrowserContext] = []
        self.said: list[str] = []
        # What a test means to provoke, such as the console's line about a 409.
        self.expected: list[str] = []

    def of(self, person: Any = None, width: int = WIDE, theme: str = "light", **more: Any) -> Page:
        """A fresh window; signed in if a person is named."""
        context = self.browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            **more,
        )
        context.set_default_timeout(10_000)
        if person:
            client = Client()
            client.force_login(person)
            name = settings.SESSION_COOKIE_NAME
            value = client.cookies[name].value
            context.add_cookies([{"name": name, "value": value, "url": self.base}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        return page

    def close(self) -> list[str]:
        for context in self.contexts:
            context.close()
        return [words for words in self.said if not any(known in words for known in self.expected)]


@pytest.fixture
def window(chromium: Browser, live_server: Any) -> Iterator[Window]:
    cache.clear()
    opened = Window(chromium, live_server.url)
    yield opened
    assert opened.close() == []
