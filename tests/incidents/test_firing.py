"""What the threshold rules stop at once, and what they leave alone."""

import pytest
from django.db import IntegrityError, transaction

from accounts.actors import Actor
from audit.models import Entry
from incidents import cord, firing, judgement, lifecycle
from incidents.models import RuleFiring, Status, TimelineEntry
from programs import pauses
from programs.models import State
from severity import loading
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def states(*programs):
    for program in programs:
        program.refresh_from_db()
    return [program.state for program in programs]


def derived(*programs):
    """Let each program learn from the one before it."""
    for source, program in zip(programs, programs[1:], strict=False):
        program.derived_from.add(source)


def test_sev_2_stops_the_program_and_no_other():
    program, offspring, other = make.program(), make.program(), make.program()
    derived(program, offspring)
    make.incident(Sev.SEV2, program=program)
    assert states(program, offspring, other) == [State.PAUSED, State.COLLECTING, State.COLLECTING]


def test_sev_1_stops_what_is_derived_from_the_program_over_every_step():
    chain = [make.program() for _ in range(4)]
    derived(*chain)
    make.incident(Sev.SEV1, program=chain[1])
    assert states(*chain) == [State.COLLECTING] + [State.PAUSED] * 3


def test_programs_that_learn_from_each_other_all_stop_once():
    one, two, three = make.program(), make.program(), make.program()
    derived(one, two, three, one)
    incident = make.incident(Sev.SEV1, program=two)
    assert states(one, two, three) == [State.PAUSED] * 3
    assert incident.firings.filter(action="pause").count() == 3


def test_sev_0_stops_every_program_on_the_exposed_store_and_what_is_derived_from_it():
    program, neighbour, learner, other = (make.program() for _ in range(4))
    exposed = make.dataset(program, store="s3://lake")
    make.dataset(program, store="s3://other-lake")
    make.dataset(neighbour, store="s3://lake")
    make.dataset(other, store="s3://other-lake")
    derived(neighbour, learner)
    make.judged(make.incident(Sev.SEV1, program=program, dataset=exposed), Sev.SEV0)
    assert states(program, neighbour, learner) == [State.PAUSED] * 3
    assert states(other) == [State.COLLECTING]


def test_sev_0_without_a_dataset_takes_all_stores_of_the_program():
    program, one, two = make.program(), make.program(), make.program()
    for other, store in ((one, "s3://a"), (two, "s3://b")):
        make.dataset(program, store=store)
        make.dataset(other, store=store)
    make.judged(make.incident(Sev.SEV1, program=program), Sev.SEV0)
    assert states(one, two) == [State.PAUSED] * 2


def test_a_program_with_a_stricter_threshold_stops_itself_earlier():
    strict = make.program(participants=50, pause_at=3)
    incident = make.incident(Sev.SEV3, program=strict)
    assert states(strict) == [State.PAUSED]
    assert incident.firings.get(action="pause").rule == "pause-own-threshold"


def test_a_pause_by_rule_shows_its_rule_version_and_facts():
    incident = make.incident(Sev.SEV2)
    fired = incident.firings.get(action="pause")
    rules = loading.current()
    assert (fired.rule, fired.rules_version) == ("pause-sev2", rules.version)
    assert fired.facts == {"level": 2, "undetermined": False}
    assert fired.state == RuleFiring.State.FIRED
    assert fired.fired_at
    entry = Entry.objects.get(subject=f"incidents.rulefiring:{fired.pk}")
    assert entry.stream == f"incident:{incident.pk}"
    assert rules.version in entry.body


def test_a_pause_by_rule_is_told_to_outsiders_by_codename_alone():
    incident = make.incident(Sev.SEV2, title="Payroll export readable")
    hold = incident.program.pauses.get()
    assert hold.label == incident.codename
    assert "Payroll" not in hold.reason + hold.rule + hold.label


def test_a_pause_by_rule_is_on_the_timeline():
    incident = make.incident(Sev.SEV2)
    line = incident.timeline.get(kind=TimelineEntry.Kind.PAUSE)
    assert line.actor_name == f"rule pause-sev2 ({loading.current().version})"
    assert incident.program.name in line.text


def test_each_demand_of_an_assessment_is_in_the_ledger_once():
    incident = make.incident(Sev.SEV2)
    with pytest.raises(IntegrityError, match="each_demand_once"), transaction.atomic():
        firing.apply(incident, actor=make.SYSTEM)


def test_a_new_assessment_makes_the_rules_act_anew_but_pauses_once():
    incident = make.incident(Sev.SEV2)
    make.judged(incident, Sev.SEV1)
    rules = incident.firings.filter(action="pause").values_list("rule", flat=True)
    assert sorted(rules) == ["pause-sev1", "pause-sev2"]
    assert incident.program.pauses.count() == 1


