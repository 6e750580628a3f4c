"""Where a request came from is told by our own proxies and by nobody else."""

import importlib

import pytest
import uvicorn.middleware.proxy_headers as uvicorn_proxies
from django.conf import settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from config import proxy
from config.proxy import BehindProxies
from config.unread import OfAnyType
from programs.gate import server

PROXIES = ["10.0.0.7", "10.1.0.0/16", "fd00::/8"]


def reached(peer, trusted=PROXIES, **headers):
    """What the application sees of a request from this peer with these headers."""
    seen = {}

    def application(environ, _start_response):
        seen.update(environ)
        return []

    BehindProxies(application, trusted)({"REMOTE_ADDR": peer, **headers}, None)
    return seen


def client(said, *, peer="10.0.0.7"):
    return reached(peer, HTTP_X_FORWARDED_FOR=said)["REMOTE_ADDR"]


@pytest.mark.parametrize("peer", ["10.0.0.7", "10.1.2.3", "::ffff:10.0.0.7", "fd00::1"])
def test_the_client_is_whom_our_proxy_names(peer):
    assert client("203.0.113.9", peer=peer) == "203.0.113.9"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9, 10.1.0.4", "203.0.113.9"),
        ("10.0.0.7, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("10.1.0.5, 10.1.0.4", "10.1.0.5"),
        ("203.0.113.9, what, 10.1.0.4", "10.1.0.4"),
        ("203.0.113.9, unknown", "10.0.0.7"),
        ("", "10.0.0.7"),
    ],
)
def test_what_stands_left_of_the_first_stranger_is_not_believed(said, found):
    assert client(said) == found


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.8", "", "unix:"])
def test_a_stranger_says_nothing_about_itself(peer):
    seen = reached(
        peer,
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_HOST="andon.example",
    )
    assert seen == {"REMOTE_ADDR": peer, "HTTP_HOST": "andon.example"}


def test_without_proxies_everybody_is_a_stranger():
    seen = reached("127.0.0.1", trusted=[], HTTP_X_FORWARDED_PROTO="https")
    assert seen == {"REMOTE_ADDR": "127.0.0.1"}


def test_of_a_proxy_the_scheme_is_believed_and_the_list_of_hops_goes_no_further():
    seen = reached("10.0.0.7", HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https")
    assert seen == {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.mark.parametrize("value", ["", "*", "proxy", "10.0.0.7/24", "0.0.0.0/0", "::/0", "10.0.0"])
def test_what_is_no_proxy_is_refused(value):
    with pytest.raises(ValueError, match="does not appear|has host bits|is everybody"):
        proxy.network(value)


def test_the_server_of_the_pages_asks_it_first():
    application = importlib.import_module("config.wsgi").application
    assert isinstance(application, BehindProxies)
    assert isinstance(application._application, OfAnyType)
    assert isinstance(application._application._application, WSGIHandler)


def sign_in(pages, said):
    """Try a wrong password, through our proxy; return the status of the answer."""
    token = "t" * 32
    fields = {"login": "nobody", "password": "wrong", "csrfmiddlewaretoken": token}
    environ = RequestFactory().post("/accounts/login/", fields).environ | {
        "REMOTE_ADDR": "10.0.0.7",
        "HTTP_X_FORWARDED_FOR": said,
        "HTTP_HOST": settings.ALLOWED_HOSTS[0],
        "HTTP_COOKIE": f"{settings.CSRF_COOKIE_NAME}={token}",
    }
    status = []
    list(pages(environ, lambda line, _headers: status.append(line[:3])))
    return status[0]


@pytest.mark.django_db(transaction=True)
def test_who_tries_too_often_locks_nobody_else_out():
    cache.clear()
    pages = BehindProxies(WSGIHandler(), PROXIES)
    answers = {sign_in(pages, "203.0.113.9") for _ in range(40)}
    assert answers == {"200", "429"}
    assert sign_in(pages, "198.51.100.1, 203.0.113.9") == "429"
    assert sign_in(pages, "203.0.113.10") != "429"


@pytest.mark.parametrize("peer", ["10.0.0.7", "10.1.2.3"])
def test_the_gate_trusts_the_same(peer):
    config = server._config(None, proxies=PROXIES)
    assert config.proxy_headers
    trusted = uvicorn_proxies._TrustedHosts(config.forwarded_allow_ips)
    assert peer in trusted
    assert "10.0.0.8" not in trusted
