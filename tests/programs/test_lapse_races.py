"""A control that lapses in the very moment in which something starts or goes on."""

import pytest

from accounts.functions import Function
from programs import attestation, clearance, lapses, leases, lifecycle
from programs.evidence import Shown
from programs.models import Program, State
from tests import make
from tests.together import before_it_commits, failures, in_turn

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = Shown(note="Tested.")


def fails(program):
    control = attestation.control_of("T01")
    return attestation.attest_by_machine(program, control, NOTE, passed=False, actor=make.SYSTEM)


def passes(program):
    control = attestation.control_of("T01")
    return attestation.attest_by_machine(program, control, NOTE, actor=make.SYSTEM)


@pytest.mark.parametrize("way", [1, -1])
def test_a_lapse_while_it_starts_never_leaves_it_running(way, engine):
    officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    program = lifecycle.approve(make.cleared(make.draft()), actor=officer)
    calls = [
        lambda: fails(program),
        lambda: lifecycle.start(program, actor=make.actor(program.owner)),
    ]
    in_turn(*calls[::way], behind=program)
    engine.work()
    program.refresh_from_db()
    assert program.state in (State.APPROVED, State.PAUSED)
    assert clearance.blocking(program)


@pytest.mark.parametrize("way", [1, -1])
def test_a_lapse_and_a_new_word_at_once_leave_it_as_the_last_of_them_says(way, engine):
    program = make.program()
    fails(program)
    calls = [lambda: lapses.look(program.pk), lambda: passes(program)]
    assert failures(in_turn(*calls[::way], behind=program)) == []
    # Whoever comes second knows what the first did.
    assert program.pauses.exists() == (way == 1)
    engine.work()
    program.refresh_from_db()
    assert program.state == State.COLLECTING
    assert not program.pauses.in_force().exists()


def test_no_lease_is_granted_while_a_lapse_is_on_its_way():
    program = make.program()
    ask = leases.Ask(make.collector(program).pk, program.pk, program.generation, "t/1")
    _, granted = before_it_commits(lambda: fails(program), lambda: leases.grant([ask]))
    assert granted == set()
    assert Program.objects.get(pk=program.pk).state == State.COLLECTING
