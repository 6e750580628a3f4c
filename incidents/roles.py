"""Who does what in an incident. The only module that writes RoleAssignment."""

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from incidents import access, duties, grants, timeline
from incidents.models import (
    SHARED_ROLES,
    AccessGrant,
    Incident,
    Role,
    RoleAssignment,
    TimelineEntry,
)
from programs import access as program_access

# What a role needs to be able to do; the others contribute.
_LEVELS = {
    Role.COMMANDER: AccessGrant.Level.CLOSE,
    Role.DEPUTY: AccessGrant.Level.MANAGE,
    Role.PRIVACY: AccessGrant.Level.CLOSE,
    Role.EXECUTIVE: AccessGrant.Level.VIEW,
}
# With the function a role may be had from anybody who manages the incident; the privacy lead must
# have it. Source: GDPR Art. 37(5), designated for expert knowledge.
_FUNCTIONS = {
    Role.COMMANDER: Function.COMMANDER,
    Role.PRIVACY: Function.PRIVACY_OFFICER,
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
        Refused: if the incident is over, the person is deactivated or lacks the
            function, the role and the person's other duty exclude each other, enough people
            hold it, or the role lets in to more than the person who gives it may.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.is_over:
        raise Refused(f"role: {incident.ref} is {incident.status}; its roles are closed.")
    _refuse_unfit(incident, role, person, actor)
    _refuse_conflicts(incident, role, person)
    current = incident.roles.filter(role=role, until=None)
    if current.filter(person=person).exists():
        return current.get(person=person)
    _refuse_too_many(role, current.count())
    for before in current.exclude(role__in=SHARED_ROLES):
        _end(before, actor)
    assignment: RoleAssignment = history.create(
        RoleAssignment, actor=actor, incident=incident, role=role, person=person
    )
    grants.admit_to_role(
        incident,
        person=person,
        level=_level(role),
        reason=f"Holds the role: {role.label}.",
        actor=actor,
    )
    _tell_given(assignment, actor)
    return assignment


def _tell_given(assignment: RoleAssignment, actor: Actor) -> None:
    incident, person, role = assignment.incident, assignment.person, Role(assignment.role)
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


def _level(role: Role) -> AccessGrant.Level:
    return _LEVELS.get(role, AccessGrant.Level.CONTRIBUTE)


def _refuse_unfit(incident: Incident, role: Role, person: User, actor: Actor) -> None:
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated.")
    needed = _FUNCTIONS.get(role)
    fits = needed is not None and person.is_any(needed)
    if role == Role.PRIVACY and not fits:
        raise Refused(f"person: {role.label} is for a privacy officer, and {person.name} is none.")
    # Whoever has the function may take the role from anybody who manages: command is handed on
    # at night by a deputy who may not close.
    level = AccessGrant.Level.MANAGE if fits else _level(role)
    if actor.user and not access.may(actor.user, level, incident):
        who = f", to anybody but one with the function {needed.label.lower()}" if needed else ""
        raise Refused(f"role: {role.label} is given by who may {level.label.lower()} here{who}.")


def _refuse_conflicts(incident: Incident, role: Role, person: User) -> None:
    program = incident.program
    if role in _INDEPENDENT and program and program_access.may_run(person, program):
        raise Refused(
            f"person: {person.name} runs {program.name} and cannot be {role.label.lower()}."
        )
    for one, other in ((Role.COMMANDER, Role.PRIVACY), (Role.PRIVACY, Role.COMMANDER)):
        if role == one and holder(incident, other) == person:
            raise Refused(
                f"person: {person.name} is {other.label.lower()}: the two roles watch each other."
            )


def _refuse_too_many(role: Role, held: int) -> None:
    most = duties.MOST.get(role)
    if most is not None and held >= most:
        raise Refused(
            f"role: {most} people at most are {role.label.lower()}; one of them leaves first."
        )


@transaction.atomic
def leave(assignment: RoleAssignment, *, actor: Actor) -> None:
    """End a role. Safe to call again.

    Raises:
        Refused: if the incident is over; to be reopened it needs those who had a role in it.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=assignment.incident_id)
    if incident.is_over:
        raise Refused(f"role: {incident.ref} is {incident.status}; its roles are closed.")
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
