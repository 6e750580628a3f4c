"""Two who attest, agree or change something in the same moment."""

import pytest

from accounts.functions import Function
from programs import attestation, controlling, terms
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.models import Attestation, AttestationApproval
from tests import make
from tests.together import failures, in_turn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("every_control")]

PURPOSE, SCAN, START = (ControlSet.current().get(id_) for id_ in ("G01", "G11", "G25"))
SHOWN = Shown(note="Written down.")


@pytest.fixture
def program():
    return make.draft()


def attested(program, control):
    return attestation.attest(program, control, SHOWN, actor=make.actor(program.owner))


def test_two_who_attest_at_once_leave_one_that_waits(program):
    outcomes = in_turn(*[lambda: attested(program, PURPOSE)] * 2, behind=program)
    assert [type(each) for each in failures(outcomes)] == [attestation.Refused]
    assert Attestation.objects.count() == 1


def test_two_who_agree_at_once_approve_it_once(program):
    row = attested(program, PURPOSE)
    people = [make.actor(make.user(Function.PRIVACY_OFFICER)) for _ in range(2)]
    calls = [lambda p=p: attestation.approve(row, actor=p) for p in people]
    outcomes = in_turn(*calls, behind=program)
    assert [type(each) for each in failures(outcomes)] == [attestation.Refused]
    assert AttestationApproval.objects.count() == 1


def test_one_person_who_agrees_twice_at_once_is_one_of_the_two_that_are_needed(program):
    row = attested(program, START)
    both = make.actor(make.user(Function.PRIVACY_OFFICER, Function.SECURITY))
    outcomes = in_turn(*[lambda: attestation.approve(row, actor=both)] * 2, behind=program)
    assert len(failures(outcomes)) == 1
    assert controlling.standing(program, START).stand == controlling.Stand.SUBMITTED


def test_what_was_changed_a_moment_before_is_not_agreed_to(program):
    row = attested(program, PURPOSE)
    officer, owner = make.actor(make.user(Function.PRIVACY_OFFICER)), make.actor(program.owner)
    _, refused = in_turn(
        lambda: terms.change(program, purpose="Sell it.", actor=owner),
        lambda: attestation.approve(row, actor=officer),
        behind=program,
    )
    assert isinstance(refused, attestation.Refused)
    assert not controlling.standing(program, PURPOSE).valid


def test_two_machines_at_once_leave_one_that_counts(program):
    word = Shown(sha256="a" * 64)
    call = lambda: attestation.attest_by_machine(program, SCAN, word, actor=make.SYSTEM)  # noqa: E731
    assert failures(in_turn(call, call, behind=program)) == []
    assert program.attestations.filter(ended_at=None).count() == 1
