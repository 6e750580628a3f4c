import pytest
from django.utils import timezone

from programs.models import Lease, StopProof
from tests import make
from tests.gate.served import caller, known
from tests.gate.test_pause import pause
from tests.together import ROUNDS, at_once, failures

pytestmark = pytest.mark.process


def test_no_lease_outlives_a_pause_that_comes_while_it_is_granted(gate):
    rounds = granted = 0
    # Until both have won: a race that one of them wins each time is none.
    while rounds < ROUNDS or not 0 < granted < 4 * rounds:
        assert rounds < 5 * ROUNDS
        rounds += 1
        program = make.program()
        callers = [caller(gate, program) for _ in range(4)]
        known(gate)

        asks = [one.lease for one in callers]
        *answers, _ = at_once(*asks, lambda program=program: pause(program))

        assert not failures(answers)
        leases = Lease.objects.filter(program=program)
        assert not leases.filter(revoked_at=None, expires_at__gt=timezone.now()).exists()
        # Whoever was told yes is waited for.
        told_yes = {
            one.collector.pk for one, (s, _) in zip(callers, answers, strict=True) if s == 200
        }
        proofs = StopProof.objects.filter(collector__in=told_yes)
        assert {proof.collector_id for proof in proofs} == told_yes
        granted += len(told_yes)
