"""The criteria: each is answered so that somebody can judge it, or nobody is asked."""

import pytest

from programs import answering, pauses
from programs.answering import BadAnswer
from tests import make

MET = {"state": "met", "note": "Shown.", "link": ""}


def test_there_are_ten_and_each_says_what_shows_it():
    criteria = answering.current()
    assert len({each.id for each in criteria}) == 10
    assert all(each.question and each.shown_by for each in criteria)


def test_answers_are_stored_in_the_order_of_the_questions():
    answered = answering.read(dict(reversed(make.answers().items())))
    assert [each["id"] for each in answered] == [each.id for each in answering.current()]
    assert answered[0] == {"id": "cause", "state": "met", "note": "The logs show it.", "link": ""}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, "logs: say whether it is met"),
        (MET | {"state": "no"}, "logs: say whether it is met"),
        (MET | {"note": "  "}, "logs: say in the note what shows it"),
        (MET | {"state": "not_applicable", "note": ""}, "logs: say in the note why"),
        (MET | {"link": "javascript:alert(1)"}, "logs: a link begins with https://"),
        (MET | {"note": "x" * 1001}, "logs: a note of at most 1000"),
        (MET | {"link": "https://" + "x" * 500}, "a link of at most 500"),
    ],
)
def test_one_that_is_not_answered_is_named(given, refusal):
    with pytest.raises(BadAnswer, match=refusal):
        answering.read(make.answers(logs=given))


@pytest.mark.parametrize(
    "given",
    [
        {"state": "met", "link": "https://wiki.example/scan"},
        {"state": "not_applicable", "note": "No models were trained."},
    ],
)
def test_a_link_or_a_reason_is_an_answer(given):
    assert answering.read(make.answers(models=given))[-1]["state"] == given["state"]


@pytest.mark.django_db
def test_with_one_unanswered_nobody_is_asked():
    program = make.program()
    pauses.pull_the_cord(program, reason="", actor=make.actor(program.owner))
    with pytest.raises(pauses.Refused, match="models: say whether it is met"):
        make.wish(program, answers=make.answers(models={}))
    assert not program.resume_requests.exists()
    assert make.wish(program).answers[-1]["id"] == "models"
