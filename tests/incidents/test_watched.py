"""What the exposure watch finds becomes an incident by itself, one for each drift."""

import pytest

from accounts.functions import Function
from incidents import lifecycle, roles
from incidents.models import Incident, Role, Status, TimelineEntry
from programs.models import State
from programs.watch import declaring, watching
from programs.watch.connectors import postgres
from severity.ladder import Sev
from tests import make
from tests.programs.watch.conftest import dataset, place, source  # noqa: F401 - fixtures
from tests.programs.watch.world import PUBLIC, taken

CLEAN, WIDE = taken(["ana"]), taken(["ana", "zoe"])
OPEN, EMPTY = taken([PUBLIC]), taken([PUBLIC], has_data=False)


@pytest.fixture
def sees(source, engine, monkeypatch):  # noqa: F811 - the fixture of that name
    def look(answer):
        monkeypatch.setattr(postgres, "take", lambda *_: answer)
        watching.look_soon(source, why="test")
        engine.work()
        return Incident.objects.order_by("number").last()

    return look


def story(incident):
    return "\n".join(incident.timeline.values_list("text", flat=True))


def test_a_grant_to_everybody_is_an_incident_that_pauses_the_program(sees, dataset):  # noqa: F811
    incident = sees(OPEN)
    program = dataset.program
    program.refresh_from_db()
    assert (incident.level, incident.sev) == (Sev.SEV2, 2)
    assert program.state == State.PAUSED
    assert program.pauses.get().holder == incident.ref
    assert incident.reporter == program.owner
    assert "SELECT on study.keys → PUBLIC" in incident.detail
    exposure = incident.exposures.get()
    assert (exposure.dataset, exposure.effective_audience) == (dataset, "everyone_inside")
    assert exposure.until is None


def test_the_same_drift_is_one_incident_that_is_told_of_changes(sees):
    incident = sees(WIDE)
    assert incident.level == Sev.SEV2, "as a reporter's word for a few inside would be"
    sees(WIDE)
    sees(taken(["yan", "zoe"]))
    assert Incident.objects.count() == 1
    assert story(incident).count("Who can read it has changed") == 1


def test_what_grows_worse_raises_the_severity(sees):
    incident = sees(EMPTY)
    assert (incident.level, incident.kind) == (Sev.SEV5, "near_miss")
    assert incident.program.state == State.COLLECTING
    sees(taken([PUBLIC], has_data=True))
    incident.refresh_from_db()
    incident.program.refresh_from_db()
    assert incident.level == Sev.SEV2
    assert incident.program.state == State.PAUSED


def test_names_of_who_can_read_stand_in_no_entry_that_leaders_read(sees):
    incident = sees(WIDE)
    sees(taken(["yan", "zoe"]))
    leaders = incident.timeline.filter(audience=TimelineEntry.Audience.LEADERSHIP)
    assert not [entry for entry in leaders if "zoe" in entry.text]


def test_a_fix_ends_the_exposure_and_its_checks_are_told(sees, engine):
    incident = sees(WIDE)
    sees(CLEAN)
    exposure = incident.exposures.get()
    assert exposure.until
    assert exposure.verified_at is None, "only a person verifies"
    engine.forward(seconds=3601)
    assert "Checked an hour after the fix" in story(incident)
    engine.forward(days=8)
    assert "The watch calls it verified." in story(incident)


def test_a_fix_by_declaring_more_is_told_as_such(sees, dataset):  # noqa: F811
    incident = sees(WIDE)
    terms = declaring.Terms(people=["ana", "zoe"])
    declaring.declare(dataset, terms, reason="Zoe.", actor=make.actor(dataset.program.owner))
    sees(WIDE)
    assert "audience version 2 was declared since" in story(incident)


def test_a_fix_that_did_not_hold_makes_the_incident_active_again(sees):
    incident = sees(OPEN)
    commander = make.user(Function.COMMANDER)
    _contain(incident, commander)
    sees(CLEAN)
    sees(OPEN)
    incident.refresh_from_db()
    assert Incident.objects.count() == 1
    assert incident.status == Status.ACTIVE
    assert incident.exposures.get().until is None


def _contain(incident, commander):
    actor = make.actor(commander)
    lifecycle.move(incident, Status.TRIAGING, actor=actor)
    roles.give(incident, Role.COMMANDER, person=commander, actor=actor)
    lifecycle.move(incident, Status.ACTIVE, actor=actor)
    lifecycle.move(incident, Status.CONTAINED, actor=actor, exception="Cut off by hand.")


def test_what_comes_back_after_its_incident_was_dismissed_is_another(sees):
    first = sees(EMPTY)
    lifecycle.move(first, Status.DISMISSED, actor=make.actor(make.user()), reason="A test.")
    sees(CLEAN)
    second = sees(EMPTY)
    assert (second.pk != first.pk, Incident.objects.count()) == (True, 2)


def test_a_drill_program_makes_a_drill(sees, dataset):  # noqa: F811
    type(dataset.program).objects.update(is_drill=True)
    assert sees(OPEN).is_drill


def test_a_source_that_is_pointed_elsewhere_ends_no_exposure_and_the_story_says_so(
    sees,
    source,  # noqa: F811
):
    incident = sees(WIDE)
    other = source.place | {"tables": ["study.none"]}
    terms = watching.Terms("Warehouse", source.kind, other, password="again")
    watching.change(source, terms, actor=make.actor(source.added_by))
    sees(CLEAN)
    sees(CLEAN)
    assert incident.exposures.get().until is None
    assert story(incident).count("pointed elsewhere since this was found") == 1
