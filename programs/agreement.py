"""Who may agree to what another attested. Reads only."""

from collections.abc import Iterable

from accounts.functions import Function
from accounts.models import User
from programs import access, lately
from programs.controlset import Control
from programs.evidence import Refused
from programs.models import Attestation

# As what somebody agrees who holds none of the functions but runs the program.
MANAGER = "manager"


def function_for(person: User, row: Attestation, control: Control) -> str:
    """Return the function as which somebody agrees to an attestation that waits.

    Raises:
        Refused: if they may not; the sentence names who may.
    """
    if person.pk == row.attested_by_id:
        raise Refused("You attested this; a second person must agree.")
    if row.approvals.filter(person=person).exists():
        raise Refused("You have agreed to this already; another person must.")
    if control.each and access.may_run(person, row.program):
        raise Refused("Whoever runs the program cannot agree to this; others must.")
    if control.each and person.pk in lately.left(row.program, put_forward=row.attested_at):
        raise Refused(
            f"Whoever ran the program when this was attested, in the {lately.DAYS} days before or"
            " since, cannot agree to this; others must."
        )
    taken = set(row.approvals.values_list("function", flat=True)) if control.each else set()
    for duty in control.approvers:
        if duty.value not in taken and access.has_duty(person, row.program, duty):
            return duty.value
    if not control.each and access.may_run(person, row.program):
        return MANAGER
    raise Refused(who_may(control, "agree to it", managers=not control.each, but=taken))


def who_may(control: Control, what: str, *, managers: bool, but: Iterable[str] = ()) -> str:
    """Say whose `what` it is, as a sentence; `but` are functions that have agreed already."""
    duties = control.approvers if what != "attest it" else (control.owner,)
    names = [str(Function(duty.value).label) for duty in duties if duty.value not in set(but)]
    also = ", or who runs the program" if managers else ""
    return f"Only who has the function {' or '.join(names)}{also}, may {what}."
