"""Nothing that a person enters as an address makes Andon call inside."""

import itertools
import socket
import time
from dataclasses import replace

import pytest
import requests
from django.conf import settings as django_settings

from notifications import outbound
from tests.notifications.ssrf import dripping

HOSTS = {
    "lit": "127.0.0.1",
    "localhost": "localhost",
    "v6": "[::1]",
    "mapped": "[::ffff:127.0.0.1]",
    "decimal": "2130706433",
    "hex": "0x7f000001",
    "octal": "0177.0.0.1",
    "short": "127.1",
    "zero": "0.0.0.0",
    "any-v6": "[::]",
    "dns": "local.test",
    "rebind": "rebind.test",
    "rebind-again": "rebind.test",
    "mixed": "mixed.test",
    "dot": "127.0.0.1.",
    "circled": "①②⑦.0.0.1",
    "at": "example.com@127.0.0.1",
    "credentials": "user:pw@127.0.0.1",
    "cgnat": "100.64.0.1",
    "metadata": "169.254.169.254",
    "nat64": "[64:ff9b::7f00:1]",
}
OUTSIDE = "93.184.216.34"


@pytest.fixture
def resolver(monkeypatch):
    """Names that lead inside: at once, on the second look, or beside an address outside."""
    real, looks = socket.getaddrinfo, itertools.count()

    def look_up(host, port, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name == "rebind.test":
            return real("127.0.0.1" if next(looks) % 2 else OUTSIDE, port, *args, **kwargs)
        if name == "mixed.test":
            outside = real(OUTSIDE, port, *args, **kwargs)
            return outside + real("127.0.0.1", port, *args, **kwargs)
        return real("127.0.0.1" if name == "local.test" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    # What is allowed outside is refused here quickly: no test talks to the Internet.
    connect = socket.socket.connect

    def only_here(self, address):
        if str(address[0]) == OUTSIDE:
            raise ConnectionRefusedError
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


def post(url):
    return outbound.post(url, body="{}", headers={})


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("name", HOSTS)
def test_no_spelling_of_an_inside_address_is_called(resolver, receiver, name, scheme):
    with pytest.raises(outbound.NotReached):
        post(f"{scheme}://{HOSTS[name]}:{receiver.port}/{name}")
    assert receiver.got == []


def test_a_file_is_not_called():
    with pytest.raises(outbound.NotReached, match="must start with https"):
        post("file:///etc/passwd")


def test_the_pinning_itself_refuses_what_lies_inside(resolver, receiver, monkeypatch):
    # With the first look switched off, so that the second is seen to hold by itself.
    monkeypatch.setattr(outbound, "why_not", lambda _url: "")
    for name, host in HOSTS.items():
        with pytest.raises(outbound.NotReached):
            post(f"http://{host}:{receiver.port}/{name}")
        with pytest.raises(outbound.NotReached):
            post(f"https://{host}:{receiver.port}/{name}")
    assert receiver.got == []


def test_a_host_that_is_listed_is_called_by_http_too(internal, receiver):
    assert outbound.post(internal, body="{}", headers={"X-Told": "so"}) == 204
    path, headers, body = receiver.got[0]
    assert (path, headers["X-Told"], body) == ("/hook", "so", b"{}")


@pytest.mark.parametrize(
    "other",
    [
        "http://localhost:{port}/hook",
        "http://127.0.0.1/hook",
        "http://127.0.0.1:1/hook",
        "http://x@127.0.0.1:{port}/hook",
        "http://127.0.0.1:{port}@evil.test/hook",
        "http://evil.test/127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.test/hook",
        "ftp://127.0.0.1:{port}/hook",
    ],
)
def test_what_only_looks_like_a_listed_host_is_not_called(internal, receiver, other):
    with pytest.raises(outbound.NotReached, match="address: "):
        post(other.format(port=receiver.port))
    assert receiver.got == []


def test_http_to_the_outside_is_refused_before_anything_is_looked_up(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("looked up"))
    with pytest.raises(outbound.NotReached, match="must start with https"):
        post("http://pager.example/hook")


@pytest.mark.parametrize("url", ["https://[bad", "https://", "https:///x", "https://ex\u2100mple/"])
def test_an_address_that_nobody_can_read_is_refused(url):
    assert outbound.why_not(url).startswith("address: ")
    with pytest.raises(outbound.NotReached):
        post(url)


def test_a_name_that_leads_nowhere_is_not_reached(monkeypatch):
    def nowhere(*_args, **_kwargs):
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(outbound.NotReached, match="gaierror"):
        post("https://nowhere.example/hook")


def test_a_redirect_is_not_followed(internal, receiver):
    receiver.status, receiver.headers = 302, {"Location": "http://169.254.169.254/"}
    assert post(internal) == 302
    assert len(receiver.got) == 1


def test_who_does_not_answer_in_time_is_not_reached(internal, receiver, monkeypatch):
    monkeypatch.setattr(outbound, "SECONDS", 0.2)
    receiver.released.clear()
    with pytest.raises(outbound.NotReached, match="Timeout"):
        post(internal)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 204 No Content\r\nx: ", b"HTTP/1.1 204 N\r\n"])
def test_an_answer_that_drips_ends_with_the_time_for_all_of_it(monkeypatch, settings, first):
    monkeypatch.setattr(outbound, "SECONDS", 0.5)
    begun = time.monotonic()
    with dripping(first) as netloc:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=[netloc])
        with pytest.raises(outbound.NotReached, match="Timeout"):
            post(f"http://{netloc}/hook")
    assert 0.4 < time.monotonic() - begun < 2


def test_a_huge_answer_is_left_unread(internal, receiver, monkeypatch):
    receiver.status, receiver.body = 200, b"x" * 64_000_000
    read = []
    original = requests.Response.iter_content
    monkeypatch.setattr(
        requests.Response, "iter_content", lambda *a, **k: read.append(1) or original(*a, **k)
    )
    assert post(internal) == 200
    assert read == []


def test_nobody_there_is_not_reached(internal, receiver):
    receiver.close()
    with pytest.raises(outbound.NotReached, match="ConnectionError"):
        post(internal)


def test_a_proxy_of_the_environment_is_not_asked(internal, receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert post(internal) == 204


def test_nothing_inside_is_listed_unless_somebody_lists_it():
    assert django_settings.ENVIRONMENT.internal_hosts == []
