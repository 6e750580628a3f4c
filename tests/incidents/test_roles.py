"""Who does what in an incident, and who may not."""

import pytest
from django.db import IntegrityError, transaction

from accounts.functions import Function
from audit import history
from audit.models import OutboxEvent
from incidents import access, grants, lifecycle, roles
from incidents.models import AccessGrant, Role, RoleAssignment, Status
from programs import access as program_access
from tests import make

pytestmark = pytest.mark.django_db

Level = AccessGrant.Level


def give(incident, role, person, *, by=None):
    actor = make.actor(by) if by else make.SYSTEM
    return roles.give(incident, role, person=person, actor=actor)


def fit(role):
    """Somebody who may have the role."""
    return make.user(*[Function.PRIVACY_OFFICER] if role == Role.PRIVACY else [])


@pytest.mark.parametrize(
    ("role", "level"),
    [
        (Role.COMMANDER, Level.CLOSE),
        (Role.DEPUTY, Level.MANAGE),
        (Role.SCRIBE, Level.CONTRIBUTE),
        (Role.COMMS, Level.CONTRIBUTE),
        (Role.PRIVACY, Level.CLOSE),
        (Role.LEGAL, Level.CONTRIBUTE),
        (Role.EXECUTIVE, Level.VIEW),
        (Role.EXPERT, Level.CONTRIBUTE),
        (Role.CUSTODIAN, Level.CONTRIBUTE),
    ],
)
def test_a_role_lets_its_holder_in_as_far_as_the_role_needs(role, level):
    incident, person = make.incident(), fit(role)
    give(incident, role, person)
    assert max(access.may_which(person, incident), key=list(Level).index) == level
    assert roles.holder(incident, role) == person


def test_a_role_that_is_given_to_another_is_handed_over():
    incident, first, second = make.incident(), make.user(), make.user()
    before = give(incident, Role.COMMANDER, first)
    give(incident, Role.COMMANDER, second)
    before.refresh_from_db()
    assert before.until
    assert roles.holder(incident, Role.COMMANDER) == second
    assert incident.roles.filter(until=None).count() == 1


def test_a_role_has_one_holder_even_for_whoever_writes_past_the_domain():
    incident = make.incident()
    give(incident, Role.COMMANDER, make.user())
    with pytest.raises(IntegrityError, match="one_holder_per_role"), transaction.atomic():
        history.create(
            RoleAssignment,
            actor=make.SYSTEM,
            incident=incident,
            role=Role.COMMANDER,
            person=make.user(),
        )


@pytest.mark.parametrize("shared", [Role.EXPERT, Role.CUSTODIAN])
def test_several_people_may_be_expert_or_custodian(shared):
    incident = make.incident()
    for person in (make.user(), make.user()):
        give(incident, shared, person)
    assert incident.roles.filter(role=shared, until=None).count() == 2


def test_giving_somebody_the_role_that_is_theirs_changes_nothing():
    incident, person = make.incident(), make.user()
    first = give(incident, Role.SCRIBE, person)
    assert give(incident, Role.SCRIBE, person) == first
    assert OutboxEvent.objects.filter(topic="incident.role_given").count() == 1


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.PRIVACY])
def test_the_owner_of_the_program_does_not_judge_it(role):
    owner = make.user(Function.PROGRAM_OWNER, Function.PRIVACY_OFFICER)
    incident = make.incident(program=make.program(owner=owner))
    with pytest.raises(roles.Refused, match=f"runs {incident.program.name} and cannot be"):
        give(incident, role, owner)
    assert give(incident, Role.EXPERT, owner)
    assert give(incident, role, fit(role))


def test_who_runs_the_program_beside_its_owner_does_not_judge_it_either():
    incident, helper = make.incident(program=make.program()), make.user(Function.COMMANDER)
    program_access.let_run(helper, incident.program)
    with pytest.raises(roles.Refused, match="runs .* and cannot be"):
        give(incident, Role.COMMANDER, helper)


@pytest.mark.parametrize(
    ("one", "other"), [(Role.COMMANDER, Role.PRIVACY), (Role.PRIVACY, Role.COMMANDER)]
)
def test_command_and_privacy_lie_in_different_hands(one, other):
    incident, person = make.incident(), fit(Role.PRIVACY)
    give(incident, one, person)
    with pytest.raises(roles.Refused, match="the two roles watch each other"):
        give(incident, other, person)
    give(incident, one, fit(one))
    assert give(incident, other, person)


