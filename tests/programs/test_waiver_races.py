"""People who ask for, agree to and turn down one waiver in the same moment."""

import pytest

from accounts.functions import Function
from programs import attestation, waivers
from programs.models import Waiver
from tests import make
from tests.together import before_it_commits, failures, in_turn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("every_control")]


def ask(program):
    audit = attestation.control_of("G24")
    return waivers.ask(program, audit, reason="x", days=9, actor=make.actor(program.owner))


def agreeing(function):
    person = make.actor(make.user(function))
    return lambda waiver: waivers.agree(waiver, actor=person)


def test_of_two_who_ask_at_once_one_is_heard():
    program = make.draft()
    outcomes = in_turn(lambda: ask(program), lambda: ask(program), behind=program)
    (refused,) = failures(outcomes)
    assert "waits for approval already" in str(refused)
    assert Waiver.objects.count() == 1


def test_two_who_agree_at_once_grant_it():
    program = make.draft()
    waiver = ask(program)
    yes, also = agreeing(Function.AUDITOR), agreeing(Function.PRIVACY_OFFICER)
    assert failures(in_turn(lambda: yes(waiver), lambda: also(waiver), behind=program)) == []
    waiver.refresh_from_db()
    assert (waiver.state, waiver.approvals.count()) == (Waiver.State.GRANTED, 2)


def test_one_who_agrees_twice_at_once_counts_once():
    program = make.draft()
    waiver, yes = ask(program), agreeing(Function.AUDITOR)
    (refused,) = failures(in_turn(lambda: yes(waiver), lambda: yes(waiver), behind=program))
    assert "have agreed to this already" in str(refused)
    waiver.refresh_from_db()
    assert waiver.state == Waiver.State.OPEN


@pytest.mark.parametrize("way", [1, -1])
def test_the_second_yes_and_a_no_at_once_close_it_once(way):
    program = make.draft()
    waiver, officer = ask(program), make.actor(make.user(Function.EXECUTIVE))
    agreeing(Function.AUDITOR)(waiver)
    yes = agreeing(Function.PRIVACY_OFFICER)
    calls = [
        lambda: yes(waiver),
        lambda: waivers.refuse(waiver, reason="No.", actor=officer),
    ]
    _, refused = before_it_commits(*calls[::way])
    assert isinstance(refused, waivers.Refused)
    waiver.refresh_from_db()
    assert waiver.state == (Waiver.State.GRANTED if way == 1 else Waiver.State.REFUSED)
