"""Two people at the same moment. Each race is run often enough to lose it once."""

import functools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from incidents import (
    firing,
    grants,
    judgement,
    lifecycle,
    reporting,
    roles,
    timeline,
    weighing,
)
from incidents.models import Audience, Incident, Role, RuleFiring, Status, StillOpen
from programs import lifecycle as programs
from programs.models import State
from severity.ladder import Sev
from severity.models import Assessment
from tests import make
from tests.together import PATIENCE_SECONDS, ROUNDS, at_once, failures, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_proposal_is_decided_once_whoever_comes_first():
    program = make.program()
    for _ in range(ROUNDS):
        severe = make.incident(Sev.SEV1, program=program)
        proposal = make.judged(severe, Sev.SEV4).proposals.get()
        one, two = make.actor(make.user()), make.actor(make.user())
        outcomes = at_once(
            lambda p=proposal, a=one: judgement.confirm(p, actor=a),
            lambda p=proposal, a=two: judgement.withdraw(p, actor=a),
        )
        assert [type(refusal) for refusal in failures(outcomes)] == [judgement.Refused]


def test_two_judgements_at_once_stand_in_one_chain():
    program, one, two = make.program(participants=50), make.user(), make.user()
    for _ in range(ROUNDS):
        incident = make.incident(Sev.SEV3, program=program)
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


def test_a_veto_and_the_end_of_its_window_are_never_both():
    program, by = make.program(participants=50), make.actor(make.user())
    for _ in range(ROUNDS):
        incident = make.incident(Sev.SEV3, program=program)
        waiting = incident.firings.get(action="pause")
        outcomes = at_once(
            lambda w=waiting, a=by: firing.veto(w, reason="A copy for tests.", actor=a),
            lambda w=waiting: firing.fire_due(w.pk),
        )
        waiting.refresh_from_db()
        is_paused = program.pauses.filter(holder=incident.ref).exists()
        vetoed = not failures(outcomes)
        assert is_paused is not vetoed
        assert (waiting.state == RuleFiring.State.VETOED) is vetoed


def test_of_the_last_two_managers_one_stays():
    for _ in range(ROUNDS):
        incident = make.incident(program=None)
        for team in incident.grants.all():
            Group.objects.get(pk=team.team_id).user_set.clear()
        one, two = (_manager(incident) for _ in range(2))
        outcomes = at_once(
            lambda g=one: grants.end(g, actor=make.SYSTEM),
            lambda g=two: grants.end(g, actor=make.SYSTEM),
        )
        assert [type(refusal) for refusal in failures(outcomes)] == [grants.Refused]


def _manager(incident):
    return grants.admit(
        incident, person=make.user(), level="manage", reason="Runs it.", actor=make.SYSTEM
    )


def test_letting_one_person_in_twice_at_once_is_one_grant():
    for _ in range(ROUNDS):
        incident, person = make.incident(program=None), make.user()
        let_in = functools.partial(
            grants.admit, incident, person=person, level="view", reason="Reads.", actor=make.SYSTEM
        )
        assert not failures(at_once(let_in, let_in))
        assert incident.grants.filter(person=person).count() == 1


def test_equal_reports_at_once_make_one_incident():
    for _ in range(ROUNDS):
        reporter, report = make.user(), make.report(program=None)
        file = functools.partial(
            reporting.file_report, report, reporter=reporter, actor=make.actor(reporter)
        )
        outcomes = at_once(file, file, functools.partial(file, key="form-1"))
        assert not failures(outcomes)
        assert len({filed.incident.pk for filed in outcomes}) == 1
        assert sum(filed.is_new for filed in outcomes) == 1


def test_numbers_have_no_gap_and_no_double_when_many_report_at_once():
    reports = [
        functools.partial(make.incident, Sev.SEV2, program=None, reporter=make.user())
        for _ in range(8)
    ]
    for _ in range(3):
        assert not failures(at_once(*reports))
    numbers = sorted(Incident.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_role_given_to_two_at_once_has_one_holder():
    for _ in range(ROUNDS):
        incident, people = make.incident(program=None), [make.user(), make.user()]
        outcomes = at_once(
            *(
                functools.partial(roles.give, incident, Role.COMMANDER, person=p, actor=make.SYSTEM)
                for p in people
            )
        )
        assert not failures(outcomes)
        assert incident.roles.filter(role=Role.COMMANDER, until=None).count() == 1


def test_an_entry_corrected_by_two_at_once_is_corrected_once():
    for _ in range(ROUNDS):
        entry = make.incident(program=None).timeline.get(kind="report")
        correct = functools.partial(timeline.correct, entry, text="Better.", actor=make.SYSTEM)
        refusals = failures(at_once(correct, correct))
        assert [type(refusal) for refusal in refusals] == [timeline.Refused]


def test_an_incident_moved_by_two_at_once_moves_once():
    for _ in range(ROUNDS):
        incident = make.incident(program=None)
        by = make.actor(make.user())
        outcomes = at_once(
            lambda i=incident, a=by: lifecycle.move(i, Status.TRIAGING, actor=a),
            lambda i=incident, a=by: lifecycle.move(i, Status.TRIAGING, actor=a),
        )
        assert [type(refusal) for refusal in failures(outcomes)] == [lifecycle.Refused]


def test_a_stuck_program_holds_up_its_own_reports_and_no_others():
    stuck, other = make.program(), make.program()
    people = [make.user(), make.user()]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            programs.lock(stuck)
            waits = pool.submit(
                at_once, lambda: make.incident(Sev.SEV2, program=stuck, reporter=people[0])
            )
            until(somebody_waits_for_a_lock)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '3s'")
            # Within the same transaction, so that a number that is kept would end in the timeout.
            make.incident(Sev.SEV2, program=other, reporter=people[1])
        assert not failures(waits.result(PATIENCE_SECONDS))
    assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 2]


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
