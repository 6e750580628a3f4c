"""Readers of pages: people with a browser, as far as Django's client is one."""

import re
import time
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.functions import Function
from audit import sessions
from incidents import grants
from tests import make

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nobody_called_before(db):
    cache.clear()


class Reader:
    """A signed-in person who opens pages and sends forms."""

    def __init__(self, person=None, **headers):
        self.person = person
        self.client = Client(headers=headers)
        if person:
            self.client.force_login(person)
            # As after the first page: that one notes that somebody acts, which is a write.
            session = self.client.session
            session[sessions.BEGAN] = session[sessions.SEEN] = time.time()
            session.save()

    def signs_in(self, *, minutes_ago=0):
        """As allauth notes it: `force_login` leaves no word of when."""
        session = self.client.session
        at = time.time() - minutes_ago * 60
        session["account_authentication_methods"] = [{"method": "password", "at": at}]
        session["account_authentication_methods_user"] = str(self.person.pk)
        session.save()
        return self

    def get(self, path, **headers):
        return self.client.get(path, headers=headers)

    def post(self, path, headers=None, **fields):
        return self.client.post(path, fields, headers=headers or {})

    def reads(self, path):
        """The words of a page, without its tags."""
        return words(self.get(path))


def words(answer):
    """What an answer says to a reader: text without tags, spaces folded."""
    text = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def reader(*functions, **fields):
    return Reader(make.user(*functions, **fields))


def let_in(incident, level="close", *functions, **fields):
    """A person who was let in to an incident."""
    person = make.user(*functions, **fields)
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Reader(person)


def url(incident, ending=""):
    return f"/incidents/{incident.ref}/{ending}"


@pytest.fixture
def reporter():
    return reader()


@pytest.fixture
def officer():
    return reader(Function.PRIVACY_OFFICER)
