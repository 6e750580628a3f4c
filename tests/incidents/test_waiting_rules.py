"""Rules that wait: a window to veto, and the quarter of an hour to determine a severity."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Due, Entry
from incidents import firing, lifecycle, objecting, weighing
from incidents import judgement as judging
from incidents.models import Audience, RuleFiring, Status, StillOpen, TimelineEntry
from programs.models import State
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def paused(*programs):
    for program in programs:
        program.refresh_from_db()
    return [program.state == State.PAUSED for program in programs]


@pytest.fixture
def exposed():
    """A dataset with few people in it."""
    return make.dataset(make.program(participants=50))


@pytest.fixture
def incident(exposed):
    return make.incident(Sev.SEV3, program=exposed.program, dataset=exposed)


@pytest.fixture
def waiting(incident):
    return incident.firings.get(action="pause")


def test_sev_3_gives_people_half_an_hour(incident, waiting, exposed, engine):
    engine.forward(minutes=29)
    assert not exposed.pauses.exists()
    assert waiting.state == RuleFiring.State.WAITING
    assert (waiting.due_at - waiting.created_at).total_seconds() == pytest.approx(1800, abs=1)
    line = incident.timeline.get(kind=TimelineEntry.Kind.RULE)
    assert "will be paused in 30 minutes unless somebody vetoes it" in line.text


def test_after_half_an_hour_the_engine_stops_the_dataset_alone(waiting, exposed, engine):
    engine.forward(minutes=31)
    waiting.refresh_from_db()
    assert waiting.state == RuleFiring.State.FIRED
    assert exposed.pauses.in_force().exists()
    assert paused(exposed.program) == [False]


def test_a_rule_that_fired_does_not_fire_again(waiting, exposed, engine):
    engine.forward(minutes=31)
    firing.fire_due(waiting.pk)
    assert exposed.pauses.count() == 1
    assert Entry.objects.filter(action="rule.fired", body__contains="pause-sev3").count() == 1


def test_a_veto_keeps_the_dataset_running(waiting, exposed, engine):
    by = make.user()
    objecting.veto(waiting, reason="It is a copy for tests.", actor=make.actor(by))
    engine.forward(minutes=31)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.vetoed_by) == (RuleFiring.State.VETOED, by)
    assert waiting.veto_reason == "It is a copy for tests."
    assert not exposed.pauses.exists()
    assert Due.objects.get(key__startswith=f"firing:{waiting.pk}:").state == Due.State.CANCELLED


@pytest.mark.parametrize("reason", ["  ", "x" * 301])
def test_a_veto_without_a_reason_or_with_too_long_a_one_is_refused(waiting, reason):
    with pytest.raises(objecting.Refused, match="reason: say why .* at most 300"):
        objecting.veto(waiting, reason=reason, actor=make.actor(make.user()))


def test_only_a_person_can_veto(waiting):
    with pytest.raises(objecting.Refused, match="Only a person"):
        objecting.veto(waiting, reason="No need.", actor=make.SYSTEM)


def test_what_has_fired_cannot_be_vetoed(waiting, engine):
    engine.forward(minutes=31)
    with pytest.raises(objecting.Refused, match="fired already"):
        objecting.veto(waiting, reason="Too late.", actor=make.actor(make.user()))


def test_a_severity_set_anew_voids_what_waits(incident, waiting, exposed, engine):
    make.judged(incident, Sev.SEV4)
    waiting.refresh_from_db()
    assert waiting.state == RuleFiring.State.VOID
    assert Due.objects.get(key__startswith=f"firing:{waiting.pk}:").state == Due.State.CANCELLED
    engine.forward(minutes=31)
    assert not exposed.pauses.exists()


def due_in_5_minutes(waiting):
    """As if most of the time had passed."""
    moment = timezone.now() + timedelta(minutes=5)
    RuleFiring.objects.filter(pk=waiting.pk).update(due_at=moment)
    Due.objects.filter(key__startswith=f"firing:{waiting.pk}:").update(due_at=moment)
    return moment


def test_answering_again_does_not_put_the_end_of_the_window_off(incident, waiting, exposed, engine):
    moment = due_in_5_minutes(waiting)
    judging.answer_again(incident, same_answers(incident), actor=make.actor(make.user()))
    anew = incident.firings.get(rule="pause-sev3", state=RuleFiring.State.WAITING)
    assert (anew.pk != waiting.pk, anew.due_at) == (True, moment)
    told = [line.text for line in incident.timeline.filter(kind=TimelineEntry.Kind.RULE)]
    assert "will be paused in 5 minutes" in told[0]
    engine.forward(minutes=6)
    assert exposed.pauses.in_force().exists()


def same_answers(incident):
    answered = (incident.program, incident.audience, incident.still_open, incident.dataset)
    return weighing.Answered(*answered)


def test_a_window_that_ran_out_before_the_engine_came_is_not_opened_again(
    incident, waiting, exposed, engine
):
    past = timezone.now() - timedelta(minutes=1)
    RuleFiring.objects.filter(pk=waiting.pk).update(due_at=past)
    judging.answer_again(incident, same_answers(incident), actor=make.actor(make.user()))
    engine.work()
    assert exposed.pauses.in_force().exists()


def test_answering_unknown_again_does_not_put_the_pause_of_everything_off(engine):
    program = make.program()
    incident = make.incident(Sev.SEV2, program=None)
    for rule in ("pause-undetermined", "escalate-undetermined"):
        due_in_5_minutes(incident.firings.get(rule=rule))
    judging.answer_again(incident, same_answers(incident), actor=make.actor(make.user()))
    engine.forward(minutes=6)
    assert paused(program) == [True]
    fired = incident.firings.filter(state=RuleFiring.State.FIRED, due_at__isnull=False)
    assert {firing.rule for firing in fired} == {"pause-undetermined", "escalate-undetermined"}


def test_a_window_for_another_dataset_is_its_own(incident, waiting, exposed):
    other = make.dataset(exposed.program)
    moment = due_in_5_minutes(waiting)
    said = weighing.Answered(exposed.program, incident.audience, incident.still_open, other)
    judging.answer_again(incident, said, actor=make.actor(make.user()))
    assert incident.firings.get(dataset=other).due_at > moment + timedelta(minutes=20)


def test_a_veto_does_not_outlive_the_assessment_it_was_spoken_on(
    incident, waiting, exposed, engine
):
    objecting.veto(waiting, reason="It is a copy for tests.", actor=make.actor(make.user()))
    judging.answer_again(incident, same_answers(incident), actor=make.actor(make.user()))
    engine.forward(minutes=29)
    assert not exposed.pauses.exists()
    engine.forward(minutes=2)
    assert exposed.pauses.in_force().exists()


def test_an_incident_that_is_over_voids_what_waits(incident, waiting, exposed, engine):
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="Test data.")
    engine.forward(minutes=31)
    waiting.refresh_from_db()
    assert waiting.state == RuleFiring.State.VOID
    assert not exposed.pauses.exists()


def test_a_rule_rests_on_its_assessment_even_if_the_engine_comes_late(waiting):
    # Without the cancelled due row: the guard in the firing itself.
    make.judged(waiting.incident, Sev.SEV4)
    RuleFiring.objects.filter(pk=waiting.pk).update(state=RuleFiring.State.WAITING)
    firing.fire_due(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == RuleFiring.State.VOID


def test_undetermined_for_15_minutes_stops_everything_when_the_program_is_unknown(engine):
    one, two, drill = make.program(), make.program(), make.program(is_drill=True)
    make.incident(Sev.SEV2, program=None)
    engine.forward(minutes=14)
    assert paused(one, two) == [False, False]
    engine.forward(minutes=2)
    assert paused(one, two, drill) == [True, True, False]


def test_undetermined_for_15_minutes_stops_only_the_program_that_is_known(engine):
    known, other = make.program(), make.program()
    incident = make.undetermined(program=known)
    assert paused(known) == [True]
    engine.forward(minutes=16)
    assert paused(known, other) == [True, False]
    assert incident.firings.get(rule="pause-undetermined").state == RuleFiring.State.FIRED


def test_a_mild_guess_about_a_known_program_stops_it_after_15_minutes(engine):
    known = make.program(participants=5, categories=["contact_details"])
    incident = make.undetermined(program=known, still_open=StillOpen.NO)
    assert not incident.level.at_least(Sev.SEV2)
    assert paused(known) == [False]
    engine.forward(minutes=16)
    assert paused(known) == [True]


def test_a_severity_determined_in_time_stops_nothing(engine):
    program = make.program()
    make.judged(make.incident(Sev.SEV2, program=None), Sev.SEV3)
    engine.forward(minutes=16)
    assert paused(program) == [False]


def test_the_program_named_in_time_stops_that_one_alone(engine):
    meant, other = make.program(), make.program()
    incident = make.incident(Sev.SEV2, program=None)
    said = weighing.Answered(meant, Audience.EVERYONE, StillOpen.YES)
    judging.answer_again(incident, said, actor=make.actor(make.user()))
    engine.forward(minutes=16)
    assert paused(meant, other) == [True, False]


def test_a_level_that_stops_a_program_keeps_the_clock_running_until_one_is_named(engine):
    program = make.program()
    incident = make.judged(make.incident(Sev.SEV2, program=None), Sev.SEV1)
    assert (incident.sev, paused(program)) == (1, [False])
    engine.forward(minutes=16)
    assert paused(program) == [True]


def test_a_pause_of_what_is_undetermined_is_not_vetoed_but_determined():
    make.program()
    incident = make.incident(Sev.SEV2, program=None)
    with pytest.raises(objecting.Refused, match="determining the severity"):
        objecting.veto(
            incident.firings.get(rule="pause-undetermined"),
            reason="We know more tomorrow.",
            actor=make.actor(make.user()),
        )


def test_an_undetermined_drill_stops_drill_programs_alone(engine):
    real, drill = make.program(), make.program(is_drill=True)
    make.incident(Sev.SEV2, program=None, is_drill=True)
    engine.forward(minutes=16)
    assert paused(real, drill) == [False, True]
