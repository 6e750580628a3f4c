"""Rotas by API: who is on call, now and then, and to put somebody there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from accounts.models import Scope
from notifications import covers, oncall
from notifications.covers import Cover
from tests import make
from tests.api.conftest import Caller, problem, token

HOUR = timedelta(hours=1)


@pytest.fixture
def ann(db):
    return make.reachable(Function.RESPONDER, first_name="Ann")


@pytest.fixture
def rota(ann):
    rota = make.rota(ann)
    make.layer(rota, ann)
    return rota


def at(hours):
    return timezone.now() + hours * HOUR


def iso(hours):
    return at(hours).isoformat()


def said(person, **changed):
    return {
        "person": person.username,
        "since": iso(1),
        "until": iso(3),
        "reason": "Away",
    } | changed


def test_who_is_on_call_now_and_at_a_moment_is_told(rota, ann):
    ben = make.reachable(Function.RESPONDER, first_name="Ben")
    caller = Caller(ann, Scope.READ, Scope.RESPOND)
    [listed] = caller.get("/rotas").json()
    assert (listed["id"], listed["name"], listed["zone"]) == (rota.pk, rota.name, "Europe/Berlin")
    made = caller.post(f"/rotas/{rota.pk}/overrides", said(ben))
    assert made.status_code == 201, made.content
    assert made.json()["person"] == {"username": ben.username, "name": "Ben"}

    now = caller.get(f"/rotas/{rota.pk}/on-call").json()
    assert ([each["name"] for each in now["people"]], now["next"][0]["name"]) == (["Ann"], "Ben")
    assert now["until"] == now["next_at"] == made.json()["since"]
    then = iso(2).replace("+", "%2B")
    told = caller.get(f"/rotas/{rota.pk}/on-call?at={then}").json()
    assert [each["name"] for each in told["people"]] == ["Ben"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"person": "nobody-of-that-name"}, "person"),
        ({"since": "2020-01-01T00:00:00Z"}, "since"),
        ({"until": "9999-12-31T23:59:59Z"}, "until"),
        ({"until": "2030-01-01T00:00:00"}, "until"),
        ({"reason": " "}, "reason"),
        ({"reason": "a\0b"}, "reason"),
    ],
)
def test_an_override_that_cannot_be_is_refused_at_its_field(rota, ann, changed, field):
    answer = Caller(ann).post(f"/rotas/{rota.pk}/overrides", said(ann) | changed)
    assert problem(answer, 422)["field"] == field
    assert not rota.overrides.exists()


def test_overrides_to_come_are_listed_and_one_is_withdrawn_by_whoever_may(rota, ann):
    ben, carl = (make.reachable(Function.RESPONDER, first_name=name) for name in ("Ben", "Carl"))
    path = f"/rotas/{rota.pk}/overrides"
    first, later = (
        Caller(ann).post(path, said(ben, since=iso(hours), until=iso(hours + 1))).json()
        for hours in (5, 8)
    )
    reader = Caller(carl)
    assert reader.get(path).json() == [first, later]
    at_one = f"{path}/{first['id']}/withdraw"
    problem(Caller(ann, Scope.READ).post(at_one), 403)
    assert problem(reader.post(at_one), 422)["field"] == "override"
    assert reader.get(path).json() == [first, later]

    done = Caller(ben).post(at_one).json()
    assert done == first | {"withdrawn_at": done["withdrawn_at"]}
    assert done["withdrawn_at"] is not None
    assert reader.get(path).json() == [later]
    assert oncall.on_call(rota.pk, at(5.5)) == [ann]
    assert problem(Caller(ben).post(at_one), 422)["field"] == "override"


def test_an_override_of_another_rota_is_withdrawn_through_none(rota, ann):
    other = make.rota(ann)
    make.layer(other, ann)
    ben = make.reachable(Function.RESPONDER)
    made = Caller(ann).post(f"/rotas/{rota.pk}/overrides", said(ben)).json()
    for place in (f"{other.pk}/overrides/{made['id']}", f"{rota.pk}/overrides/{10**30}"):
        problem(Caller(ann).post(f"/rotas/{place}/withdraw"), 404)
    assert not rota.overrides.exclude(withdrawn_at=None).exists()


def test_two_shifts_are_swapped_and_what_waits_is_listed(rota, ann):
    ben = make.reachable(Function.RESPONDER, first_name="Ben")
    covers.take(rota, Cover(ben, at(9), "Away", at(6)), actor=make.actor(rota.owners.get()))
    path = f"/rotas/{rota.pk}/swaps"
    two = said(ben, back_since=iso(6.1), back_until=iso(8.9))
    asked = Caller(ann).post(path, two)
    assert asked.status_code == 201, asked.content
    made = asked.json()
    assert (made["state"], made["asker"]["name"], made["asked"]["name"]) == ("asked", "Ann", "Ben")
    assert Caller(ben, Scope.READ).get(path).json() == [made]
    problem(Caller(ann).post(f"{path}/{made['id']}", {"do": "accept"}), 422)
    done = Caller(ben).post(f"{path}/{made['id']}", {"do": "accept"}).json()
    assert (done["state"], Caller(ben, Scope.READ).get(path).json()) == ("accepted", [])
    names = [[each.first_name for each in oncall.on_call(rota.pk, at(h))] for h in (2, 7)]
    assert names == [["Ben"], ["Ann"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"person": "nobody-of-that-name"}, "person"),
        ({"back_since": 4}, "back_until"),
        ({"back_until": 4}, "back_since"),
        ({"back_since": 2, "back_until": 4}, "back_since"),
        ({"back_since": 4, "back_until": 5}, "back_since"),
    ],
)
def test_a_swap_that_cannot_be_is_refused_at_its_field(rota, ann, changed, field):
    ben = make.reachable(Function.RESPONDER)
    given = {key: iso(value) if isinstance(value, int) else value for key, value in changed.items()}
    answer = Caller(ann).post(f"/rotas/{rota.pk}/swaps", said(ben) | given)
    assert problem(answer, 422)["field"] == field
    problem(Caller(ann).post(f"/rotas/{rota.pk}/swaps/{10**30}", {"do": "accept"}), 404)
    assert not rota.swaps.exists()


def test_others_and_tokens_for_programs_read_no_rota_and_years_have_an_end(rota, ann):
    other = Caller(make.user())
    for path in ("/rotas", f"/rotas/{rota.pk}/on-call", f"/rotas/{10**30}/on-call"):
        problem(other.get(path), 404)
    bound = Caller(ann)
    bound.headers = {"Authorization": f"Bearer {token(ann, programs=['keystrokes'])}"}
    for path in ("/rotas", f"/rotas/{rota.pk}/on-call"):
        problem(bound.get(path), 403)
    for then in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00"):
        assert problem(Caller(ann, Scope.READ).get(f"/rotas/{rota.pk}/on-call?at={then}"), 422)
    lacking = Caller(ann, Scope.READ).post(f"/rotas/{rota.pk}/overrides", said(ann))
    problem(lacking, 403)
    assert oncall.on_call(rota.pk, timezone.now()) == [ann]
