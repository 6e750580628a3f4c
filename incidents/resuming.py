"""Who may not decide that a program goes on. Reads only; programs.pauses knows no incidents."""

from django.db.models import Q

from incidents.models import Role, RoleAssignment
from programs.models import Pause, Program


def barred(program: Program) -> frozenset[int]:
    """Return who commanded what holds the program, at any time since: nobody judges their own.

    Handing the role over does not make anybody a second opinion.
    """
    found: set[int] = set()
    commanded = RoleAssignment.objects.filter(role=Role.COMMANDER)
    for hold in program.pauses.in_force():
        since = Q(until=None) | Q(until__gte=hold.since)
        found |= set(commanded.filter(since & _answers_for(hold)).values_list("person", flat=True))
    return frozenset(found)


def _answers_for(hold: Pause) -> Q:
    """Of the incident that holds it, of what that was merged into, and of all else that was."""
    ways = ("", "__duplicates", "__duplicate_of", "__duplicate_of__duplicates")
    found = Q()
    for way in ways:
        found |= Q(**{f"incident{way}__codename": hold.label})
    return found
