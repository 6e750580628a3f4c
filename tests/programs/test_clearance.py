"""What must be valid before a program starts, and until when it may run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from programs import attestation, clearance, lifecycle, pauses, resuming, terms
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.models import Program, State
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]


def approved(**fields):
    officer = make.user(Function.PRIVACY_OFFICER)
    return lifecycle.approve(make.draft(**fields), actor=make.actor(officer))


def start(program):
    return lifecycle.start(program, actor=make.actor(program.owner))


def revoke(program, id_):
    control = attestation.control_of(id_)
    attestation.revoke(program, control, reason="Changed.", actor=make.actor(program.owner))


def ends_at(program):
    return Program.objects.get(pk=program.pk).controls_end_at


def test_nothing_starts_without_its_controls_and_the_refusal_names_each():
    program = approved(trains_models=False)
    with pytest.raises(lifecycle.Refused, match="G01 Purpose and necessity, G02 Lawful") as refused:
        start(program)
    said = str(refused.value)
    assert not [id_ for id_ in ("G14", "G23", "G24") if id_ in said]
    assert Program.objects.get().state == State.APPROVED


def test_one_that_is_missing_is_enough_to_stay():
    program = make.cleared(approved())
    revoke(program, "G26")
    with pytest.raises(lifecycle.Refused, match="not valid: G26 No other use."):
        start(program)


def test_days_of_grace_are_for_what_runs_and_start_nothing():
    program = make.cleared(approved())
    revoke(program, "G26")
    assert ends_at(program) > timezone.now()
    with pytest.raises(lifecycle.Refused, match="G26"):
        start(program)


def test_it_starts_once_all_is_shown():
    assert start(make.cleared(approved())).state == State.COLLECTING


def test_it_may_run_until_the_first_of_them_stops_it():
    program = make.cleared(approved())
    scan = program.attestations.get(control="G11")
    assert ends_at(program) == scan.good_until


def test_what_was_never_shown_lets_nothing_run():
    assert ends_at(approved()) is None


def test_a_control_that_blocks_nothing_shortens_nothing():
    program = make.cleared(approved())
    before = ends_at(program)
    pseudonyms = attestation.control_of("G14")
    attestation.attest(program, pseudonyms, Shown(note="x"), actor=make.actor(program.owner))
    revoke(program, "G14")
    assert ends_at(program) == before


def test_a_control_that_ends_has_its_days_of_grace():
    program = make.cleared(approved())
    scan = attestation.control_of("G11")
    revoke(program, "G26")
    ended = program.attestations.get(control="G26").ended_at
    stops = {each.control.id: each.stops_at for each in clearance.blocking(program)}
    assert stops == {"G26": ended + timedelta(days=14)}
    assert ends_at(program) == program.attestations.get(control=scan.id).good_until


def test_a_program_that_ran_before_there_were_controls_has_until_then_for_what_was_never_shown():
    program, later = approved(), timezone.now() + timedelta(days=14)
    Program.objects.filter(pk=program.pk).update(controls_due_at=later)
    program.refresh_from_db()
    scan = attestation.control_of("G11")
    attestation.attest_by_machine(program, scan, Shown(note="x"), actor=make.SYSTEM)
    # What was shown has its own end, here sooner.
    assert ends_at(program) == program.attestations.get().good_until
    assert clearance.lapsed(program) == []
    attestation.attest_by_machine(program, scan, Shown(), passed=False, actor=make.SYSTEM)
    program.refresh_from_db()
    assert [each.control.id for each in clearance.lapsed(program)] == ["G11"]


def test_what_runs_takes_on_no_control_that_is_not_valid():
    program = make.program(has_processors=False)
    with pytest.raises(terms.Refused, match="controls apply that are not valid: G19 Processors"):
        terms.change(program, has_processors=True, actor=make.actor(program.owner))
    row = attestation.attest(
        program, attestation.control_of("G19"), Shown(note="x"), actor=make.actor(program.owner)
    )
    attestation.approve(row, actor=make.actor(make.user(Function.LEGAL)))
    terms.change(program, has_processors=True, actor=make.actor(program.owner))
    assert Program.objects.get(pk=program.pk).has_processors


def test_nobody_lets_a_program_go_on_without_its_controls():
    program = make.program()
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    wish = make.wish(program)
    revoke(program, "G26")
    with pytest.raises(resuming.Refused, match="not valid: G26"):
        make.agreed(wish, make.user(Function.LEGAL))
    assert not wish.approvals.exists()
    pauses.pull_the_cord(program, reason="", actor=make.actor(make.user()))
    with pytest.raises(resuming.Refused, match="not valid: G26"):
        make.wish(program)


def test_no_further_collectors_go_on_without_the_controls():
    program = make.program()
    for _ in range(3):
        make.collector(program)
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    make.resumed(program)
    assert program.state == State.RESUMING
    revoke(program, "G26")
    with pytest.raises(resuming.Refused, match="not valid: G26"):
        resuming.go_further(program, read=program.open_seats, actor=make.actor(program.owner))


def test_the_set_of_the_tests_has_one_control_and_the_shipped_one_has_26():
    assert len(ControlSet.current().controls) == 26


def attest(program, id_, by, **shown):
    control = attestation.control_of(id_)
    shown = Shown(**({"note": "x"} | shown))
    row = attestation.attest(program, control, shown, actor=make.actor(program.owner))
    before = ends_at(program)
    attestation.approve(row, actor=make.actor(make.user(by)))
    return before


def test_only_the_second_persons_yes_moves_the_end():
    program = make.cleared(approved())
    scan = attestation.control_of("G11")
    # Longer than all others would let it run.
    evidence = Shown(note="x", as_of=timezone.now() + timedelta(minutes=4))
    attestation.attest_by_machine(program, scan, evidence, actor=make.SYSTEM)
    end = ends_at(program)
    old = timezone.now() - timedelta(days=89, hours=12)
    # Of 90 days and no grace, so half a day is left of it.
    assert attest(program, "G10", Function.DATA_STEWARD, as_of=old) == end
    assert ends_at(program) == old + timedelta(days=90)
    assert attest(program, "G10", Function.DATA_STEWARD) == old + timedelta(days=90)
    assert ends_at(program) == end


def test_what_is_turned_down_moves_no_end():
    program = make.cleared(approved())
    before = ends_at(program)
    control = attestation.control_of("G10")
    row = attestation.attest(program, control, Shown(note="x"), actor=make.actor(program.owner))
    attestation.reject(row, reason="No.", actor=make.actor(make.user(Function.DATA_STEWARD)))
    assert ends_at(program) == before


def test_a_control_that_comes_to_apply_or_no_longer_does_moves_the_end():
    program = make.cleared(approved(has_processors=False))
    before, owner = ends_at(program), make.actor(program.owner)
    terms.change(program, has_processors=True, actor=owner)
    assert ends_at(program) is None
    terms.change(program, has_processors=False, actor=owner)
    assert ends_at(program) == before
