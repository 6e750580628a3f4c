"""What the record tells of programs, their pauses and their stops, to be compared with the rows."""

from collections import Counter
from collections.abc import Iterable

from audit import live
from audit.live import Act, Comparison, Said
from programs import breadth, lately, running
from programs.models import (
    Collector,
    CollectorKey,
    Pause,
    Program,
    ProgramKey,
    State,
    StopOrder,
)

_DRAFTED, _PAUSED, _LIFTED = "program.drafted", "program.paused_by", "program.pause_lifted"
_STATES = {_DRAFTED: State.DRAFT.value} | {f"program.{state}": state.value for state in State}
_PROOFS = {
    "program.stop_ordered": StopOrder.Proof.PAUSING.value,
    "program.stop_proven": StopOrder.Proof.PROVEN.value,
    "program.stop_not_proven": StopOrder.Proof.UNPROVEN.value,
}
# Those that name the permission; others let somebody respond, or no more.
_NAMED = frozenset({running.GIVEN, lately.ENDED})


def _program(acts: Iterable[Act]) -> Said:
    now: Said = {}
    for act in acts:
        now[""] = {"state": _STATES[act.action]}
    return now


def _orders(acts: Iterable[Act]) -> Said:
    now: Said = {}
    for act in acts:
        row = now.setdefault(str(act.facts.get("generation")), {})
        row["proof"] = _PROOFS[act.action]
        if "drill" in act.facts:
            row["drill_only"] = act.facts["drill"]
    return now


def _holders(acts: Iterable[Act]) -> Said:
    held: Counter[str] = Counter()
    for act in acts:
        held[str(act.facts.get("holder"))] += 1 if act.action == _PAUSED else -1
    return {holder: {"in_force": count} for holder, count in held.items()}


def _keys(acts: Iterable[Act]) -> Said:
    return {str(act.facts.get("key")): live.named(act, "secret") for act in acts}


def _permissions(acts: Iterable[Act]) -> Said:
    held: dict[str, bool] = {}
    for act in acts:
        name = act.facts.get("permission") if act.action in _NAMED else "respond_program"
        held[f"{act.facts.get('to')} {name}"] = act.action in (running.GIVEN, breadth.ADDED)
    return {key: {} for key, is_held in held.items() if is_held}


_PERMITTED = """
    SELECT o.content_object_id AS subject_id, '{0}:' || o.{1}_id || ' ' || p.codename
      FROM programs_program{1}permission AS o JOIN auth_permission AS p ON p.id = o.permission_id
"""
live.compare(
    Comparison(
        model="programs.Program",
        fields=("state",),
        subject="programs.program",
        acts=frozenset(_STATES),
        rows="SELECT id AS subject_id, '', state FROM programs_program",
        said=_program,
    ),
    Comparison(
        model="programs.StopOrder",
        fields=("proof", "drill_only"),
        subject="programs.program",
        acts=frozenset(_PROOFS),
        rows="SELECT program_id AS subject_id, generation::text, proof, drill_only"
        " FROM programs_stoporder",
        said=_orders,
    ),
    # By holder: of two pauses of one holder the record does not say which was lifted.
    Comparison(
        model="programs.Pause",
        fields=("in_force",),
        subject="programs.program",
        acts=frozenset({_PAUSED, _LIFTED}),
        rows="SELECT program_id AS subject_id, holder, count(*) FILTER (WHERE lifted_at IS NULL)"
        " FROM programs_pause GROUP BY program_id, holder",
        said=_holders,
    ),
)
live.compare(
    # Whoever has one may say that a collector stopped.
    Comparison(
        model="programs.CollectorKey",
        fields=("secret",),
        subject="programs.collector",
        acts=frozenset({"collector.key_issued"}),
        rows=f"SELECT collector_id AS subject_id, key_id, {live.DIGEST.format('secret_hash')}"  # noqa: S608
        " FROM programs_collectorkey",
        said=_keys,
    ),
    Comparison(
        model="programs.ProgramKey",
        fields=("secret",),
        subject="programs.program",
        acts=frozenset({"program.key_issued"}),
        rows=f"SELECT program_id AS subject_id, key_id, {live.DIGEST.format('secret_hash')}"  # noqa: S608
        " FROM programs_programkey",
        said=_keys,
    ),
    # A row here lets somebody change a program, or see its incidents, without being its owner.
    Comparison(
        model="programs.ProgramPermission",
        subject="programs.program",
        acts=frozenset({*_NAMED, breadth.ADDED, breadth.ENDED}),
        rows=" UNION ALL ".join(
            _PERMITTED.format(*each) for each in (("person", "user"), ("team", "group"))
        ),
        said=_permissions,
    ),
)
live.compare_history(Program, StopOrder, Pause, Collector, CollectorKey, ProgramKey)
