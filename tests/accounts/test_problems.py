"""How the API says no: one form, one content type, a sentence for a person."""

import json

import pytest

from accounts import problems


def answer(status, detail="No.", **fields):
    response = problems.answer(problems.Problem(status, detail, **fields))
    return response, json.loads(response.content)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503])
def test_every_refusal_has_the_same_form(status):
    response, body = answer(status)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert body == {
        "type": "about:blank",
        "title": body["title"],
        "status": status,
        "detail": "No.",
    }
    assert body["title"] != "Refused"


def test_a_field_at_fault_is_named_with_what_is_allowed():
    _, body = answer(422, field="title", allowed="1 to 200 characters")
    assert (body["field"], body["allowed"]) == ("title", "1 to 200 characters")


def test_only_a_caller_who_is_not_known_is_asked_who_it_is():
    assert answer(401)[0]["WWW-Authenticate"] == 'Bearer realm="andon"'
    assert "WWW-Authenticate" not in answer(403)[0]


def test_every_operation_declares_the_refusals_that_any_may_give():
    assert set(problems.responses(404)) == {400, 401, 403, 404, 422, 429}
