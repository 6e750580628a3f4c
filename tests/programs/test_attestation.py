"""One attests, another agrees; what changes, ends it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from programs import access, agreement, attestation, controlling, lifecycle, pauses
from programs.attestation import Refused
from programs.controlling import Stand
from programs.controlset import ControlSet, Event
from programs.evidence import Shown
from programs.models import Attestation
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]

PURPOSE, DPIA, SCAN, START = (ControlSet.current().get(id_) for id_ in ("G01", "G03", "G11", "G25"))
NOTE = Shown(note="Written down and signed.")
MACHINE = Shown(note="0 too many.", sha256="a" * 64)


@pytest.fixture
def program():
    return make.draft()


@pytest.fixture
def officer():
    return make.user(Function.PRIVACY_OFFICER)


def attested(program, control=PURPOSE, shown=NOTE):
    return attestation.attest(program, control, shown, actor=make.actor(program.owner))


def agreed(program, control=PURPOSE, *, by, shown=NOTE):
    return attestation.approve(attested(program, control, shown), actor=make.actor(by))


def stand(program, control=PURPOSE):
    return controlling.standing(program, control).stand


def test_what_nobody_attested_is_missing_and_blocks(program):
    found = controlling.standings(program)
    assert {each.stand for each in found} == {Stand.MISSING}
    assert sum(each.blocks for each in found) == 24


def test_it_counts_once_a_second_person_has_agreed(program, officer):
    row = attested(program)
    assert stand(program) == Stand.SUBMITTED
    row = attestation.approve(row, actor=make.actor(officer))
    found = controlling.standing(program, PURPOSE)
    assert (found.stand, found.valid, found.blocks) == (Stand.APPROVED, True, False)
    assert found.ends_at == row.as_of + timedelta(days=365)


def test_each_step_is_in_the_record_and_told(program, officer):
    agreed(program, by=officer)
    acts = Entry.objects.filter(stream=f"program:{program.pk}").order_by("seq")
    assert [act.action for act in acts][1:] == [
        "program.control_attested",
        "program.control_agreed",
        "program.control_approved",
    ]
    assert OutboxEvent.objects.filter(topic="program.control_approved").count() == 1


def test_nobody_agrees_to_their_own_word(program):
    both = make.user(Function.PRIVACY_OFFICER)
    row = attestation.attest(program, DPIA, NOTE, actor=make.actor(both))
    with pytest.raises(Refused, match="a second person must agree"):
        attestation.approve(row, actor=make.actor(both))


@pytest.mark.parametrize("function", [Function.LEGAL, Function.SECURITY, Function.OPERATOR])
def test_whoever_lacks_the_function_does_not_agree(program, function):
    with pytest.raises(Refused, match="Only who has the function Privacy officer"):
        agreed(program, by=make.user(function))


def test_whoever_runs_the_program_may_agree_to_anothers_word(program):
    row = attestation.attest(
        program, DPIA, NOTE, actor=make.actor(make.user(Function.PRIVACY_OFFICER))
    )
    row = attestation.approve(row, actor=make.actor(program.owner))
    assert row.approvals.get().function == agreement.MANAGER


def test_the_owner_of_another_program_has_no_say_in_this_one(program):
    other = make.user(Function.PROGRAM_OWNER)
    assert not access.may_attest(other, program, PURPOSE)
    with pytest.raises(Refused, match="may attest it"):
        attestation.attest(program, PURPOSE, NOTE, actor=make.actor(other))


def test_neither_a_machine_nor_somebody_shut_out_attests_or_agrees(program, officer):
    gone = make.user(Function.PRIVACY_OFFICER, is_active=False)
    for actor in (make.SYSTEM, make.actor(gone)):
        with pytest.raises(Refused):
            attestation.attest(program, DPIA, NOTE, actor=actor)
    row = attested(program)
    for actor in (make.SYSTEM, make.actor(gone)):
        with pytest.raises(Refused):
            attestation.approve(row, actor=actor)


def test_the_start_takes_a_privacy_and_a_security_officer(program, officer):
    row = attested(program, START)
    attestation.approve(row, actor=make.actor(officer))
    assert stand(program, START) == Stand.SUBMITTED
    with pytest.raises(Refused, match="have agreed to this already"):
        attestation.approve(row, actor=make.actor(officer))
    with pytest.raises(Refused, match="function Security officer, may agree"):
        attestation.approve(row, actor=make.actor(make.user(Function.PRIVACY_OFFICER)))
    attestation.approve(row, actor=make.actor(make.user(Function.SECURITY)))
    assert stand(program, START) == Stand.APPROVED


def test_the_owner_never_agrees_to_the_start_whatever_their_functions():
    owner = make.user(Function.PROGRAM_OWNER, Function.SECURITY, Function.PRIVACY_OFFICER)
    program = make.draft(owner=owner)
    helper = make.user()
    access.let_run(helper, program)
    row = attestation.attest(program, START, NOTE, actor=make.actor(helper))
    with pytest.raises(Refused, match="Whoever runs the program cannot agree"):
        attestation.approve(row, actor=make.actor(owner))
    assert not access.may_decide(owner, program, START)


def test_one_waits_at_a_time_and_a_rejected_one_makes_room(program, officer):
    row = attested(program)
    with pytest.raises(Refused, match="waits for approval already"):
        attested(program)
    with pytest.raises(Refused, match="reason: say why"):
        attestation.reject(row, reason=" ", actor=make.actor(officer))
    attestation.reject(row, reason="No signature.", actor=make.actor(officer))
    assert stand(program) == Stand.REJECTED
    with pytest.raises(Refused, match="is rejected already"):
        attestation.approve(row, actor=make.actor(officer))
    agreed(program, by=officer)
    assert stand(program) == Stand.APPROVED


def test_an_author_takes_back_what_waits_and_strangers_do_not(program):
    row = attested(program)
    with pytest.raises(Refused, match="may decide on it"):
        attestation.reject(row, reason="x", actor=make.actor(make.user(Function.LEGAL)))
    attestation.reject(row, reason="Wrong file.", actor=make.actor(program.owner))


def test_a_renewal_that_waits_or_is_turned_down_takes_nothing_away(program, officer):
    agreed(program, by=officer)
    row = attested(program)
    assert stand(program) == Stand.APPROVED
    attestation.reject(row, reason="Old.", actor=make.actor(officer))
    assert stand(program) == Stand.APPROVED


def test_the_newest_that_was_approved_decides(program, officer):
    first = agreed(program, by=officer)
    second = agreed(program, by=officer, shown=Shown(note="x", as_of=days_ago(360)))
    first.refresh_from_db()
    assert first.ended_why == "a newer one took its place"
    assert controlling.standing(program, PURPOSE).ends_at == second.good_until


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def test_it_expires(program, officer, time_machine):
    agreed(program, by=officer)
    time_machine.move_to(timezone.now() + timedelta(days=365, seconds=1))
    found = controlling.standing(program, PURPOSE)
    assert (found.stand, found.blocks, found.in_grace) == (Stand.EXPIRED, True, True)
    time_machine.move_to(timezone.now() + timedelta(days=14))
    assert not controlling.standing(program, PURPOSE).in_grace


def test_what_it_rests_on_ends_it_and_what_waits(program, officer):
    agreed(program, DPIA, by=make.user(Function.LEGAL))
    agreed(program, by=officer)
    waiting = attested(program, START)
    events = [Event.INCIDENT_SEV_0_2]
    ended = attestation.end_for(program, events, why="SEV 1", actor=make.SYSTEM)
    assert [control.id for control in ended] == ["G03", "G25"]
    assert [stand(program, c) for c in (PURPOSE, DPIA, START)] == ["approved", "expired", "missing"]
    with pytest.raises(Refused, match="overtaken: SEV 1"):
        attestation.approve(waiting, actor=make.actor(officer))


def test_a_person_says_what_no_machine_notices(program, officer):
    with pytest.raises(Refused, match="nothing to end"):
        attestation.revoke(program, PURPOSE, reason="x", actor=make.actor(officer))
    agreed(program, by=officer)
    with pytest.raises(Refused, match="may end it"):
        attestation.revoke(program, PURPOSE, reason="x", actor=make.actor(make.user()))
    attestation.revoke(program, PURPOSE, reason="The notice changed.", actor=make.actor(officer))
    assert stand(program) == Stand.EXPIRED


def test_a_machines_word_counts_at_once_and_its_no_as_well(program):
    row = attestation.attest_by_machine(program, SCAN, MACHINE, actor=make.SYSTEM)
    assert (row.attested_as, row.attested_by) == ("test", None)
    assert stand(program, SCAN) == Stand.APPROVED
    attestation.attest_by_machine(program, SCAN, MACHINE, passed=False, actor=make.SYSTEM)
    assert stand(program, SCAN) == Stand.EXPIRED


def test_no_machine_attests_what_people_must(program):
    with pytest.raises(Refused, match="G01 is attested by a person"):
        attestation.attest_by_machine(program, PURPOSE, MACHINE, actor=make.SYSTEM)


def test_a_file_is_kept_under_a_name_of_ours_for_nobody_else_to_read(program):
    row = attested(program, shown=Shown(file=ContentFile(b"%PDF-1.7", "DPIA v3.pdf")))
    assert (row.file_name, row.file_size, len(row.sha256)) == ("DPIA v3.pdf", 8, 64)
    assert "DPIA" not in row.file.name
    assert Path(row.file.path).stat().st_mode & 0o777 == 0o600


def test_nothing_is_attested_for_a_program_that_has_ended(program):
    lifecycle.approve(program, actor=make.actor(make.user(Function.PRIVACY_OFFICER)))
    pauses.retire(program, reason="over", actor=make.SYSTEM)
    with pytest.raises(Refused, match="has ended"):
        attested(program)
    assert not Attestation.objects.exists()
