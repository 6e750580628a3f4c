"""A full assessment: its level by the rules or by a person, and lowered by two."""

import pytest

from audit.models import Entry
from incidents import assessing, judgement, weighing
from incidents.assessing import Judged
from incidents.models import Audience, SeverityProposal, TimelineEntry
from programs.models import State
from severity.facts import BadFact
from severity.ladder import Sev
from severity.models import Assessment
from severity.questions import UNKNOWN, Said, answers_of
from tests import make
from tests.severity.given import facts

pytestmark = pytest.mark.django_db

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


def said(**changed):
    return Said(answers_of(facts(**SEED)) | changed)


def assess(incident, *, by=None, told=None, **more):
    actor = make.actor(by or make.user())
    found = judgement.assess(incident, told or said(), actor=actor, **more)
    found.refresh_from_db()
    return found


@pytest.fixture
def incident():
    return make.undetermined()


def test_the_answers_make_the_level_and_the_rules_act_on_it():
    person = make.user()
    program = make.program(participants=90)
    mild = make.incident(program=program, audience=Audience.FEW, still_open="no")
    found = assess(mild, by=person)
    assert (mild.sev, found.sev, found.peak_sev) == (3, 2, 2)
    kept = found.assessment
    assert (kept.kind, kept.assessor) == (Assessment.Kind.FULL, person)
    assert (str(kept.score), str(kept.index)) == ("3.25", "3.75")
    assert kept.facts["said"]["answers"]["audience"] == "org_wide"
    program.refresh_from_db()
    assert program.state == State.PAUSED
    text = found.timeline.filter(kind=TimelineEntry.Kind.SEVERITY).latest("pk").text
    assert text == "Severity: SEV 2 (was SEV 3). Full assessment: ENISA score 3.25, index 3.75."


def test_what_is_unknown_counts_as_the_worst_plausible_and_is_named(incident):
    told = Said(dict.fromkeys(answers_of(facts()), UNKNOWN))
    found = assess(incident, told=told)
    assert found.sev is None
    assert found.assessment.undetermined
    assert "audience unknown: counted as anyone" in " ".join(found.assessment.facts["assumed"])
    assert "audience" in found.assessment.facts["unknown"]


def test_a_person_may_set_another_level_with_a_reason(incident):
    with pytest.raises(judgement.Refused, match="reason: say why"):
        assess(incident, judged=Judged(Sev.SEV0, "  "))
    found = assess(incident, judged=Judged(Sev.SEV0, "The press has it."))
    assert (found.sev, found.assessment.reason) == (0, "The press has it.")
    last = found.assessment.trace[-1]
    assert (last["term"], last["input"], last["value"]) == ("override", "SEV 2", "SEV 0")


def test_a_person_may_determine_the_level_that_it_counts_as_with_a_reason(incident):
    told, level = said(audience=UNKNOWN), incident.level
    assert assess(incident, told=told).sev is None
    with pytest.raises(judgement.Refused, match="reason: say why"):
        assess(incident, told=told, judged=Judged(level, ""))
    found = assess(incident, told=told, judged=Judged(level, "The press has it."))
    assert (found.sev, found.assess_by) == (level, None)
    last = found.assessment.trace[-1]
    assert (last["term"], last["why"]) == ("override", "The press has it.")


def test_the_rules_own_level_needs_no_reason(incident):
    assert assess(incident, judged=Judged(Sev.SEV2, "")).sev == 2


def test_a_milder_level_is_proposed_with_all_that_it_rests_on(incident):
    assess(incident)
    first, second = make.user(), make.user()
    mild = said(evidence="none_logs_complete", confidentiality="0", ongoing="no")
    found = assess(incident, by=first, told=mild)
    assert found.sev == 2
    proposal = found.proposals.get()
    assert (proposal.level, proposal.proposed_by) == (3, first)
    with pytest.raises(judgement.Refused, match="second person"):
        judgement.confirm(proposal, actor=make.actor(first))
    found = judgement.confirm(proposal, actor=make.actor(second))
    found.refresh_from_db()
    kept = found.assessment
    assert (found.sev, kept.kind, kept.assessor) == (3, Assessment.Kind.FULL, first)
    assert str(kept.index) == "2.75"
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == (SeverityProposal.State.CONFIRMED, second)


def test_a_worse_level_overtakes_what_was_proposed(incident):
    assess(incident)
    assess(incident, told=said(evidence="none_logs_complete", confidentiality="0", ongoing="no"))
    assess(incident, told=said(audience="public_unauthenticated", confidentiality="0.5"))
    assert incident.proposals.get().state == SeverityProposal.State.WITHDRAWN


@pytest.mark.parametrize("level", Sev)
def test_what_a_page_says_of_a_second_person_is_what_happens(level):
    incident = assess(make.undetermined())
    foreseen = judgement.only_proposes(incident, level)
    assess(incident, judged=Judged(level, "I know."))
    assert incident.proposals.exists() == foreseen


def test_contradictions_leave_nothing_behind(incident):
    before = (Assessment.objects.count(), Entry.objects.count())
    with pytest.raises(BadFact, match="evidence says that outsiders saw"):
        assess(incident, told=said(evidence="confirmed_external"))
    assert (Assessment.objects.count(), Entry.objects.count()) == before


def test_nobody_overwrites_what_they_have_not_seen(incident):
    seen = incident.assessment_id
    assess(incident, after=seen)
    with pytest.raises(judgement.Refused, match="judged it meanwhile"):
        assess(incident, after=seen)


def test_a_machine_does_not_assess_in_full(incident):
    with pytest.raises(judgement.Refused, match="Only a person"):
        judgement.assess(incident, said(), actor=make.SYSTEM)


def test_the_form_begins_with_what_is_stated_and_leaves_the_rest_open():
    incident = make.incident(
        program=make.program(participants=70_000), audience=Audience.EVERYONE, still_open="unknown"
    )
    begun = assessing.said_before(incident)
    assert begun.answers == {
        "dpc": "behavioural+1",
        "audience": "org_wide",
        "confidentiality": "0.25",
        "people": "le_1m",
    }
    assert begun.people_count == 70_000
    told = said(refix=UNKNOWN)
    assess(incident, told=told)
    assert assessing.said_before(incident) == told
    assert weighing.last_full(incident).facts["unknown"] == ["refix"]
