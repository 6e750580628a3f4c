"""The proof of a stop for people: who may have it, what it shows, and the key for everybody."""

import base64
import json

import pytest
from django.test import Client

from accounts.functions import Function
from audit.seal import key_from_pem, opened
from programs import access, pauses, proof
from tests import make
from tests.web.conftest import Reader, reader, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def order(program):
    make.lease(make.collector(program, name="laptop-7"))
    make.hook(program, name="Feature store")
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="Secret.", actor=make.SYSTEM
    ).order


def paths(order):
    page = f"/programs/{order.program.slug}/stops/{order.generation}"
    return f"{page}/proof.json", f"{page}/proof/"


@pytest.mark.parametrize("function", [*Function, None])
def test_only_who_sees_its_machines_gets_it(order, function):
    person = reader(function) if function else reader()
    inside = function in access.INSIDERS
    for path in paths(order):
        assert person.get(path).status_code == (200 if inside else 403)


def test_the_owner_gets_it_and_nobody_who_is_signed_out(order, client):
    for path in paths(order):
        assert Reader(order.program.owner).get(path).status_code == 200
        assert client.get(path)["Location"].startswith("/accounts/login/")


def test_of_a_program_that_one_may_not_know_it_is_missing(order):
    hidden = make.draft()
    person = reader()
    for slug in (hidden.slug, "none"):
        assert person.get(f"/programs/{slug}/stops/2/proof.json").status_code == 404


def test_of_a_stop_that_never_was_it_is_missing(order):
    responder = reader(Function.RESPONDER)
    for generation in (0, 1, 99, 10**30):
        path = f"/programs/{order.program.slug}/stops/{generation}/proof/"
        assert responder.get(path).status_code == 404


def test_the_document_opens_with_the_key_that_everybody_gets(order):
    answer = reader(Function.AUDITOR).get(paths(order)[0])
    assert answer["Content-Type"] == "application/json"
    assert f'filename="{order.program.slug}-stop-2-proof.json"' in answer["Content-Disposition"]
    pem = Client().get("/.well-known/andon-proof-key.pem").content.decode()
    said = opened(answer.content.decode(), key_from_pem(pem))
    assert [each["name"] for each in said["facts"]["collectors"]] == ["laptop-7"]


def test_the_key_is_published_as_jwk(db):
    (jwk,) = Client().get("/.well-known/andon-proof-key").json()["keys"]
    assert (jwk["kty"], jwk["crv"], jwk["kid"]) == ("OKP", "Ed25519", proof.our_key().id)
    assert base64.urlsafe_b64decode(jwk["x"] + "=") == proof.our_key().raw


def test_the_paper_says_what_the_document_says(order):
    responder = reader(Function.RESPONDER)
    page = words(responder.get(paths(order)[1]))
    said = json.loads(responder.get(paths(order)[0]).content)["document"]
    for text in ("laptop-7", "Feature store", "Otter", said["facts_sha256"], "not confirmed"):
        assert text in page
    assert said["facts"]["order"]["ordered_at"] in page
    assert "still under way" in page
    assert "Secret." not in page
