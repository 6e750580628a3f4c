"""Callers of the API: people with a token."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import strangers
from accounts.models import Scope
from accounts.throttle import Throttle
from audit import credentials
from tests import make

PROBLEM = "application/problem+json"


def pytest_itemcollected(item):
    """pytest 9.2 leaves the operation that schemathesis asks about out of the test's id."""
    operation = getattr(item, "operation_label", None)
    if operation and operation not in item.nodeid:
        item._id = item.id.with_params(operation)


@pytest.fixture(autouse=True)
def _nobody_called_before(db, monkeypatch):
    cache.clear()
    monkeypatch.setattr(strangers, "_tries", Throttle())
    strangers._trusted.clear()


def token(person, *scopes, **fields):
    """The text of a fresh token; with every scope unless some are named."""
    given = {"expires_at": timezone.now() + timedelta(days=1)} | fields
    _row, text = credentials.issue(
        person, label="test", scopes=list(scopes or Scope), actor=make.SYSTEM, **given
    )
    return text


class Caller:
    """Speaks JSON with the API for one person."""

    def __init__(self, person, *scopes):
        self.person = person
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token(person, *scopes)}"}

    def get(self, path):
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path, body=None, **headers):
        return self._send("POST", path, body, headers)

    def put(self, path, body=None, **headers):
        return self._send("PUT", path, body, headers)

    def _send(self, method, path, body, headers):
        text = body if isinstance(body, str | bytes) else json.dumps(body if body else {})
        at, headers = f"/api/v1{path}", self.headers | headers
        return self.client.generic(method, at, text, "application/json", headers=headers)


@pytest.fixture
def caller():
    return Caller(make.user())


def problem(answer, status):
    """The body of a refusal, which is a problem document whatever refused it."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"].endswith(".")
    return body