def test_a_lowered_severity_never_lets_a_program_go_on():
    incident = make.incident(Sev.SEV1)
    proposal = make.judged(incident, Sev.SEV5).proposals.get()
    judgement.confirm(proposal, actor=make.actor(make.user()))
    assert states(incident.program) == [State.PAUSED]
    assert incident.program.pauses.in_force().exists()


def test_a_program_that_is_paused_already_is_held_by_the_incident_too():
    program = make.program()
    first = make.incident(Sev.SEV2, program=program)
    second = make.incident(Sev.SEV2, program=program)
    holders = program.pauses.in_force().values_list("holder", flat=True)
    assert sorted(holders) == sorted([first.ref, second.ref])


def test_a_draft_is_kept_from_starting():
    program = make.draft()
    make.incident(Sev.SEV2, program=program)
    assert program.pauses.in_force().exists()


def test_a_drill_stops_nothing_real_and_what_is_real_no_drill():
    program, learner, neighbour = (make.program(is_drill=drill) for drill in (True, False, False))
    derived(program, learner)
    for each in (program, neighbour):
        make.dataset(each, store="s3://lake")
    drill = make.incident(Sev.SEV1, program=program, is_drill=True)
    make.judged(drill, Sev.SEV0)
    assert states(program, learner, neighbour) == [State.PAUSED] + [State.COLLECTING] * 2


def test_what_learned_from_a_program_that_ended_stops_and_the_ended_one_is_left_alone():
    program, ended, learner = (make.program() for _ in range(3))
    derived(program, ended, learner)
    pauses.retire(ended, reason="Done.", actor=make.SYSTEM)
    make.incident(Sev.SEV1, program=program)
    assert states(program, ended, learner) == [State.PAUSED, State.RETIRED, State.PAUSED]
    assert not ended.pauses.exists()


def test_a_rule_does_not_claim_to_have_paused_what_does_not_collect():
    incident = make.incident(Sev.SEV2, program=make.draft())
    line = incident.timeline.get(kind=TimelineEntry.Kind.PAUSE)
    assert f"{incident.program.name} does not collect yet; it is held from starting" in line.text


def test_sev_4_stops_nothing():
    program = make.program()
    incident = make.incident(Sev.SEV2, program=None)
    make.judged(incident, Sev.SEV4)
    assert states(program) == [State.COLLECTING]


def test_going_back_to_active_stops_the_program_again():
    incident = make.active(Sev.SEV2)
    commander = make.actor(incident.roles.get(role="commander").person)
    lifecycle.move(incident, Status.CONTAINED, actor=commander, exception="Nobody collects.")
    hold = incident.program.pauses.get()
    make.resumed(incident.program)
    assert states(incident.program) == [State.COLLECTING]
    lifecycle.move(incident, Status.ACTIVE, actor=commander, reason="The fix did not hold.")
    assert states(incident.program) == [State.PAUSED]
    again = incident.program.pauses.in_force().get()
    assert (again.holder, again.pk != hold.pk) == (incident.ref, True)


def test_the_rules_act_as_themselves_not_as_the_reporter():
    incident = make.incident(Sev.SEV2)
    paused = Entry.objects.get(action="program.paused_by")
    assert paused.actor is None
    assert Actor.person(incident.reporter, via="page").name not in paused.body


def test_a_pause_that_stands_is_not_told_again():
    incident = make.active(Sev.SEV2)
    commander = make.actor(incident.roles.get(role="commander").person)
    for to in (Status.CONTAINED, Status.ACTIVE):
        lifecycle.move(incident, to, actor=commander, reason="Again.", exception="It is off.")
    assert incident.program.pauses.count() == 1
    assert incident.timeline.filter(kind=TimelineEntry.Kind.PAUSE).count() == 1


def graver(incident):
    return list(pauses.held_by(incident.ref).values_list("needs_executive", flat=True))


def test_what_sev_1_stops_goes_on_with_an_executive_alone():
    assert graver(make.incident(Sev.SEV1)) == [True]
    assert graver(make.incident(Sev.SEV2)) == [False]


def test_what_was_stopped_at_sev_2_needs_an_executive_once_it_is_sev_1():
    incident = make.incident(Sev.SEV2)
    make.judged(incident, Sev.SEV1)
    assert graver(incident) == [True]
    assert Entry.objects.filter(action="program.executive_demanded").count() == 1


def test_the_cord_of_a_grave_incident_holds_until_an_executive_agrees():
    incident = make.incident(Sev.SEV1)
    make.resumed(incident.program)
    cord.pull(incident, reason="", actor=make.SYSTEM)
    assert graver(incident) == [True]


def test_a_cord_that_is_pulled_with_a_report_is_as_grave_as_the_report():
    reporter = make.user()
    for level, needs in ((Sev.SEV1, [True]), (Sev.SEV3, [False])):
        assert graver(make.incident(level, reporter=reporter, pull_cord=True)) == needs
