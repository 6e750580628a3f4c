"""Live parts of pages: sent once, and named, so that the next time need not carry them."""

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils.safestring import SafeString

from accounts import http
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def fragment(monkeypatch):
    """A fragment of a template that shows one value."""
    template = engines["django"].from_string("<p>{{ title }}</p>")
    monkeypatch.setattr(http, "render_to_string", lambda _n, c, request: template.render(c))
    return lambda title: http.Fragment.of("x.html", {"title": title}, request())


def request(**headers):
    return RequestFactory().get("/", headers=headers)


def test_a_fragment_holds_escaped_html(fragment):
    made = fragment("<script>")
    assert made.html == "<p>&lt;script&gt;</p>"
    assert isinstance(made.html, SafeString)


def test_whoever_has_it_already_gets_nothing_again(fragment):
    made = fragment("a")
    assert made.answer(request()).content == b"<p>a</p>"
    again = made.answer(request(**{"If-None-Match": made.etag}))
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", made.etag)


def test_another_content_has_another_name(fragment):
    assert fragment("a").etag == fragment("a").etag != fragment("b").etag
    stale = fragment("b").answer(request(**{"If-None-Match": fragment("a").etag}))
    assert stale.status_code == 200


def test_the_actor_of_a_page_is_whoever_is_signed_in():
    asked = request()
    asked.user = make.user()
    assert (http.actor_of(asked).user, http.actor_of(asked).via) == (asked.user, "page")
