"""Who may not decide that a program goes on. Reads only; programs.pauses knows no incidents."""

from django.db.models import Q

from incidents.models import Role, RoleAssignment
from programs.models import Program


def barred(program: Program) -> frozenset[int]:
    """Return who commanded what holds the program, at any time since: nobody judges their own.

    Handing the role over does not make anybody a second opinion.
    """
    found: set[int] = set()
    commanded = RoleAssignment.objects.filter(role=Role.COMMANDER)
    for hold in program.pauses.in_force():
        since = Q(until=None) | Q(until__gte=hold.since)
        # Also of what it was merged into: they answer for it as well.
        held_by = Q(incident__codename=hold.label) | Q(incident__duplicates__codename=hold.label)
        theirs = commanded.filter(since, held_by)
        found |= set(theirs.values_list("person", flat=True))
    return frozenset(found)
