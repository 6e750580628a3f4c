"""Attest every control of a program as an organisation would; for the demo, drills and benches."""

from collections.abc import Collection, Mapping

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from programs import attestation
from programs.controlset import Control, ControlSet, Duty
from programs.evidence import Shown
from programs.models import Program

SCANNER = Actor.machine("scanner")
# What a program of a drill is not, so that fewer controls apply to it.
NOTHING_SPECIAL = {
    "of_workers": False,
    "codetermination": False,
    "ai_in_eu": False,
    "has_processors": False,
    "trains_models": False,
    "jurisdictions": ["FR"],
}
# Two people who together agree to everything, none of them a program's owner.
OFFICER = (Function.PRIVACY_OFFICER, Function.LEGAL, Function.HR)
KEEPER = (Function.SECURITY, Function.DATA_STEWARD, Function.AUDITOR)


def two(officer: User, keeper: User, *, owner: User) -> dict[Duty, Actor]:
    """Return who has each duty, where one person has the functions OFFICER and one KEEPER."""
    by = {Duty.PROGRAM_OWNER: Actor.person(owner, via="command")}
    for person, functions in ((officer, OFFICER), (keeper, KEEPER)):
        actor = Actor.person(person, via="command")
        by |= {Duty(function.value): actor for function in functions}
    return by


def attest_all(
    program: Program,
    *,
    by: Mapping[Duty, Actor],
    shown: Shown,
    older: Mapping[str, Shown] | None = None,
    but: Collection[str] = (),
) -> None:
    """Have each control that applies attested by the owner and agreed to by others.

    Args:
        by: who has each duty.
        older: what is shown instead of `shown` for some controls.
        but: controls that are left out.
    """
    for control in ControlSet.current().applying(program.facts):
        if control.id not in but:
            _attest(program, control, (older or {}).get(control.id, shown), by=by)


def _attest(program: Program, control: Control, shown: Shown, *, by: Mapping[Duty, Actor]) -> None:
    if control.machine:
        attestation.attest_by_machine(program, control, shown, actor=SCANNER)
        return
    row = attestation.attest(program, control, shown, actor=by[Duty.PROGRAM_OWNER])
    for duty in control.approvers[: control.approvals_needed]:
        attestation.approve(row, actor=by[duty])
