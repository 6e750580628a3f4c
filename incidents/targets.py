"""Which programs a demand is aimed at. Reads only; firing does what it demands."""

from collections.abc import Iterator

from django.db.models import QuerySet

from incidents.models import Drill, Incident, RuleFiring
from programs.models import RUNNING, Dataset, Program, State
from severity.thresholds import Demand
from severity.vocabulary import Action, Scope

Target = tuple[Program | None, Dataset | None]
_NOTHING: Target = (None, None)


def of(incident: Incident, demand: Demand) -> Iterator[Target]:
    """What a demand is aimed at.

    For a pause the programs or the dataset, else the incident alone.
    """
    program = incident.program
    if demand.action is not Action.PAUSE or demand.scope is Scope.PROGRAMS_CONCERNED:
        # Of the incident alone.
        yield _NOTHING
    elif program is None:
        # Nobody knows which yet. The rule for what stays undetermined stops them all in time.
        return
    elif _is_over(incident):
        # Whoever raises the level of a drill that is over stops nothing.
        return
    elif demand.scope is Scope.DATASET_OR_COLLECTORS:
        yield program, incident.dataset
    else:
        found = _found(incident, program, demand.scope or Scope.PROGRAM)
        # In the order of their keys, as everybody locks them, so that two incidents cannot block
        # each other.
        for pk in sorted(found):
            # The incident's own is held even if it has ended: it must not seem to be left out.
            if found[pk].state != State.RETIRED or pk == program.pk:
                yield found[pk], None


def _is_over(incident: Incident) -> bool:
    drills = Drill.objects.filter(incident=incident.pk)
    return bool(incident.drill_scope) and drills.exclude(state=Drill.State.RUNNING).exists()


def _found(incident: Incident, program: Program, scope: Scope) -> dict[int, Program]:
    found = {program.pk: program}
    if incident.drill_scope:
        # A planned drill stops what it was planned for, and nothing that learned from it.
        return {} if scope is Scope.DERIVED else found
    if scope in (Scope.PROGRAM_AND_DERIVED, Scope.ALL_PROGRAMS_ON_THE_STORE, Scope.DERIVED):
        _add_derived(program, found)
    if scope is Scope.DERIVED:
        del found[program.pk]
    if scope is Scope.ALL_PROGRAMS_ON_THE_STORE:
        for neighbour in _on_the_same_store(incident):
            _add_derived(neighbour, found)
    return found


def _add_derived(program: Program, found: dict[int, Program]) -> None:
    # Through one that has ended as well: what learned from it goes on with what it learned. Never
    # from a drill into what is real, nor back.
    found[program.pk] = program
    for derived in program.derived_programs.filter(is_drill=program.is_drill):
        if derived.pk not in found:
            _add_derived(derived, found)


def _on_the_same_store(incident: Incident) -> QuerySet[Program]:
    if incident.dataset:
        stores = [incident.dataset.store]
    else:
        stores = [dataset.store for dataset in Dataset.objects.filter(program=incident.program)]
    alike = Program.objects.filter(is_drill=incident.is_drill)
    return alike.filter(datasets__store__in=stores).distinct()


def now(incident: Incident, firing: RuleFiring) -> Iterator[Target]:
    """What a rule that waited is aimed at, now that it acts."""
    if _is_over(incident):
        return
    if firing.scope != Scope.PROGRAMS_CONCERNED:
        yield firing.program, firing.dataset
    elif incident.program:
        yield incident.program, None
    else:
        running = Program.objects.filter(state__in=RUNNING, is_drill=incident.is_drill)
        for program in running.order_by("pk"):
            yield program, None
