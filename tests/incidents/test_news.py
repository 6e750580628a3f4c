"""What happens to a program is told in the incidents that paused it, and in no other."""

import pytest
from django.utils import timezone

from incidents import news
from incidents.models import TimelineEntry
from programs import confirmations, pauses, stops
from programs.models import StopOrder, StopProof
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

PROOF = TimelineEntry.Kind.PROOF


@pytest.fixture
def program():
    """A program with one collector that runs."""
    made = make.program()
    make.lease(make.collector(made))
    return made


def test_a_proof_is_told_with_how_each_collector_stopped(program, engine):
    incident = make.incident(Sev.SEV2, program=program)
    engine.work()
    assert not incident.timeline.filter(kind=PROOF).exists()
    engine.forward(seconds=program.bound_seconds + 1)
    line = incident.timeline.get(kind=PROOF)
    assert "all 1 collectors stopped, 0 acknowledged, 1 by the end of their lease" in line.text
    assert line.data == {"acknowledged": 0, "expired": 1, "violation": 0}


def test_an_acknowledged_stop_is_told_as_acknowledged(program, engine):
    incident = make.incident(Sev.SEV2, program=program)
    order = program.stop_orders.get()
    word = stops.Acknowledgement(
        collector_id=program.collectors.get().pk,
        program_id=program.pk,
        generation=order.generation,
        stopped_at=timezone.now(),
        buffer="kept",
        counter=7,
    )
    stops.acknowledge([word])
    engine.work()
    assert "1 acknowledged" in incident.timeline.get(kind=PROOF).text


def test_a_system_that_has_not_confirmed_is_told_of_and_so_is_its_word(program, engine):
    make.hook(program)
    incident = make.incident(Sev.SEV2, program=program)
    engine.work()
    engine.forward(seconds=program.bound_seconds + 1)
    missing = incident.timeline.get(kind=PROOF)
    assert "not proven, 1 of the systems that were told have not confirmed." in missing.text
    call = program.stop_orders.get().calls.get()
    confirmations.confirm(call, confirmations.Word("frozen"), actor=make.SYSTEM)
    engine.work()
    proven = incident.timeline.filter(kind=PROOF).latest("pk")
    assert proven.text.endswith("by the end of their lease; all 1 systems confirmed.")
    assert (proven.data["systems"], proven.data["unconfirmed"]) == (1, 0)


def test_a_stop_that_is_violated_is_told_as_not_proven(program, engine):
    incident = make.incident(Sev.SEV2, program=program)
    StopProof.objects.update(state=StopProof.State.VIOLATION)
    engine.work()
    engine.forward(seconds=program.bound_seconds + 1)
    line = incident.timeline.get(kind=PROOF)
    assert "not proven, 1 of 1 collectors violate it" in line.text


def test_an_incident_that_does_not_hold_the_program_is_told_nothing(program, engine):
    mine, other = make.incident(Sev.SEV2, program=program), make.incident(Sev.SEV2)
    engine.work()
    engine.forward(seconds=program.bound_seconds + 1)
    assert mine.timeline.filter(kind=PROOF).exists()
    told = other.timeline.filter(kind=PROOF, text__contains=program.name)
    assert not told.exists()


def test_a_cord_pulled_by_hand_is_told_to_no_incident(program, engine):
    incident = make.incident(Sev.SEV3)
    pauses.pull_the_cord(program, reason="Strange.", actor=make.actor(make.user()))
    news.stop_settled(StopOrder.objects.get().pk, proven=True)
    assert not incident.timeline.filter(kind=PROOF).exists()


def test_a_lifted_pause_is_told(program, engine):
    incident = make.incident(Sev.SEV2, program=program)
    engine.work()
    engine.forward(seconds=program.bound_seconds + 1)
    make.resumed(program)
    engine.work()
    line = incident.timeline.filter(kind=TimelineEntry.Kind.PAUSE).first()
    assert "the pause was lifted by two people" in line.text
