"""What a program says of itself may change; what was attested for the old words then ends."""

import pytest

from accounts.functions import Function
from programs import attestation, controlling, pauses, terms
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.terms import Refused
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]
SHOWN = Shown(note="Written down.")


@pytest.fixture
def program():
    made = make.draft(jurisdictions=["FR"])
    for id_ in ("G01", "G03", "G20", "G06"):
        control = ControlSet.current().get(id_)
        row = attestation.attest(made, control, SHOWN, actor=make.actor(made.owner))
        by = Function.LEGAL if id_ in ("G03", "G20") else Function.PRIVACY_OFFICER
        attestation.approve(row, actor=make.actor(make.user(by)))
    return made


def change(program, **fields):
    """The controls that ended by it."""
    ended = terms.change(program, actor=make.actor(program.owner), **fields)
    return [control.id for control in ended]


def test_each_change_ends_what_rests_on_it(program):
    assert change(program, purpose="Sell it.") == ["G01", "G03"]
    assert controlling.standing(program, ControlSet.current().get("G06")).valid


def test_a_kind_of_data_that_is_added_ends_the_purpose_and_one_left_out_does_not(program):
    assert change(program, categories=["keystrokes"]) == ["G03"]
    assert change(program, categories=["keystrokes", "health"]) == ["G01"]


def test_a_place_that_is_added_ends_the_review_by_place(program):
    assert change(program, jurisdictions=[]) == ["G03"]
    assert change(program, jurisdictions=["US-NY"]) == ["G20"]


def test_what_is_not_changed_ends_nothing(program):
    assert change(program, purpose=program.purpose) == []
    assert program.history.count() == 1


def test_an_answer_takes_a_control_away(program):
    workers = ControlSet.current().get("G04")
    assert controlling.standing(program, workers).blocks
    change(program, of_workers=False)
    program.refresh_from_db()
    assert controlling.standing(program, workers).stand == controlling.Stand.NOT_NEEDED


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"purpose": ""}, "purpose: "),
        ({"categories": ["thoughts"]}, "categories: .*thoughts"),
        ({"state": "collecting"}, "state: only purpose"),
        ({"lease_seconds": 60}, "lease_seconds: only purpose"),
    ],
)
def test_an_odd_change_is_refused_by_the_name_of_its_field(program, wrong, words):
    with pytest.raises(Refused, match=words):
        change(program, **wrong)
    program.refresh_from_db()
    assert (program.state, program.lease_seconds) == ("draft", 10)


def test_a_program_that_has_ended_is_changed_no_more(program):
    officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    make.lifecycle.approve(program, actor=officer)
    pauses.retire(program, reason="over", actor=make.SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        change(program, purpose="More.")
