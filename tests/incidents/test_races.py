"""Two people at the same moment."""

import functools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from accounts.functions import Function
from incidents import (
    firing,
    grants,
    judgement,
    lifecycle,
    measuring,
    merging,
    objecting,
    reporting,
    roles,
    steps,
    timeline,
    weighing,
)
from incidents.models import Audience, Incident, Role, RuleFiring, Status, StillOpen
from programs import lifecycle as programs
from programs.models import State
from severity.ladder import Sev
from severity.models import Assessment
from tests import make
from tests.together import (
    PATIENCE_SECONDS,
    ROUNDS,
    at_once,
    before_it_commits,
    failures,
    in_turn,
    until,
    who_wait_for_a_lock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_proposal_is_decided_once_whoever_comes_first():
    for way in (1, -1):
        severe = make.incident(Sev.SEV1)
        proposal = make.judged(severe, Sev.SEV4).proposals.get()
        one, two = make.actor(make.user()), make.actor(make.user())
        calls = [
            lambda p=proposal, a=one: judgement.confirm(p, actor=a),
            lambda p=proposal, a=two: judgement.withdraw(p, actor=a),
        ]
        outcomes = in_turn(*calls[::way], behind=severe)
        assert [type(refusal) for refusal in failures(outcomes)] == [judgement.Refused]


def test_two_judgements_at_once_stand_in_one_chain():
    one, two = make.user(), make.user()
    incident = make.incident(Sev.SEV3, program=make.program(participants=50))
    outcomes = in_turn(
        lambda: make.judged(incident, Sev.SEV2, by=one),
        lambda: make.judged(incident, Sev.SEV0, by=two),
        behind=incident,
    )
    assert not failures(outcomes)
    every = Assessment.objects.filter(subject=f"incident:{incident.uuid}")
    assert every.filter(supersedes=None).count() == 1


def test_a_program_named_while_somebody_raises_the_severity_is_stopped():
    for way in (1, -1):
        incident, program = make.incident(Sev.SEV2, program=None), make.program()
        one, two = make.user(), make.user()
        said = weighing.Answered(program, Audience.EVERYONE, StillOpen.YES)
        calls = [
            lambda i=incident, s=said, a=one: judgement.answer_again(i, s, actor=make.actor(a)),
            lambda i=incident, by=two: make.judged(i, Sev.SEV0, by=by),
        ]
        assert not failures(in_turn(*calls[::way], behind=incident))
        program.refresh_from_db()
        assert program.state == State.PAUSED


def test_a_veto_and_the_end_of_its_window_are_never_both():
    program, by = make.program(participants=50), make.actor(make.user())
    for way in (1, -1):
        incident = make.incident(Sev.SEV3, program=program)
        waiting = incident.firings.get(action="pause")
        calls = [
            lambda w=waiting, a=by: objecting.veto(w, reason="A copy for tests.", actor=a),
            lambda w=waiting: firing.fire_due(w.pk),
        ]
        outcomes = in_turn(*calls[::way], behind=incident)
        waiting.refresh_from_db()
        is_paused = program.pauses.filter(holder=incident.ref).exists()
        vetoed = not failures(outcomes)
        assert is_paused is not vetoed
        assert (waiting.state == RuleFiring.State.VETOED) is vetoed


def test_of_the_last_two_managers_one_stays():
    incident = make.incident(program=None)
    for team in incident.grants.all():
        Group.objects.get(pk=team.team_id).user_set.clear()
    one, two = (_manager(incident) for _ in range(2))
    outcomes = in_turn(
        lambda: grants.end(one, actor=make.SYSTEM),
        lambda: grants.end(two, actor=make.SYSTEM),
        behind=incident,
    )
    assert [type(refusal) for refusal in failures(outcomes)] == [grants.Refused]


def _manager(incident):
    return grants.admit(
        incident, person=make.user(), level="manage", reason="Runs it.", actor=make.SYSTEM
    )


def test_letting_one_person_in_twice_at_once_is_one_grant():
    incident, person = make.incident(program=None), make.user()
    let_in = functools.partial(
        grants.admit, incident, person=person, level="view", reason="Reads.", actor=make.SYSTEM
    )
    assert not failures(in_turn(let_in, let_in, behind=incident))
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
    incident, people = make.incident(program=None), [make.user(), make.user()]
    give = functools.partial(roles.give, incident, Role.COMMANDER, actor=make.SYSTEM)
    outcomes = in_turn(*[functools.partial(give, person=p) for p in people], behind=incident)
    assert not failures(outcomes)
    assert incident.roles.filter(role=Role.COMMANDER, until=None).count() == 1


def test_an_entry_corrected_by_two_at_once_is_corrected_once():
    incident = make.incident(program=None)
    entry = incident.timeline.get(kind="report")
    correct = functools.partial(timeline.correct, entry, text="Better.", actor=make.SYSTEM)
    refusals = failures(in_turn(correct, correct, behind=incident))
    assert [type(refusal) for refusal in refusals] == [timeline.Refused]


def test_an_incident_moved_by_two_at_once_moves_once():
    incident = make.incident(program=None)
    move = functools.partial(
        lifecycle.move, incident, Status.TRIAGING, actor=make.actor(make.user())
    )
    outcomes = in_turn(move, move, behind=incident)
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
            until(who_wait_for_a_lock)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '3s'")
            # Within the same transaction, so that a number that is kept would end in the timeout.
            make.incident(Sev.SEV2, program=other, reporter=people[1])
        assert not failures(waits.result(PATIENCE_SECONDS))
    assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 2]


