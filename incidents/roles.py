"""Who does what in an incident. The only module that writes RoleAssignment."""

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from incidents import grants, timeline
from incidents.models import (
    SHARED_ROLES,
    AccessGrant,
    Incident,
    Role,
    RoleAssignment,
    TimelineEntry,
)

# What a role needs to be able to do; the others contribute.
_LEVELS = {
    Role.COMMANDER: AccessGrant.Level.CLOSE,
    Role.DEPUTY: AccessGrant.Level.MANAGE,
    Role.PRIVACY: AccessGrant.Level.CLOSE,
    Role.EXECUTIVE: AccessGrant.Level.VIEW,
}
# These judge the program; who owns it cannot. Source: GDPR Art. 38(6), no conflict of interests.
_INDEPENDENT = (Role.COMMANDER, Role.PRIVACY)


class Refused(Exception):
    """The role cannot be given so; the message says why."""


def holder(incident: Incident, role: Role) -> User | None:
    """The person who holds a role now."""
    held = incident.roles.filter(role=role, until=None).select_related("person").first()
    return held.person if held else None


@transaction.atomic
def give(incident: Incident, role: Role, *, person: User, actor: Actor) -> RoleAssignment:
    """Put a person into a role; whoever held it before hands over. Lets the person in.

    Raises:
        Refused: if the incident is over, the person is deactivated, or the role
            and the person's other duty exclude each other.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; its roles are closed.")
    if not person.is_active:
        raise Refused(f"{person.name} is deactivated.")
    _refuse_conflicts(incident, role, person)
    current = incident.roles.filter(role=role, until=None)
    if current.filter(person=person).exists():
        return current.get(person=person)
    for before in current.exclude(role__in=SHARED_ROLES):
        _end(before, actor)
    assignment: RoleAssignment = history.create(
        RoleAssignment, actor=actor, incident=incident, role=role, person=person
    )
    grants.admit(
        incident,
        person=person,
        level=_LEVELS.get(role, AccessGrant.Level.CONTRIBUTE),
        reason=f"Holds the role: {role.label}.",
        actor=actor,
    )
    trail.record(
        "role.given",
        assignment,
        actor=actor,
        stream=trail.stream_of(incident),
        role=role.value,
        person=person.pk,
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.ROLE,
        f"{person.name} is {role.label.lower()}.",
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
        role=role.value,
    )
    outbox.publish("incident.role_given", incident=incident.pk, role=role.value, person=person.pk)
    return assignment


def _refuse_conflicts(incident: Incident, role: Role, person: User) -> None:
    program = incident.program
    if role in _INDEPENDENT and program and program.owner_id == person.pk:
        raise Refused(f"{person.name} owns {program.name} and cannot be {role.label.lower()}.")
    for one, other in ((Role.COMMANDER, Role.PRIVACY), (Role.PRIVACY, Role.COMMANDER)):
        if role == one and holder(incident, other) == person:
            raise Refused(
                f"{person.name} is {other.label.lower()}: the two roles watch each other."
            )


@transaction.atomic
def leave(assignment: RoleAssignment, *, actor: Actor) -> None:
    """End a role. Safe to call again.

    Raises:
        Refused: if the incident is over; to be reopened it needs those who had a role in it.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=assignment.incident_id)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; its roles are closed.")
    assignment = RoleAssignment.objects.select_for_update().get(pk=assignment.pk)
    if assignment.until:
        return
    _end(assignment, actor)
    timeline.write(
        incident,
        TimelineEntry.Kind.ROLE,
        f"{assignment.person.name} is no longer {assignment.get_role_display().lower()}.",
        actor=actor,
    )


def _end(assignment: RoleAssignment, actor: Actor) -> None:
    assignment.until = timezone.now()
    history.save(assignment, "until", actor=actor)
    trail.record(
        "role.ended",
        assignment,
        actor=actor,
        stream=trail.stream_of(assignment.incident),
        role=assignment.role,
        person=assignment.person_id,
    )
