"""Every door, everybody, every method: who comes in, who is told no, for whom there is no door."""

import json
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config import urls
from tests.api.conftest import token
from tests.doors import document, rows, walk
from tests.doors.api_rows import API_ALIASES, API_ROWS
from tests.doors.rows import ALL, ROWS, SIGNED_IN

METHODS = ("put", "patch", "delete", "options", "trace")
# Where everybody comes in, these stand for all: the others would see the same page.
SOME = ("stranger", "close")
# A page costs ten times what a refusal does.
LEVELS = ("view", "contribute", "manage", "close")
OTHERS = ("reporter", "owner", "auditor", "security")


@pytest.fixture(autouse=True)
def _no_pages_for_refusals(monkeypatch):
    """A door that stays shut is told by its status; the page about it costs as much as a door."""
    for status in (403, 404):
        bare = partial(HttpResponse, status=status)
        monkeypatch.setattr(
            urls, f"handler{status}", lambda *_, said=bare, **__: said(), raising=False
        )


def test_every_address_has_a_row():
    known = {*ROWS, *API_ROWS, *API_ALIASES, *rows.BY_SECRET}
    assert walk.names() == known


def doors(table):
    return [
        pytest.param(name, method, who, id=f"{method} {name}")
        for name, row in table.items()
        for method, who in (("get", row.read), ("post", row.act))
        if who
    ]


def knockers(who):
    """Everybody who must stay outside, and whoever comes in by the least level, or by no level."""
    if who.names >= SIGNED_IN.names:
        return SOME
    least = [each for each in LEVELS if each in who.names][:1]
    least += [each for each in OTHERS if each in who.names][:2]
    return [*[each for each in ALL if each not in who.names], *(least or sorted(who.names)[:2])]


@pytest.mark.rotates
@pytest.mark.parametrize(("name", "method", "who"), doors(ROWS))
def test_who_comes_in_at_a_page(world, name, method, who):
    row = ROWS[name]
    path = reverse(name, kwargs=row.address(world.ids))
    body = row.body(world.ids) if method == "post" else {}
    found = {}
    for each in knockers(who):
        answer = walk.knock(world.people[each].client, method, path, body)
        found[each] = "in" if walk.came_in(answer) else answer.status_code
    assert found == expected(who)


def expected(who):
    sees = who.sees if who.sees is not None else who.names
    return {
        each: "in" if each in who.names else 403 if each in sees else 404 for each in knockers(who)
    }


@pytest.mark.rotates
@pytest.mark.parametrize(("name", "method", "who"), doors(ROWS))
@pytest.mark.parametrize("each", ["anonymous", "deactivated"])
def test_who_is_not_signed_in_is_led_to_sign_in(world, name, method, who, each):
    client = Client() if each == "anonymous" else world.people[each].client
    path = reverse(name, kwargs=ROWS[name].address(world.ids))
    answer = walk.knock(client, method, path, ROWS[name].body(world.ids))
    assert walk.came_in(answer) == (each in who.names), answer.status_code
    if each not in who.names:
        assert answer["Location"].startswith(walk.SIGN_IN)


@pytest.mark.rotates
@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith("api:")])
def test_no_other_method_opens_a_door(world, name):
    row = ROWS[name]
    path = reverse(name, kwargs=row.address(world.ids))
    others = [*METHODS, *(["get"] if not row.read else []), *(["post"] if not row.act else [])]
    for method in others:
        answer = walk.knock(world.people["close"].client, method, path)
        assert answer.status_code == 405, method


def called(world, name, method, headers):
    row = API_ROWS[name]
    path = reverse(name, kwargs=row.address(world.ids | {"ref": world.incident.ref}))
    if method == "get":
        return walk.knock(Client(), "get", path, headers=headers)
    if name in FORMS:
        return walk.knock(Client(), "post", path, FORMS[name], headers=headers)
    body, kind = json.dumps(BODIES.get(name, {})), "application/json"
    return walk.knock(Client(), "post", path, body, content_type=kind, headers=headers)


