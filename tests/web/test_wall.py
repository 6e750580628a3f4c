"""Boards on a wall: an address that opens without signing in, names nothing and can be ended."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts import strangers
from accounts.functions import Function
from accounts.throttle import Throttle
from audit.models import Entry
from incidents import measuring, wallboards
from incidents.models import Wallboard
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader, words
from tests.web.numbers import unlinked

pytestmark = pytest.mark.django_db
BOARDS = "/leadership/boards/"


@pytest.fixture(autouse=True)
def _nobody_guessed(monkeypatch):
    monkeypatch.setattr(strangers, "_tries", Throttle())
    strangers._trusted.clear()


@pytest.fixture
def executive():
    return reader(Function.EXECUTIVE)


def made(executive, **fields):
    """The path of a new board."""
    sent = {"name": "Hall", "preset": "30", "program": "", "worst": ""} | fields
    answer = executive.post(BOARDS, **sent)
    assert answer.status_code == 200
    return re.search(r"http[^<]*?(/wall/[^<]+/)<", answer.content.decode())[1]


def counted(n, **fields):
    incidents = [make.incident(Sev.SEV2, **fields) for _ in range(n)]
    measuring.refigure(incidents=[incident.pk for incident in incidents])
    return incidents


def test_a_board_is_read_without_signing_in_and_names_no_incident(executive):
    incidents = counted(5, program=make.program(), title="Zulu ledger")
    path = made(executive)
    answer = Client().get(path)
    said = words(answer)
    assert "Incidents 5" in said
    assert "Open SEV 2 5" in said
    assert "Programs paused 1 of 1" in said
    for incident in incidents:
        assert incident.ref not in said
        assert incident.codename not in said
    assert "Zulu" not in said


@pytest.mark.parametrize("terms", [{}, {"worst": "2"}, {"preset": "year"}])
def test_every_number_leads_those_who_lead_to_its_list(executive, terms):
    program = make.program()
    counted(6, program=program)
    answer = Client().get(made(executive, **terms, program=program.slug))
    bare = {
        "time": "the period",
        ".page__head": "the moment",
        "svg": "the scale of the picture",
        "#few": "how the figures are made",
    }
    assert unlinked(answer, bare) == []
    links = set(re.findall(r'href="(/(?:leadership|incidents|programs)/[^"]*)"', text_of(answer)))
    assert len(links) >= 12
    assert {executive.get(link).status_code for link in links} == {200}
    assert {Client().get(link).status_code for link in links} == {302}


def text_of(answer):
    return unescape(answer.content.decode())


def test_it_loads_itself_anew_without_a_script_and_sets_no_cookie(executive):
    path = made(executive)
    answer = Client().get(path)
    assert answer["Refresh"] == "60"
    assert "<script" not in answer.content.decode()
    assert "Refresh" not in Client().get(f"{path}?still=1")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_small_groups_are_told_to_nobody_before_a_wall(executive):
    counted(2, program=make.program())
    said = words(Client().get(made(executive)))
    assert "Incidents few" in said
    assert "Open SEV 2 fewer than 5" in said


@pytest.mark.parametrize("terms", [{}, {"worst": "2"}, {"preset": "year"}])
def test_the_first_incident_of_a_level_changes_nothing_on_a_board(executive, terms):
    counted(12)
    path = made(executive, **terms)
    board = Wallboard.objects.get()
    before, shown = seen(path), wallboards.shown(board)
    incident = make.incident(Sev.SEV1, program=None)
    make.judged(incident, Sev.SEV0)
    measuring.refigure(incidents=[incident.pk])
    after, now = seen(path), wallboards.shown(board)
    assert "Open SEV 0 fewer than 5" in before
    assert before.replace("Incidents 12", "Incidents 13") == after
    assert (now.over_time, now.by_level, now.severe) == (
        shown.over_time,
        shown.by_level,
        shown.severe,
    )


def test_an_empty_board_is_one_of_a_single_incident(executive):
    path = made(executive)
    before = seen(path)
    counted(1, program=None)
    assert seen(path) == before


def seen(path):
    """What a board says, without the moment."""
    return re.sub(r"as of \S+", "", words(Client().get(path)))


def test_the_secret_is_shown_once_and_kept_as_a_hash(executive):
    path = made(executive)
    secret = path.split("/")[2]
    board = Wallboard.objects.get()
    assert secret not in executive.get(BOARDS).content.decode()
    assert secret not in repr(vars(board))
    assert secret.rpartition("_")[2] not in repr(list(Wallboard.history.values()))
    assert Entry.objects.get(action="wallboard.made")


def test_what_was_ended_opens_nothing_at_once(executive):
    path = made(executive)
    board = Wallboard.objects.get()
    executive.post(f"{BOARDS}{board.pk}/end/")
    assert Client().get(path).status_code == 404
    wallboards.revoke(board, actor=make.actor(executive.person))
    assert Entry.objects.filter(action="wallboard.revoked").count() == 1


def test_it_opens_no_longer_than_its_maker_leads(executive):
    path = made(executive)
    executive.person.groups.clear()
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("secret", ["x", "andon_w_0000000000000000_x", "andon_f_00_x"])
def test_a_guess_is_answered_as_if_there_were_nothing(secret):
    assert Client().get(f"/wall/{secret}/").status_code == 404


def test_who_guesses_often_waits_and_a_board_that_hangs_does_not(executive):
    path = made(executive)
    assert Client().get(path).status_code == 200
    for _ in range(1_000):
        strangers.note("127.0.0.1")
    assert Client().get("/wall/x/").status_code == 429
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Where it hangs"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"preset": ""}, "Period"),
        ({"preset": "decade"}, "decade"),
        ({"worst": "7"}, "7 is not one of"),
    ],
)
def test_a_board_of_nothing_is_refused(executive, fields, said):
    sent = {"name": "Hall", "preset": "30", "program": "", "worst": ""} | fields
    answer = executive.post(BOARDS, **sent)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Wallboard.objects.exists()


def test_there_are_not_too_many(executive, monkeypatch):
    monkeypatch.setattr(wallboards, "MOST", 1)
    made(executive)
    answer = executive.post(BOARDS, name="Other", preset="30", program="", worst="")
    assert "that is the most" in words(answer)


def test_nobody_else_makes_or_ends_one(executive):
    made(executive)
    other = reader(Function.OPERATOR)
    assert other.post(BOARDS, name="Mine", preset="30").status_code == 403
    assert other.post(f"{BOARDS}{Wallboard.objects.get().pk}/end/").status_code == 403
    with pytest.raises(wallboards.Refused):
        wallboards.revoke(Wallboard.objects.get(), actor=make.actor(other.person))
