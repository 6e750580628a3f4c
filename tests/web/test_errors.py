"""What people see when something is not there, not allowed, or broken."""

import pytest
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import requires_csrf_token

from config import urls as house
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db


@requires_csrf_token
def broken(_request):
    raise RuntimeError("the incident text that must not leak")


urlpatterns = [*house.urlpatterns, path("broken/", broken)]


def test_a_missing_page_says_nothing_about_what_was_asked_for(reporter):
    one, other = reporter.get("/programs/nowhere/"), reporter.get("/programs/elsewhere/")
    assert one.status_code == other.status_code == 404
    assert one.content == other.content
    assert "There is nothing here for you" in words(one)


def test_a_missing_page_has_our_frame_even_when_signed_out(client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "css/tokens.css" in answer.content.decode()


def test_what_one_may_not_do_is_said_in_a_sentence(reporter):
    answer = reporter.get("/audit/")
    assert answer.status_code == 403
    assert "Only auditors, privacy officers and operators may read the audit log." in words(answer)


@pytest.mark.urls("tests.web.test_errors")
def test_a_failure_of_ours_shows_our_page_and_no_detail():
    person = reader()
    person.client.raise_request_exception = False
    answer = person.get("/broken/")
    assert answer.status_code == 500
    assert "Andon failed to answer" in words(answer)
    assert "must not leak" not in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_with_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert answer.status_code == 403
    assert "Please send it again" in words(answer)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_page_takes_only_what_it_is_for(reporter, method):
    assert getattr(reporter.client, method)("/incidents/").status_code == 405


def test_every_page_carries_the_policy_that_keeps_scripts_out(reporter):
    policy = reporter.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_null_byte_in_a_filter_is_no_failure(reporter):
    assert reporter.get("/incidents/?q=%00&program=%00").status_code == 200
    assert reporter.get("/report/?title=%00&program=%00").status_code == 200
    assert reporter.post("/report/weigh/", program="\0", audience="\0").status_code == 200
    assert reporter.post("/report/", title="\0", program="\0", key="\0").status_code == 422