@pytest.mark.parametrize("way", [1, -1])
def test_of_two_who_tick_a_step_at_once_one_wins_and_the_other_hears_of_it(way):
    incident = make.incident(program=None)
    step = incident.runbooks.get().steps.get(number=2)
    people = [make.user(), make.user()][::way]
    tick = [
        functools.partial(steps.mark, step, to, note="So.", actor=make.actor(person))
        for to, person in zip(("done", "skipped"), people, strict=True)
    ]
    outcomes = in_turn(*tick, behind=incident)
    step.refresh_from_db()
    (refusal,) = failures(outcomes)
    assert isinstance(refusal, steps.Refused)
    assert str(refusal).startswith(f"{step.done_by.name} marked step 2 as ")
    assert step.history.count() == 2


def _merging(source, target, chief):
    return functools.partial(
        merging.merge, source, target, reason="The same folder.", actor=make.actor(chief)
    )


def test_two_mergers_that_cross_do_not_wait_for_each_other():
    chief = make.user(Function.COMMANDER)
    program = make.program()
    merged, source, target = (make.incident(Sev.SEV2, program=program) for _ in range(3))
    _merging(merged, source, chief)()
    outcomes = in_turn(
        _merging(source, target, chief), _merging(merged, target, chief), behind=target
    )
    assert [type(refusal) for refusal in failures(outcomes)] == [merging.Refused]
    leads = Incident.objects.filter(pk__in=[merged.pk, source.pk]).values_list("duplicate_of")
    assert set(leads) == {(target.pk,)}


def test_what_is_merged_into_the_one_that_is_just_merged_is_not_left_behind():
    chief = make.user(Function.COMMANDER)
    program = make.program()
    third, source, target = (make.incident(Sev.SEV2, program=program) for _ in range(3))
    both = [_merging(third, source, chief), _merging(source, target, chief)]
    (refusal,) = failures(in_turn(*both, behind=source))
    assert f"merged into {source.ref} at the same moment" in str(refusal)
    assert not failures([both[1]()])
    third.refresh_from_db()
    assert third.duplicate_of == target


def test_what_is_reckoned_while_all_is_recounted_counts_once():
    incident = make.incident(Sev.SEV2, program=None)
    measuring.refigure(incidents=[incident.pk])
    sooner = incident.reported_at - timedelta(days=40)
    Incident.objects.filter(pk=incident.pk).update(reported_at=sooner)
    _counted, failed = before_it_commits(
        measuring.recount, lambda: measuring.refigure(incidents=[incident.pk])
    )
    assert failed is None
    kept = measuring.sums()
    measuring.recount()
    assert kept == measuring.sums()
