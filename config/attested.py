"""Attest every control of a program as an organisation would; for the demo and for drills."""

from collections.abc import Collection, Mapping

from accounts.actors import Actor
from programs import attestation
from programs.controlset import Control, ControlSet, Duty
from programs.evidence import Shown
from programs.models import Program

SCANNER = Actor.machine("scanner")


def attest_all(
    program: Program,
    *,
    by: Mapping[Duty, Actor],
    shown: Shown,
    older: Mapping[str, Shown],
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
            _attest(program, control, older.get(control.id, shown), by=by)


def _attest(program: Program, control: Control, shown: Shown, *, by: Mapping[Duty, Actor]) -> None:
    if control.machine:
        attestation.attest_by_machine(program, control, shown, actor=SCANNER)
        return
    row = attestation.attest(program, control, shown, actor=by[Duty.PROGRAM_OWNER])
    for duty in control.approvers[: control.approvals_needed]:
        attestation.approve(row, actor=by[duty])
