"""Whether a name leads inside at the moment at which somebody gives it."""

import socket
import threading
import time
from dataclasses import replace

import pytest

from accounts import addresses, resolving

URL = "https://pager.example/hook"
# Before the fixture of the tests puts another in its place.
LOOK = resolving.led_to


@pytest.fixture
def leads(monkeypatch):
    """Says where names lead, and notes which were asked for."""
    asked = []

    def to(*numbers):
        monkeypatch.setattr(resolving, "led_to", lambda host: asked.append(host) or [*numbers])
        return asked

    return to


@pytest.mark.parametrize("number", ["10.1.2.3", "169.254.169.254", "::1", "fd00::1", "fe80::1%2"])
def test_a_name_that_leads_inside_is_not_kept(leads, number):
    leads("93.184.216.34", number)
    assert resolving.why_not_kept(URL) == addresses.INSIDE


def test_a_name_that_leads_outside_or_nowhere_yet_is_kept(leads):
    leads("93.184.216.34", "2606:2800:220:1::1")
    assert resolving.why_not_kept(URL) == ""
    assert leads() is not None
    assert resolving.why_not_kept(URL) == ""


def test_nobody_asks_where_a_listed_host_or_what_is_refused_anyway_leads(leads, settings):
    asked = leads("10.0.0.8")
    assert resolving.why_not_kept("http://pager.example/").startswith("address: must start with")
    assert resolving.why_not_kept("https://127.0.0.1/") == addresses.INSIDE
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=["pager.example"])
    assert resolving.why_not_kept(URL) == ""
    assert asked == []


def test_the_resolver_is_asked_for_every_number_of_a_name(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", ("10.0.0.1", 0))]
    found += [(socket.AF_INET6, 1, 6, "", ("2606:2800:220:1::1", 0, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, _port: found if host == "a" else [])
    assert LOOK("a") == ["10.0.0.1", "2606:2800:220:1::1"]


@pytest.mark.parametrize("error", [socket.gaierror(), UnicodeError()])
def test_a_name_that_cannot_be_looked_up_leads_nowhere(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert LOOK("a") == []


def test_nobody_waits_long_for_a_resolver(monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(resolving, "SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answers.wait(20) and [])
    begun = time.monotonic()
    assert LOOK("slow") == []
    answers.set()
    assert time.monotonic() - begun < 5
