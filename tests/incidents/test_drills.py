"""Drills: the whole chain for practice, marked as one, and let go by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import drills, judgement
from incidents.models import Drill, DrillScope, Incident
from notifications import calling
from notifications.models import Escalation
from programs import pauses, proof, stops, summary
from programs.models import (
    Attestation,
    HookEvent,
    Lease,
    Pause,
    Program,
    State,
    StopOrder,
    StopProof,
)
from programs.stops import Acknowledgement
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
COLLECTORS, WHOLE = DrillScope.COLLECTORS, DrillScope.WHOLE


@pytest.fixture
def program():
    """A real program that collects, with a collector for drills and another, both running."""
    made = make.program()
    for each in (make.collector(made, is_drill=True), make.collector(made)):
        assert make.lease(each)
    return made


def plan(program, scope=COLLECTORS, **fields):
    return drills.plan(program, scope, actor=make.actor(program.owner), **fields)


def run(program, engine, scope=COLLECTORS, **fields):
    """A drill that has begun."""
    drill = plan(program, scope, **fields)
    engine.work()
    drill.refresh_from_db()
    return drill


def acknowledge(drill, after=0.2):
    """Have every collector of the drill say that it stopped."""
    order = drill.order
    at = order.ordered_at + timedelta(seconds=after)
    stops.acknowledge(
        Acknowledgement(p.collector_id, order.program_id, order.generation, at, "empty", 1)
        for p in order.proofs.all()
    )


def now(thing):
    return type(thing).objects.get(pk=thing.pk)


def test_a_drill_files_a_marked_report_that_stops_the_drill_collectors_alone(program, engine):
    drill = run(program, engine)
    assert drill.state == Drill.State.RUNNING
    assert (drill.incident.is_drill, drill.incident.program) == (True, program)
    assert [proof.collector.is_drill for proof in drill.order.proofs.all()] == [True]
    assert now(program).state == State.COLLECTING
    assert Lease.objects.get(revoked_at=None).collector.is_drill is False


def test_a_drill_pages_people_and_says_that_it_is_one(program, engine):
    drill = run(program, engine)
    assert Escalation.objects.filter(incident=drill.incident).exists()


def test_a_drill_of_the_whole_stops_everybody_and_lets_go_after_the_proof(program, engine):
    drill = run(program, engine, WHOLE)
    assert now(program).state == State.PAUSED
    acknowledge(drill)
    engine.work()
    assert now(drill).state == Drill.State.PASSED
    assert now(program).state == State.COLLECTING
    assert not program.pauses.in_force().exists()


def test_what_happens_during_a_drill_is_stopped_in_earnest(program, engine):
    hook = make.hook(program, events=[HookEvent.FREEZE])
    drill = run(program, engine, WHOLE)
    make.incident(Sev.SEV1, program=now(program))
    real = program.pauses.in_force().get(is_drill=False)
    assert real.order.generation > drill.order.generation
    assert not stops.is_drill(real.order)
    told = [calling._data(call)["drill"] for call in hook.calls.order_by("pk")]
    assert told == [True, False]
    assert proof.document(real.order, now=timezone.now())["facts"]["order"]["drill"] is False
    acknowledge(drill)
    engine.work()
    assert now(drill).state in (Drill.State.PASSED, Drill.State.RUNNING)
    assert now(program).state == State.PAUSED


def test_after_what_happened_during_a_drill_it_goes_on_in_stages(program, engine):
    for _ in range(10):
        make.collector(program)
    run(program, engine, WHOLE)
    pauses.pause(program, holder="INC-9", label="Teal", reason="r", actor=make.SYSTEM)
    pauses.let_go(program, holder=Drill.objects.get().incident.ref, actor=make.SYSTEM)
    assert now(program).state == State.PAUSED
    program.stop_orders.update(proof="paused_proven")
    StopProof.objects.update(state="expired")
    assert make.resumed(program).state == State.RESUMING


def test_a_drill_does_not_begin_while_a_program_goes_on_in_stages(program, engine):
    for _ in range(10):
        make.collector(program)
    pauses.pause(program, holder="INC-9", label="Teal", reason="r", actor=make.SYSTEM)
    program.stop_orders.update(proof="paused_proven")
    StopProof.objects.update(state="expired")
    assert make.resumed(program).state == State.RESUMING
    with pytest.raises(drills.Refused, match="is resuming or held"):
        plan(program, WHOLE)


def test_a_drill_that_everybody_acknowledged_in_time_is_evidence(program, engine):
    drill = run(program, engine)
    acknowledge(drill, after=0.2)
    engine.work()
    drill = now(drill)
    assert (drill.report["acknowledged"], drill.report["collectors"]) == (1, 1)
    assert drill.report["seconds_to_stop_max"] == 0.2
    shown = Attestation.objects.get(program=program, control="G22")
    assert shown.state == Attestation.State.APPROVED
    assert drill.incident.ref in shown.note


def test_a_drill_that_somebody_did_not_acknowledge_fails_and_names_it(program, engine):
    drill = run(program, engine)
    engine.forward(seconds=14)
    drill = now(drill)
    assert drill.state == Drill.State.FAILED
    assert drill.order.proofs.get().collector.name in drill.finding
    assert not Attestation.objects.filter(control="G22", state="approved").exists()
    assert not program.pauses.in_force().exists()


def test_a_drill_of_what_did_not_run_shows_nothing(engine):
    program = make.program()
    make.collector(program, is_drill=True)
    drill = run(program, engine)
    assert (drill.state, drill.finding) == (
        Drill.State.FAILED,
        "No collector held a lease, so nothing was tried.",
    )


def test_the_window_ends_a_drill_whose_proof_does_not_come(program, engine, monkeypatch):
    drill = run(program, engine, WHOLE, window_minutes=1)
    # As if a violation kept the proof away and its news were lost.
    StopOrder.objects.update(proof=StopOrder.Proof.UNPROVEN)
    drills.end(drill.pk)
    assert now(drill).state == Drill.State.FAILED
    assert now(program).state == State.COLLECTING


def test_a_drill_lets_go_of_nothing_that_somebody_else_holds(program, engine):
    drill = run(program, engine, WHOLE)
    pauses.pause(program, holder="INC-99", label="Teal", reason="r", actor=make.SYSTEM)
    acknowledge(drill)
    engine.work()
    assert now(drill).state == Drill.State.PASSED
    assert now(program).state == State.PAUSED
    assert program.pauses.in_force().get().holder == "INC-99"


def test_only_a_drill_is_let_go_by_a_machine(program):
    pauses.pause(program, holder="INC-99", label="Teal", reason="r", actor=make.SYSTEM)
    pauses.let_go(program, holder="INC-99", actor=make.SYSTEM)
    assert Pause.objects.in_force().get().holder == "INC-99"


def test_a_drill_counts_in_no_figure(program, engine):
    run(program, engine)
    assert summary.standstill(make.user(Function.RESPONDER)) == {"running": 1, "paused": 0}


def test_whoever_raises_the_level_of_a_drill_that_is_over_stops_nothing(program, engine):
    drill = run(program, engine)
    acknowledge(drill)
    engine.work()
    judgement.set_level(
        now(drill.incident), Sev.SEV0, reason="practice", actor=make.actor(make.user())
    )
    assert now(program).state == State.COLLECTING
    assert not program.pauses.in_force().exists()


def test_a_drill_stops_no_program_that_learned_from_it(program, engine):
    derived = make.program()
    derived.derived_from.add(program)
    run(program, engine, WHOLE)
    assert now(derived).state == State.COLLECTING


def test_a_drill_that_is_raised_while_it_runs_stops_no_program_that_learned_from_it(
    program, engine
):
    derived = make.program()
    derived.derived_from.add(program)
    drill = run(program, engine, WHOLE)
    judgement.set_level(
        now(drill.incident), Sev.SEV0, reason="practice", actor=make.actor(make.user())
    )
    engine.work()
    assert now(derived).state == State.COLLECTING
    assert not derived.pauses.exists()


def test_a_planned_drill_waits_for_its_time_and_can_be_called_off(program, engine):
    drill = plan(program, at=timezone.now() + timedelta(hours=2))
    engine.work()
    assert now(drill).state == Drill.State.PLANNED
    drills.cancel(drill, actor=make.actor(program.owner))
    engine.forward(hours=3)
    assert now(drill).state == Drill.State.CANCELLED
    assert not Incident.objects.exists()
    with pytest.raises(drills.Refused, match="is cancelled already"):
        drills.cancel(drill, actor=make.actor(program.owner))


def test_a_drill_whose_program_is_paused_by_then_does_not_begin(program, engine):
    drill = plan(program, at=timezone.now() + timedelta(hours=2))
    pauses.pause(program, holder="INC-99", label="Teal", reason="r", actor=make.SYSTEM)
    engine.forward(hours=3)
    assert now(drill).state == Drill.State.MISSED
    assert "only what collects can be drilled" in now(drill).finding
    assert not Incident.objects.exists()


def test_a_drill_needs_something_to_stop(program):
    program.collectors.update(retired_at=timezone.now())
    with pytest.raises(drills.Refused, match="no collector for drills"):
        plan(program)
    with pytest.raises(drills.Refused, match="only what collects"):
        plan(make.draft(), WHOLE)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scope": "all"}, "scope: one of collectors, whole"),
        ({"window_minutes": 0}, "window_minutes: 1 to 240"),
        ({"at": timezone.now() - timedelta(days=1)}, "when: from now"),
        ({"at": timezone.now() + timedelta(days=91)}, "when: from now"),
    ],
)
def test_a_wrong_field_is_named(program, wrong, says):
    with pytest.raises(drills.Refused, match=says):
        plan(program, **wrong)


def test_one_drill_of_a_program_is_ahead_at_a_time(program):
    plan(program)
    with pytest.raises(drills.Refused, match="ahead or under way"):
        plan(program)


def test_a_machine_plans_no_drill(program):
    with pytest.raises(drills.Refused, match="Only a person"):
        drills.plan(program, WHOLE, actor=make.SYSTEM)


def test_each_step_of_a_drill_stands_in_the_record_and_is_told(program, engine):
    drill = run(program, engine)
    acknowledge(drill)
    engine.work()
    acts = Entry.objects.filter(action__startswith="drill.").order_by("seq")
    assert [act.action for act in acts] == ["drill.planned", "drill.running", "drill.passed"]
    assert OutboxEvent.objects.get(topic="drill.ended").payload["passed"] is True


def test_begun_twice_it_is_one_drill(program, engine):
    drill = run(program, engine)
    drills.begin(drill.pk)
    assert Incident.objects.count() == 1
    assert Program.objects.get(pk=program.pk).pauses.count() == 1