# What passes the check of the shape, so that it is the door that answers.
FORMS = {"api:evidence": {}, "api:imports": {"form": "csv", "source": "s"}}
BODIES = {
    "api:choose_columns": {"mapping": {}},
    "api:assessment": {"answers": {}, "dry_run": True},
    "api:veto_firing": {"reason": "r"},
    "api:allow_firing": {"reason": "r"},
    "api:merge": {"into": "INC-1", "reason": "r"},
    "api:set_severity": {"level": 1, "reason": "r"},
    "api:set_status": {"to": "active", "reason": "r"},
    "api:post_update": {"text": "Hello"},
    "api:approve_broadcast": {"version": 1},
    "api:return_broadcast": {"version": 1, "words": "w"},
    "api:pause_program": {"reason": "r"},
    "api:swaps": {
        "person": "x",
        "since": "2030-01-01T00:00:00Z",
        "until": "2030-01-01T01:00:00Z",
    },
    "api:answer_swap": {"do": "decline"},
    "api:overrides": {"person": "x", "until": "2030-01-01T00:00:00Z", "reason": "r"},
    "api:correct_entry": {"text": "Hello"},
    "api:mark_step": {"to": "skipped", "note": "n"},
    "api:confirm_gate": {"statement": "I looked at it."},
    "api:note_step": {"note": "n"},
    "api:run_hook": {"hook": "none", "confirm": True},
    "api:runbooks": {"runbook": "none", "reason": "r"},
    "api:assign_step": {"person": None},
    "api:hold_evidence": {"held": True, "reason": "r"},
    "api:tasks": {"title": "Look"},
    "api:settle_task": {"to": "done"},
    "api:review": {"sections": {}, "based_on": 0},
    "api:items": {"what": "w", "kind": "detect", "owner": "nobody", "due_on": "2030-01-01"},
    "api:change_item": {"based_on": 1},
    "api:settle_item": {"to": "done"},
    "api:drafts": {"kind": "none"},
    "api:draft": {"text": "t", "based_on": 1},
    "api:relations": {"incident": "INC-1"},
    "api:access": {"person": "nobody", "level": "view", "reason": "r"},
    "api:roles": {"role": "scribe", "person": "nobody"},
    "api:boards": {"name": "Lobby"},
    "api:exposures": {"what": "A share"},
    "api:correct_exposure": {"reason": "r", "based_on": 1},
    "api:change_task": {"based_on": 1},
    "api:verify_exposure": {"how": "Looked."},
    "api:legal_events": {"kind": "suspected", "rationale": "r"},
    "api:legal_facts": {"facts": {}, "reason": "r"},
    "api:attest_control": {"passed": True, "note": "n"},
    "api:report_incident": {"title": "A report by the API"},
    "api:verify_stamps": {"stamps": []},
    "api:hand_over": {"person": "x", "reason": "r"},
    "api:page_person": {"person": "x", "reason": "r"},
    "api:snooze": {"minutes": 0, "reason": "r"},
    "api:escalate": {"reason": "r"},
    "api:make_policy": {"name": "n", "levels": [], "steps": [], "reason": "r"},
    "api:retire_policy": {"reason": "r"},
    "api:list_versions": {"document": {}, "reason": "r"},
    "api:publish_threshold": {"number": 1},
    "api:get_book": {
        "document": {"title": "T", "steps": [{"role": "IC", "action": "a"}]},
        "reason": "r",
    },
    "api:choose_incident_breadth": {"restricted": True, "reason": "r"},
    "api:responders": {"person": "nobody", "reason": "r"},
    "api:runners": {"person": "nobody", "reason": "r"},
    "api:choose_breadth": {"responders_read": True, "reason": "r"},
    "api:retire_book": {"reason": "r"},
    "api:answer_request": {"answer": "decline"},
    "api:propose_rule_set": {"text": "t", "reason": "r", "based_on": "b"},
}


@pytest.mark.rotates
@pytest.mark.parametrize(("name", "method", "who"), doors(API_ROWS))
def test_who_comes_in_by_the_api(world, name, method, who):
    found = {}
    for each in knockers(who):
        headers = {"Authorization": f"Bearer {token(world.people[each].person)}"}
        answer = called(world, name, method, headers)
        found[each] = "in" if walk.came_in(answer) else answer.status_code
    assert found == expected(who)


@pytest.mark.rotates
@pytest.mark.parametrize(("name", "method", "who"), doors(API_ROWS))
def test_without_a_token_or_with_that_of_somebody_gone_nobody_comes_in(world, name, method, who):
    gone = token(world.people["close"].person)
    person = world.people["close"].person
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    for headers in ({}, {"Authorization": f"Bearer {gone}"}):
        answer = called(world, name, method, headers)
        assert walk.came_in(answer) == ("anonymous" in who.names), answer.status_code
        assert "anonymous" in who.names or answer.status_code == 401


def test_the_document_says_what_the_tests_found():
    written = document.PATH.read_text(encoding="utf-8")
    assert written == document.text(), "run: python -m tests.doors.document"
