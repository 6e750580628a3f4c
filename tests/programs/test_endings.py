"""An incident and a new dataset end what was attested for how it was before."""

import pytest

from accounts.functions import Function
from programs import attestation, controlling, terms
from programs.evidence import Shown
from severity.ladder import Sev
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


def approved(program, id_, by):
    control = attestation.control_of(id_)
    owner = make.actor(program.owner)
    row = attestation.attest(program, control, Shown(note="x"), actor=owner)
    return attestation.approve(row, actor=make.actor(make.user(by)))


def test_an_incident_of_sev_2_ends_the_assessment_and_the_authorisation(engine):
    program = make.program()
    assert valid(program) == ["G03", "G25"]
    make.incident(Sev.SEV2, program=program)
    engine.work()
    assert valid(program) == []
    assert program.attestations.get(control="G03").ended_why == "an incident put it in doubt"


def valid(program):
    found = controlling.standings(program)
    return [each.control.id for each in found if each.control.id in ("G03", "G25") and each.valid]


def test_what_was_attested_since_the_report_is_not_ended_by_its_next_level(engine):
    program = make.program()
    incident = make.incident(Sev.SEV2, program=program)
    engine.work()
    approved(program, "G03", Function.LEGAL)
    make.judged(incident, Sev.SEV1)
    engine.work()
    assert valid(program) == ["G03"]


@pytest.mark.parametrize("how", ["milder", "undetermined", "drill"])
def test_a_milder_incident_one_of_unknown_level_and_a_drill_end_nothing(how, engine):
    few = 50 if how == "milder" else 70_000
    program = make.program(is_drill=how == "drill", participants=few)
    if how == "undetermined":
        made = make.undetermined(program=program)
    else:
        level = Sev.SEV3 if how == "milder" else Sev.SEV2
        made = make.incident(level, program=program, is_drill=how == "drill")
    assert made.sev == {"milder": 3, "undetermined": None, "drill": 2}[how]
    engine.work()
    assert valid(program) == ["G03", "G25"]


def test_a_dataset_that_is_added_ends_the_declared_audience_at_once(engine):
    program = make.program()
    fields = {"slug": "lake", "name": "Lake", "store": "s3://lake"}
    dataset, ended = terms.add_dataset(program, **fields, actor=make.actor(program.owner))
    assert (dataset.program, [control.id for control in ended]) == (program, ["G10"])
    engine.work()
    assert [hold.holder for hold in program.pauses.in_force()] == ["control:G10"]
    with pytest.raises(terms.Refused, match="slug: .* has a dataset 'lake' already"):
        terms.add_dataset(program, **fields, actor=make.SYSTEM)
    odd = fields | {"slug": "two", "store": ""}
    with pytest.raises(terms.Refused, match="store: "):
        terms.add_dataset(program, **odd, actor=make.SYSTEM)
