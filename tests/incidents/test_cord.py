"""Pull the cord for an incident."""

import pytest

from accounts.functions import Function
from incidents import cord, drills, lifecycle
from incidents.models import DrillScope, Status, TimelineEntry
from programs import lifecycle as lifecycle_of_programs
from programs import pauses
from programs.models import State
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


def pull(incident, reason="It goes on."):
    by = make.user(first_name="Ada", last_name="Obi")
    return cord.pull(incident, reason=reason, actor=make.actor(by))


def test_a_responder_stops_the_program_of_a_mild_incident():
    incident = make.incident(Sev.SEV3)
    hold = pull(incident)
    incident.program.refresh_from_db()
    assert incident.program.state == State.PAUSED
    assert (hold.holder, hold.label) == (incident.ref, incident.codename)
    line = incident.timeline.get(kind=TimelineEntry.Kind.PAUSE)
    assert line.text.endswith("Ada Obi pulled the cord. It goes on.")


def test_the_reason_stays_in_the_incident():
    assert "payroll" not in pull(make.incident(Sev.SEV3), reason="The payroll export.").reason


def test_pulling_again_keeps_the_pause_and_the_story_as_they_are():
    incident = make.incident(Sev.SEV3)
    first = pull(incident)
    lines = incident.timeline.count()
    assert pull(incident) == first
    assert incident.timeline.count() == lines


def test_there_is_nothing_to_pull_while_nobody_knows_the_program():
    with pytest.raises(cord.Refused, match="which program it is"):
        pull(make.incident(Sev.SEV2, program=None))


def test_an_incident_that_is_over_stops_nothing():
    incident = make.incident(Sev.SEV3)
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    with pytest.raises(cord.Refused, match="reopen it first"):
        pull(incident)
    assert not incident.program.pauses.exists()


def story(incident):
    return incident.timeline.get(kind=TimelineEntry.Kind.PAUSE).text


def test_a_cord_at_a_draft_keeps_it_from_starting_and_claims_no_more():
    draft = make.draft(participants=50)
    incident = make.incident(Sev.SEV3, program=draft, pull_cord=True)
    assert story(incident).startswith(f"{draft.name} does not collect yet; it is held from")
    draft = lifecycle_of_programs.approve(
        draft, actor=make.actor(make.user(Function.PRIVACY_OFFICER))
    )
    with pytest.raises(lifecycle_of_programs.Refused, match=f"held by {incident.codename}"):
        lifecycle_of_programs.start(draft, actor=make.actor(draft.owner))


def test_a_cord_at_a_program_that_has_ended_claims_no_pause():
    program = make.program(participants=50)
    pauses.retire(program, reason="Done.", actor=make.SYSTEM)
    incident = make.incident(Sev.SEV3, program=program)
    pull(incident)
    assert story(incident).startswith(f"{program.name} has ended and does not collect")


def test_who_pulls_at_a_drill_is_told_how_to_stop_it_in_earnest(engine):
    program = make.program()
    make.lease(make.collector(program, is_drill=True))
    drill = drills.plan(program, DrillScope.COLLECTORS, actor=make.actor(program.owner))
    engine.work()
    drill.refresh_from_db()
    with pytest.raises(cord.Refused, match="use Pause now on its page"):
        pull(drill.incident)
    assert not program.pauses.exclude(is_drill=True).exists()
