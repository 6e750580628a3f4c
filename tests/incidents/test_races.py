"""Two people at the same moment. Each race is run often enough to lose it once."""

import pytest

from incidents import judgement, weighing
from incidents.models import Audience, StillOpen
from programs.models import State
from severity.ladder import Sev
from severity.models import Assessment
from tests import make
from tests.together import ROUNDS, at_once, failures

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_proposal_is_decided_once_whoever_comes_first():
    for _ in range(ROUNDS):
        proposal = make.judged(make.incident(Sev.SEV1), Sev.SEV4).proposals.get()
        one, two = make.actor(make.user()), make.actor(make.user())
        outcomes = at_once(
            lambda p=proposal, a=one: judgement.confirm(p, actor=a),
            lambda p=proposal, a=two: judgement.withdraw(p, actor=a),
        )
        assert [type(refusal) for refusal in failures(outcomes)] == [judgement.Refused]


def test_two_judgements_at_once_stand_in_one_chain():
    for _ in range(ROUNDS):
        incident = make.incident(Sev.SEV3)
        one, two = make.user(), make.user()
        outcomes = at_once(
            lambda i=incident, by=one: make.judged(i, Sev.SEV2, by=by),
            lambda i=incident, by=two: make.judged(i, Sev.SEV0, by=by),
        )
        assert not failures(outcomes)
        every = Assessment.objects.filter(subject=f"incident:{incident.uuid}")
        assert every.filter(supersedes=None).count() == 1


def test_a_program_named_while_somebody_raises_the_severity_is_stopped():
    for _ in range(ROUNDS):
        incident, program = make.incident(Sev.SEV2, program=None), make.program()
        one, two = make.user(), make.user()
        said = weighing.Answered(program, Audience.EVERYONE, StillOpen.YES)
        outcomes = at_once(
            lambda i=incident, s=said, a=one: judgement.answer_again(i, s, actor=make.actor(a)),
            lambda i=incident, by=two: make.judged(i, Sev.SEV0, by=by),
        )
        assert not failures(outcomes)
        program.refresh_from_db()
        assert program.state == State.PAUSED
