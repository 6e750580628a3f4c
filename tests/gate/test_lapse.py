"""A gate extends nothing for a program whose controls have lapsed, engine or no engine."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from programs import attestation
from programs.evidence import Shown
from programs.gate.ledger import NOTE_SECONDS
from programs.models import Lease, Program, State
from tests import make
from tests.gate.served import until

pytestmark = pytest.mark.process

# Of the control that programs of tests have, see tests/controls.
GOOD_FOR = timedelta(days=1000)


def attest(program, *, passed=True, ends_in=GOOD_FOR):
    shown = Shown(note="x", as_of=timezone.now() + ends_in - GOOD_FOR)
    control = attestation.control_of("T01")
    attestation.attest_by_machine(program, control, shown, passed=passed, actor=make.SYSTEM)


def test_a_lease_is_neither_renewed_nor_granted_once_a_control_has_lapsed(collector):
    program = collector.collector.program
    assert collector.lease(status="starting")[0] == 200
    attest(program, passed=False)
    status, said = until(lambda: refused(collector), seconds=1.5)
    assert status == 503
    assert said["detail"] == f"The controls of {program.slug} have lapsed, so its leases run out."
    # What was renewed before is written down by then.
    time.sleep(NOTE_SECONDS + 0.5)
    ends = Lease.objects.get(collector=collector.collector).expires_at
    assert [collector.lease(status=word)[0] for word in ("starting", "running")] == [503, 503]
    time.sleep(NOTE_SECONDS + 0.5)
    assert Lease.objects.get(collector=collector.collector).expires_at == ends
    # No engine runs here: the program is not paused yet.
    assert Program.objects.get(pk=program.pk).state == State.COLLECTING


def refused(collector):
    answer = collector.lease()
    return answer if answer[0] != 200 else None


def test_a_gate_knows_the_moment_of_the_lapse_ahead(collector):
    program = collector.collector.program
    attest(program, ends_in=timedelta(seconds=2.5))
    end = Program.objects.get(pk=program.pk).controls_end_at
    assert collector.lease(status="starting")[0] == 200
    until(lambda: refused(collector), seconds=4)
    assert timezone.now() >= end


def test_what_is_shown_again_is_extended_again(collector):
    program = collector.collector.program
    attest(program, passed=False)
    until(lambda: refused(collector), seconds=1.5)
    attest(program)
    until(lambda: not refused(collector), seconds=1.5)
