"""Who may say how bad an incident is, and what follows from that."""

import pytest

from audit.models import Entry
from incidents import firing, judgement, lifecycle, weighing
from incidents.models import Audience, Incident, Status, StillOpen, TimelineEntry
from programs.models import State
from severity.ladder import Sev
from severity.models import Assessment
from tests import make

pytestmark = pytest.mark.django_db


def answers(program, audience=Audience.EVERYONE, still_open=StillOpen.YES, dataset=None):
    return weighing.Answered(program, audience, still_open, dataset)


def answer_again(incident, *args, **kwargs):
    return judgement.answer_again(incident, answers(*args, **kwargs), actor=make.actor(make.user()))


def test_raising_takes_effect_at_once_and_the_rules_act_on_it():
    incident = make.incident(Sev.SEV3)
    make.judged(incident, Sev.SEV2)
    incident.refresh_from_db()
    incident.program.refresh_from_db()
    assert (incident.sev, incident.counts_as, incident.peak_sev) == (2, 2, 2)
    assert incident.program.state == State.PAUSED


def test_a_severity_is_set_by_a_new_assessment_that_supersedes_the_old():
    incident = make.incident(Sev.SEV3)
    by = make.user()
    raised = make.judged(incident, Sev.SEV1, by=by)
    made = raised.assessment
    assert (made.kind, made.level, made.assessor) == (Assessment.Kind.OVERRIDE, 1, by)
    assert made.supersedes == incident.assessment
    assert made.reason == "The logs say so."


def test_a_change_of_severity_is_on_the_timeline_and_in_the_record():
    incident = make.incident(Sev.SEV3)
    make.judged(incident, Sev.SEV1)
    line = incident.timeline.filter(kind=TimelineEntry.Kind.SEVERITY).first()
    assert line.text == "Severity: SEV 1 (was SEV 3). The logs say so."
    assert (line.data["was"], line.data["now"]) == (3, 1)
    entry = Entry.objects.filter(action="severity.set").get()
    assert entry.stream == f"incident:{incident.pk}"
    assert "The logs say so." not in entry.body


def test_the_peak_is_kept_when_the_severity_falls():
    incident = make.incident(Sev.SEV3)
    make.judged(incident, Sev.SEV5)
    incident.refresh_from_db()
    assert (incident.counts_as, incident.peak_sev) == (5, 3)


def test_lowering_from_sev_3_needs_nobody_else():
    incident = make.judged(make.incident(Sev.SEV3), Sev.SEV4)
    assert incident.sev == 4


def test_a_severity_without_a_reason_is_refused():
    incident = make.incident(Sev.SEV3)
    with pytest.raises(judgement.Refused, match="reason: say why"):
        judgement.set_level(incident, Sev.SEV1, reason=" ", actor=make.actor(make.user()))


def test_the_severity_it_has_already_is_refused():
    with pytest.raises(judgement.Refused, match="is SEV 3 already"):
        make.judged(make.incident(Sev.SEV3), Sev.SEV3)


def test_the_severity_of_an_incident_that_is_over_cannot_be_set():
    incident = make.incident(Sev.SEV3)
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    with pytest.raises(judgement.Refused, match="dismissed; reopen it first"):
        make.judged(incident, Sev.SEV1)


def test_the_worst_plausible_level_may_be_confirmed_as_the_level():
    incident = make.undetermined()
    assert (incident.sev, incident.counts_as) == (None, 1)
    make.judged(incident, Sev.SEV1)
    incident.refresh_from_db()
    assert incident.sev == 1


def test_the_first_determination_needs_no_second_person():
    incident = make.judged(make.undetermined(), Sev.SEV4)
    assert (incident.sev, incident.counts_as, incident.peak_sev) == (4, 4, 1)
    assert not incident.proposals.exists()


def test_worse_answers_take_effect_at_once():
    incident = make.incident(Sev.SEV3)
    answer_again(incident, incident.program, Audience.OUTSIDE)
    incident.refresh_from_db()
    incident.program.refresh_from_db()
    assert (incident.sev, incident.audience) == (2, Audience.OUTSIDE)
    assert incident.program.state == State.PAUSED


def test_milder_answers_only_propose_a_lower_severity():
    incident = make.incident(Sev.SEV1)
    answer_again(incident, incident.program, Audience.FEW, StillOpen.NO)
    incident.refresh_from_db()
    assert (incident.sev, incident.audience) == (1, Audience.FEW)
    assert incident.proposals.get().level == 2


def test_answers_that_name_another_program_stop_that_one_even_if_they_are_milder():
    incident = make.incident(Sev.SEV1)
    meant = make.program()
    answer_again(incident, meant, Audience.EVERYONE)
    meant.refresh_from_db()
    assert meant.state == State.PAUSED
    incident.refresh_from_db()
    assert (incident.program, incident.sev) == (meant, 1)


def test_answers_that_name_the_program_determine_an_incident():
    program = make.program()
    incident = make.incident(Sev.SEV2, program=None)
    assert incident.sev is None
    answer_again(incident, program)
    incident.refresh_from_db()
    program.refresh_from_db()
    assert incident.sev == 2
    assert program.state == State.PAUSED


def test_answers_that_are_refused_leave_everything_as_it_was():
    incident = make.incident(Sev.SEV1)
    answer_again(incident, incident.program, Audience.EVERYONE)
    with pytest.raises(judgement.Refused, match="proposed already"):
        answer_again(incident, incident.program, Audience.FEW, StillOpen.NO)
    incident.refresh_from_db()
    assert incident.audience == Audience.EVERYONE


def test_a_dataset_of_another_program_is_no_answer():
    incident, other = make.incident(Sev.SEV3), make.dataset(make.program())
    with pytest.raises(judgement.Refused, match="dataset: must be one of the program's"):
        answer_again(incident, incident.program, dataset=other)
    mine = make.dataset(incident.program)
    answer_again(incident, incident.program, dataset=mine)
    incident.refresh_from_db()
    assert incident.dataset == mine


@pytest.mark.parametrize("is_drill", [True, False])
def test_a_drill_never_comes_to_concern_what_is_real_nor_the_other_way_round(is_drill):
    incident = make.incident(Sev.SEV3, program=None, is_drill=is_drill)
    other = make.program(is_drill=not is_drill)
    with pytest.raises(judgement.Refused, match=f"program: {other.slug} cannot be meant"):
        answer_again(incident, other)
    other.refresh_from_db()
    assert other.state == State.COLLECTING


def test_an_incident_that_is_over_takes_no_new_answers():
    incident = make.incident(Sev.SEV3)
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    with pytest.raises(judgement.Refused, match="reopen it first"):
        answer_again(incident, incident.program)


def test_a_severity_whose_rules_fail_is_not_set(monkeypatch):
    incident = make.incident(Sev.SEV3)
    monkeypatch.setattr(firing, "apply", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make.judged(incident, Sev.SEV1)
    assert Incident.objects.get().sev == 3
    assert Assessment.objects.count() == 1


def test_a_paused_program_still_counts_when_the_program_is_unknown():
    make.incident(Sev.SEV1, program=make.program())
    weighed = weighing.weigh(answers(None, Audience.OUTSIDE))
    assert weighed.sev == Sev.SEV1


def test_a_program_that_never_ran_does_not_count_when_the_program_is_unknown():
    make.program(participants=5, categories=["contact_details"])
    make.draft(categories=["health"])
    mild = weighing.weigh(answers(None, Audience.FEW, StillOpen.NO))
    make.program(categories=["health"])
    worse = weighing.weigh(answers(None, Audience.FEW, StillOpen.NO))
    assert not mild.sev.at_least(worse.sev)
