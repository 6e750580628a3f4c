"""Lowering a severity from SEV 0 to 2 takes two people."""

import pytest

from audit.models import Entry
from incidents import judgement, lifecycle, weighing
from incidents.models import Audience, SeverityProposal, Status, StillOpen
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposer(db):
    return make.user()


@pytest.fixture
def proposal(proposer):
    """SEV 4 proposed for a SEV 1."""
    return make.judged(make.incident(Sev.SEV1), Sev.SEV4, by=proposer).proposals.get()


def test_lowering_is_only_proposed(proposal, proposer):
    proposal.incident.refresh_from_db()
    assert proposal.incident.sev == 1
    assert (proposal.level, proposal.proposed_by) == (4, proposer)
    assert proposal.reason == "The logs say so."


def test_a_second_person_makes_it_so(proposal):
    second = make.user()
    judgement.confirm(proposal, actor=make.actor(second))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == (SeverityProposal.State.CONFIRMED, second)
    incident = proposal.incident
    assert (incident.sev, incident.peak_sev, incident.assessment.assessor) == (4, 1, second)


def test_the_one_who_proposes_cannot_confirm(proposal, proposer):
    with pytest.raises(judgement.Refused, match="second person"):
        judgement.confirm(proposal, actor=make.actor(proposer))
    proposal.incident.refresh_from_db()
    assert proposal.incident.sev == 1


def test_a_machine_can_neither_propose_nor_confirm_nor_withdraw(proposal):
    with pytest.raises(judgement.Refused, match="second person"):
        judgement.confirm(proposal, actor=make.SYSTEM)
    with pytest.raises(judgement.Refused, match="Only a person"):
        judgement.withdraw(proposal, actor=make.SYSTEM)
    other = make.incident(Sev.SEV1)
    with pytest.raises(judgement.Refused, match="Only a person"):
        judgement.set_level(other, Sev.SEV4, reason="Quiet now.", actor=make.SYSTEM)


def test_a_proposal_may_be_withdrawn_by_anybody(proposal):
    judgement.withdraw(proposal, actor=make.actor(make.user()))
    proposal.refresh_from_db()
    assert proposal.state == SeverityProposal.State.WITHDRAWN
    make.judged(proposal.incident, Sev.SEV3)
    assert proposal.incident.proposals.count() == 2


@pytest.mark.parametrize("decide", [judgement.confirm, judgement.withdraw])
def test_a_proposal_is_decided_once(proposal, decide):
    judgement.confirm(proposal, actor=make.actor(make.user()))
    with pytest.raises(judgement.Refused, match="confirmed already"):
        decide(proposal, actor=make.actor(make.user()))


def test_there_is_one_open_proposal_at_a_time(proposal):
    with pytest.raises(judgement.Refused, match="proposed already"):
        make.judged(proposal.incident, Sev.SEV3)


def test_raising_does_not_wait_for_an_open_proposal(proposal):
    make.judged(proposal.incident, Sev.SEV0)
    proposal.incident.refresh_from_db()
    assert proposal.incident.sev == 0


def test_a_proposal_does_not_outlive_the_level_it_would_lower():
    incident = make.incident(Sev.SEV2)
    proposal = make.judged(incident, Sev.SEV4).proposals.get()
    raiser = make.user()
    make.judged(incident, Sev.SEV0, by=raiser)
    with pytest.raises(judgement.Refused, match="withdrawn already"):
        judgement.confirm(proposal, actor=make.actor(make.user()))
    incident.refresh_from_db()
    proposal.refresh_from_db()
    assert (incident.sev, proposal.decided_by) == (0, raiser)
    told = incident.timeline.values_list("text", flat=True)
    assert "The proposal of SEV 4 was withdrawn, as what it rests on holds no more." in told
    assert Entry.objects.filter(action="severity.lowering_withdrawn").count() == 1


def test_a_proposal_stays_while_the_level_does(proposal):
    incident = proposal.incident
    unsure = weighing.Answered(incident.program, Audience.UNKNOWN, StillOpen.YES)
    judgement.answer_again(incident, unsure, actor=make.actor(make.user()))
    proposal.refresh_from_db()
    assert proposal.state == SeverityProposal.State.OPEN


def test_what_was_proposed_before_the_fix_failed_cannot_be_confirmed_after_it():
    incident, person = make.active(Sev.SEV1), make.actor(make.user())
    proposal = make.judged(incident, Sev.SEV4).proposals.get()
    lifecycle.move(incident, Status.CONTAINED, exception="Nothing collects.", actor=person)
    lifecycle.move(incident, Status.ACTIVE, reason="It was open again.", actor=person)
    with pytest.raises(judgement.Refused, match="withdrawn already"):
        judgement.confirm(proposal, actor=make.actor(make.user()))
    incident.refresh_from_db()
    assert incident.sev == 1


def test_what_was_proposed_for_one_place_cannot_be_confirmed_for_another(proposal):
    incident, other = proposal.incident, make.program()
    elsewhere = weighing.Answered(other, Audience.FEW, StillOpen.NO)
    judgement.answer_again(incident, elsewhere, actor=make.actor(make.user()))
    with pytest.raises(judgement.Refused, match="withdrawn already"):
        judgement.confirm(proposal, actor=make.actor(make.user()))
    waiting = incident.proposals.get(state=SeverityProposal.State.OPEN)
    assert waiting.reason.startswith("Triage of new answers")


@pytest.mark.parametrize("guarded", [Sev.SEV0, Sev.SEV1, Sev.SEV2])
def test_one_person_cannot_dismiss_what_takes_two_to_lower(guarded):
    incident = make.judged(make.incident(Sev.SEV3), guarded)
    dismiss = {"reason": "Nothing there.", "actor": make.actor(make.user())}
    with pytest.raises(lifecycle.Refused, match="lower its severity first; a second person"):
        lifecycle.move(incident, Status.DISMISSED, **dismiss)
    proposal = make.judged(incident, Sev.SEV5).proposals.get()
    judgement.confirm(proposal, actor=make.actor(make.user()))
    assert lifecycle.move(incident, Status.DISMISSED, **dismiss).is_over


def test_what_nobody_determined_yet_may_be_dismissed_with_a_reason():
    incident = make.undetermined()
    moved = lifecycle.move(incident, Status.DISMISSED, reason="A test.", actor=make.SYSTEM)
    assert moved.is_over


def test_answering_unknown_first_does_not_get_round_the_second_person():
    incident = make.incident(Sev.SEV1)
    alone = make.user()
    unsure = weighing.Answered(incident.program, Audience.UNKNOWN, StillOpen.YES)
    judgement.answer_again(incident, unsure, actor=make.actor(alone))
    make.judged(incident, Sev.SEV5, by=alone)
    incident.refresh_from_db()
    assert incident.counts_as == 1
    assert incident.proposals.get().level == 5


@pytest.mark.parametrize("guarded", [Sev.SEV0, Sev.SEV1, Sev.SEV2])
def test_each_severe_level_is_guarded(guarded):
    incident = make.incident(Sev.SEV3)
    make.judged(incident, guarded)
    make.judged(incident, Sev.SEV3)
    incident.refresh_from_db()
    assert incident.sev == guarded