def test_the_privacy_role_is_for_a_privacy_officer():
    incident, person = make.incident(), make.user(Function.COMMANDER)
    for by in (None, make.user(Function.PRIVACY_OFFICER)):
        with pytest.raises(roles.Refused, match="person: Privacy lead is for a privacy officer"):
            give(incident, Role.PRIVACY, person, by=by)
    assert roles.holder(incident, Role.PRIVACY) is None
    assert Level.CLOSE not in access.may_which(person, incident)


def managing(incident, *functions):
    """Somebody who may manage the incident and not close it."""
    person = make.user(*functions)
    reason = {"reason": "Runs it tonight.", "actor": make.SYSTEM}
    grants.admit(incident, person=person, level=Level.MANAGE, **reason)
    return person


def test_who_manages_hands_command_to_another_commander():
    incident = make.incident()
    commander = make.user(Function.COMMANDER)
    give(incident, Role.COMMANDER, commander, by=managing(incident))
    assert roles.holder(incident, Role.COMMANDER) == commander


def test_who_manages_makes_nobody_else_a_commander_and_not_themselves():
    incident = make.incident()
    manager = managing(incident)
    for person in (manager, make.user(Function.RESPONDER)):
        with pytest.raises(roles.Refused, match="role: Incident commander is given by who may"):
            give(incident, Role.COMMANDER, person, by=manager)
    assert roles.holder(incident, Role.COMMANDER) is None
    assert Level.CLOSE not in access.may_which(manager, incident)


def test_who_may_close_makes_anybody_a_commander():
    incident, person = make.incident(), make.user(Function.RESPONDER)
    give(incident, Role.COMMANDER, person, by=make.user(Function.PRIVACY_OFFICER))
    assert roles.holder(incident, Role.COMMANDER) == person


def test_who_only_contributes_makes_nobody_a_deputy():
    incident, helper = make.incident(), make.user()
    grants.admit(
        incident, person=helper, level=Level.CONTRIBUTE, reason="Helps.", actor=make.SYSTEM
    )
    with pytest.raises(roles.Refused, match="role: Deputy is given by who may manage here"):
        give(incident, Role.DEPUTY, helper, by=helper)


def test_a_deactivated_person_gets_no_role():
    incident, person = make.incident(), make.user(is_active=False)
    with pytest.raises(roles.Refused, match="is deactivated"):
        give(incident, Role.SCRIBE, person)


def test_roles_are_closed_with_the_incident():
    incident = make.incident()
    held = give(incident, Role.SCRIBE, make.user())
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    with pytest.raises(roles.Refused, match="its roles are closed"):
        give(incident, Role.COMMANDER, make.user())
    with pytest.raises(roles.Refused, match="its roles are closed"):
        roles.leave(held, actor=make.SYSTEM)


def test_leaving_a_role_ends_it_once():
    incident = make.incident()
    held = give(incident, Role.COMMANDER, make.user())
    roles.leave(held, actor=make.SYSTEM)
    held.refresh_from_db()
    when = held.until
    roles.leave(held, actor=make.SYSTEM)
    held.refresh_from_db()
    assert held.until == when
    assert roles.holder(incident, Role.COMMANDER) is None


def test_who_leaves_a_role_may_take_it_again():
    incident, person = make.incident(), make.user()
    roles.leave(give(incident, Role.SCRIBE, person), actor=make.SYSTEM)
    assert give(incident, Role.SCRIBE, person).until is None


def test_two_custodians_hold_the_role_and_no_third():
    incident, chief = make.incident(), make.actor(make.user(Function.PRIVACY_OFFICER))
    first, second, third = (make.user() for _ in range(3))
    for person in (first, second, first):
        roles.give(incident, Role.CUSTODIAN, person=person, actor=chief)
    with pytest.raises(roles.Refused, match="role: 2 people at most are custodian"):
        roles.give(incident, Role.CUSTODIAN, person=third, actor=chief)
    roles.leave(incident.roles.get(person=first), actor=chief)
    assert roles.give(incident, Role.CUSTODIAN, person=third, actor=chief)
