"""Boards on a wall by API: for executives to make and end; whoever has the address may read."""

import pytest
from django.test import Client

from accounts import strangers
from accounts.functions import Function
from incidents import measuring, wallboards
from incidents.models import Wallboard
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def executive():
    return Caller(make.user(Function.EXECUTIVE))


def made(executive, **terms):
    answer = executive.post("/boards", {"name": "Hall", "preset": "30"} | terms)
    assert answer.status_code == 201, answer.content
    return answer.json()


def path_of(made):
    return "/" + made["api"].split("/", 3)[3]


def counted(n, **fields):
    incidents = [make.incident(Sev.SEV2, **fields) for _ in range(n)]
    measuring.refigure(incidents=[incident.pk for incident in incidents])
    return incidents


def test_whoever_has_the_address_reads_what_its_page_shows(executive):
    incidents = counted(5, program=make.program(), title="Zulu ledger")
    board = made(executive)
    answer = Client().get(path_of(board))
    said = answer.json()
    assert said["figures"]["incidents"]["value"] == 5
    assert {row["level"]: row["n"] for row in said["open"]}[2] == 5
    assert (said["programs_paused"], said["programs_running"]) == (1, 1)
    for told in ("Zulu", *[each.ref for each in incidents], *[each.codename for each in incidents]):
        assert told not in answer.content.decode()
    assert not answer.cookies


def test_few_are_told_as_none_are(executive):
    board = made(executive)
    before = Client().get(path_of(board)).json()
    counted(1, program=None)
    assert Client().get(path_of(board)).json() == before


def test_no_program_is_named_but_the_one_that_it_is_for(executive):
    counted(5, program=make.program(slug="zulu-study", name="Zulu study"))
    assert b"ulu" not in Client().get(path_of(made(executive))).content
    one = Client().get(path_of(made(executive, program="zulu-study"))).json()
    assert one["program"] == "zulu-study"


def test_its_secret_is_told_once(executive):
    board = made(executive)
    secret = path_of(board).split("/")[-1]
    assert board["address"].endswith(f"/wall/{secret}/")
    [listed] = executive.get("/boards").json()
    assert (listed["id"], listed["name"], listed["preset"]) == (board["id"], "Hall", "30")
    assert secret not in executive.get("/boards").content.decode()


def test_what_was_ended_opens_nothing(executive):
    board = made(executive)
    for _ in range(2):
        assert executive.post(f"/boards/{board['id']}/end").status_code == 204
    problem(Client().get(path_of(board)), 404)
    assert executive.get("/boards").json() == []
    problem(executive.post("/boards/999999/end"), 404)


def test_it_opens_no_longer_than_its_maker_leads(executive):
    board = made(executive)
    executive.person.groups.clear()
    problem(Client().get(path_of(board)), 404)


def test_who_guesses_often_waits_and_a_board_that_hangs_does_not(executive):
    board = made(executive)
    assert Client().get(path_of(board)).status_code == 200
    for _ in range(1_000):
        strangers.note("127.0.0.1")
    problem(Client().get("/api/v1/wall/x"), 429)
    assert Client().get(path_of(board)).status_code == 200


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"preset": "decade"}, "preset"),
        ({"worst": 6}, "worst"),
        ({"program": "nowhere"}, "program"),
    ],
)
def test_a_board_of_nothing_is_refused_by_its_field(executive, terms, field):
    body = problem(executive.post("/boards", {"name": "Hall"} | terms), 422)
    assert body["field"] == field
    assert not Wallboard.objects.exists()


def test_there_are_not_too_many(executive, monkeypatch):
    monkeypatch.setattr(wallboards, "MOST", 1)
    made(executive)
    assert "that is the most" in executive.post("/boards", {"name": "Other"}).json()["detail"]


def test_nobody_else_makes_lists_or_ends_one(executive):
    board = made(executive)
    other = Caller(make.user(Function.OPERATOR))
    bound = Caller(executive.person)
    only = token(executive.person, programs=[make.program().slug])
    bound.headers = {"Authorization": f"Bearer {only}"}
    for caller in (other, bound):
        problem(caller.get("/boards"), 403)
        problem(caller.post("/boards", {"name": "Mine"}), 403)
        problem(caller.post(f"/boards/{board['id']}/end"), 403)
    assert Wallboard.objects.get().revoked_at is None
