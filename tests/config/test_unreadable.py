"""What cannot be read is refused with a sentence, before any view keeps a part of it."""

import pytest
from django.test import Client

from config.unread import OfAnyType
from incidents.models import Incident
from tests.api.conftest import token
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db
# Python knows each: some make half a letter, the others are none of text.
ODD = ("unicode_escape", "raw_unicode_escape", "utf-7", "hex", "undefined", "idna", "utf-16")


def served(client):
    """The same client, coming in by the door of the server."""
    inside = client.handler
    door = OfAnyType(lambda environ, _start: inside(environ))
    client.handler = lambda environ: door(environ, None)
    return client


def post(client, path, sent, **headers):
    """As the bytes that they are: Django's own `post` writes them in the encoding that is named."""
    return served(client).generic("POST", path, **sent, headers=headers)


def form(charset, **fields):
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(name, text) for name, text in fields.items()) + "--b--\r\n"
    return {"data": body.encode(), "content_type": kind}


def profile(charset, first_name):
    person = reader()
    sent = form(charset, first_name=first_name, last_name="Obi", zone="", theme="auto")
    answer = post(person.client, "/profile/", sent)
    person.person.refresh_from_db()
    return answer, person.person.first_name


@pytest.mark.parametrize("charset", [*ODD, "nonsense", "ü"])
def test_a_form_in_another_encoding_is_refused(charset):
    answer, kept = profile(charset, "Ada\\ud800")
    assert answer.status_code == 400
    assert "A form is sent in UTF-8, not in " in words(answer)
    assert "Ada" not in kept


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"'])
def test_a_form_in_utf_8_is_read(charset):
    answer, kept = profile(charset, "Zoë")
    assert (answer.status_code, kept) == (302, "Zoë")


@pytest.mark.parametrize(
    "kind", [*(f"text/plain; charset={name}" for name in ODD), "a/b; charset*=nonsense''%41"]
)
def test_the_address_of_a_page_is_read_as_utf_8_whatever_is_said_of_its_body(kind):
    client = served(reader().client)
    answer = client.get("/incidents/?q=%5Cud800", headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert "\\ud800" in answer.content.decode()


def test_the_api_refuses_such_a_form_with_a_problem():
    sent = form("unicode_escape", form="csv", source="\\ud800")
    bearer = f"Bearer {token(reader().person)}"
    answer = post(Client(), "/api/v1/imports", sent, Authorization=bearer)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "A form is sent in UTF-8, not in unicode_escape."


def test_what_a_monitor_calls_its_json_is_no_matter():
    bearer = f"Bearer {token(reader().person)}"
    kind = "application/json; charset=iso-8859-1"
    sent = {"data": '{"title": "Offen für alle"}'.encode(), "content_type": kind}
    answer = post(Client(), "/api/v1/incidents", sent, Authorization=bearer)
    assert answer.status_code == 201
    assert Incident.objects.get().title == "Offen für alle"
