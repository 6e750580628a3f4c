"""Stop a program whose controls have lapsed, and let it go on once they are valid again."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from audit import outbox
from programs import clearance, lifecycle, pauses, violations
from programs.controlling import Standing
from programs.controlset import ControlSet
from programs.models import Program, State, StopOrder
from programs.models.stopping import PauseQuerySet

ENGINE = Actor.machine("controls")
# As Pause.is_controls knows it: such a hold lets go by itself, and nobody can ask.
_HOLDER = "control:"


@transaction.atomic
def look(program_pk: int) -> None:
    """Pause a program if its controls stop it now, or let it go on. Safe at any time, and twice."""
    program = lifecycle.lock(Program.objects.get(pk=program_pk))
    # What a program may was reckoned when something changed last, perhaps by an older Andon.
    clearance.reckon(program, actor=ENGINE)
    _hold(program, actor=ENGINE)
    _let_go(program, actor=ENGINE)


def after_proof(order_pk: int) -> None:
    """Let go what became valid while its stop was not proven yet."""
    look(StopOrder.objects.values_list("program_id", flat=True).get(pk=order_pk))


def settle(program: Program, *, actor: Actor) -> None:
    """Reckon anew what a locked program may, and end the pauses whose control is valid again."""
    clearance.reckon(program, actor=actor)
    if _held(program).exists():
        # First, so that the end of one pause lets nothing go on past another control.
        _hold(program, actor=actor)
        _let_go(program, actor=actor)


def _held(program: Program) -> PauseQuerySet:
    return program.pauses.in_force().filter(holder__startswith=_HOLDER)


def _let_go(program: Program, *, actor: Actor) -> None:
    held = _held(program).order_by("pk")
    still = {f"{_HOLDER}{each.control.id}" for each in clearance.blocking(program)}
    holders = [hold.holder for hold in held if hold.holder not in still]
    if not holders:
        return
    if violations.in_the_way(program):
        # People could not let it go on either. Much may clear the way: a proof, the word of
        # another system, the end of a collector that went on after the stop.
        clearance.look_again(program)
        return
    for holder in holders:
        pauses.let_go(program, holder=holder, actor=actor)


def _hold(program: Program, *, actor: Actor) -> None:
    # What has not begun is asked when it starts.
    if not program.runs and program.state != State.PAUSED:
        return
    held = set(program.pauses.in_force().values_list("holder", flat=True))
    for each in clearance.lapsed(program):
        holder = f"{_HOLDER}{each.control.id}"
        if holder not in held:
            _pause(program, each, holder=holder, actor=actor)


def _pause(program: Program, standing: Standing, *, holder: str, actor: Actor) -> None:
    id_ = standing.control.id
    hold = pauses.pause(
        program,
        holder=holder,
        label=f"Control {id_}",
        reason=_reason(standing),
        rule=f"{id_} {ControlSet.current().version}",
        actor=actor,
    )
    outbox.publish("program.control_lapsed", program=program.pk, control=id_, pause=hold.pk)


def _reason(standing: Standing) -> str:
    name = standing.control.name
    if standing.ends_at is None:
        return f"{name}: nobody has shown that this is met."
    return f"{name}: what was attested ended {_said(standing.ends_at)}."


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
