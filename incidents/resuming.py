"""Who may not decide that a program goes on. Reads only; programs.pauses knows no incidents."""

from incidents.models import Role, RoleAssignment
from programs.models import Program


def barred(program: Program) -> frozenset[int]:
    """Return the commanders of what holds the program: nobody judges their own response."""
    codenames = program.pauses.in_force().values("label")
    commanders = RoleAssignment.objects.filter(
        role=Role.COMMANDER, until=None, incident__codename__in=codenames
    )
    return frozenset(commanders.values_list("person", flat=True))
