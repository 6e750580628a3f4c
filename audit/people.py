"""Add people, give them functions, and let them go.

The only module that creates or deactivates a User.
"""

from collections.abc import Iterable
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import naming
from accounts.actors import Actor
from accounts.functions import Function, Rule
from accounts.models import User
from audit import credentials, history, outbox, sessions, teams, trail

LONGEST_REASON = 300
# Invited, and has neither chosen a password nor come in by another way.
NOT_IN_YET = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)


class Refused(Exception):
    """The person cannot be added or changed so; the message names the field and what is allowed."""


@transaction.atomic
def add(
    username: str,
    *,
    email: str,
    password: str,
    actor: Actor,
    first_name: str = "",
    last_name: str = "",
    functions: Iterable[Function] = (),
) -> User:
    """Add a person who can sign in.

    Raises:
        Refused: if the name is taken, the address is none or somebody else's, or
            the password too weak; the message names the field.
    """
    person = User(username=username, email=email, first_name=first_name, last_name=last_name)
    _check(person)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused(f"password: {' '.join(error.messages)}") from error
    person.set_password(password)
    return _store(person, functions, actor=actor)


@transaction.atomic
def set_password(person: User, password: str, *, actor: Actor) -> None:
    """Give somebody another password. For who makes the demo; people choose their own."""
    person.set_password(password)
    history.save(person, "password", actor=actor)
    digest = trail.digest_of(person.password)
    trail.record("identity.password_set", person, actor=actor, password=digest)


@transaction.atomic
def invite(
    username: str,
    *,
    email: str,
    actor: Actor,
    first_name: str = "",
    last_name: str = "",
    functions: Iterable[Function] = (),
) -> User:
    """Add a person who chooses a password by a link that is sent to their address.

    Raises:
        Refused: as `add`.
    """
    person = User(username=username, email=email, first_name=first_name, last_name=last_name)
    _check(person)
    person.set_unusable_password()
    _store(person, functions, actor=actor)
    _send_invitation(person, actor=actor)
    return person


@transaction.atomic
def invite_again(person: User, *, actor: Actor) -> None:
    """Send another link to somebody who let the first one run out.

    Raises:
        Refused: if they have a password, or were shut out.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.is_active:
        raise Refused(f"username: {person.name} is deactivated.")
    if person.has_usable_password():
        raise Refused(f"username: {person.name} has accepted already.")
    _send_invitation(person, actor=actor)


def _send_invitation(person: User, *, actor: Actor) -> None:
    trail.record("person.invited", person, actor=actor)
    # Each by a key of its own: who is invited again gets another mail.
    outbox.publish("person.invited", person=person.pk, invitation=uuid4().hex)


def _check(person: User) -> None:
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        wrong = (f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise Refused(" ".join(wrong)) from error
    for name in ("first_name", "last_name"):
        if why_not := naming.why_not_a_name(getattr(person, name)):
            raise Refused(f"{name}: {why_not}")
    teams.one_at_a_time()
    if _is_somebodys(person.username):
        raise Refused(f"username: {person.username!r} is taken.")
    if not person.email:
        raise Refused("email: give the address at which this person is paged.")
    if _is_somebodys(person.email):
        raise Refused(f"email: {person.email!r} belongs to somebody already.")


def _is_somebodys(name: str) -> bool:
    """True if somebody is called so by user name or address: people are named by either."""
    return User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).exists()


def _store(person: User, functions: Iterable[Function], *, actor: Actor) -> User:
    history.save_new(person, actor=actor)
    trail.record(
        "person.added",
        person,
        actor=actor,
        username=person.username,
        password=trail.digest_of(person.password),
    )
    _give(person, functions, actor=actor)
    return person


@transaction.atomic
def give(person: User, functions: Iterable[Function], *, actor: Actor) -> None:
    """Set the functions of a person; those not named are taken away.

    Raises:
        Refused: if that takes the function of operator from the last who has it or from who does
            it, or gives any to who does it.
    """
    # Read under a lock: of two people who set them at once, the second decides, not both in part.
    person.__dict__.pop("functions", None)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    wanted = frozenset(functions)
    if Function.OPERATOR in person.functions - wanted:
        if _is_oneself(person, actor):
            raise Refused(_("functions: another operator takes the function of operator from you."))
        _leave_an_operator(person, "functions")
    if _is_oneself(person, actor) and wanted - person.functions:
        # Some are let in to incidents by rule: that is for two people.
        raise Refused(_("functions: another operator gives you what you do not have."))
    _give(person, wanted, actor=actor)


def _give(person: User, functions: Iterable[Function], *, actor: Actor) -> None:
    wanted = sorted(function.value for function in functions)
    if set(wanted) == {function.value for function in person.functions}:
        return
    known = Group.objects.filter(name__in=Function.values)
    # Not `set`, which would take them out of their teams.
    person.groups.remove(*known.exclude(name__in=wanted))
    person.groups.add(*known.filter(name__in=wanted))
    person.__dict__.pop("functions", None)
    trail.record("person.functions_set", person, actor=actor, functions=wanted)


def _is_oneself(person: User, actor: Actor) -> bool:
    return actor.user is not None and actor.user.pk == person.pk


def _leave_an_operator(person: User, field: str) -> None:
    """Refuse if nobody else could add people or give functions.

    Who has yet to accept an invitation does not count: the mail may never arrive.
    """
    # Of two operators who shut each other out at once, the second is refused.
    teams.one_at_a_time()
    operators = User.objects.filter(is_active=True, groups__name=Function.OPERATOR.value)
    if set(operators.exclude(NOT_IN_YET).values_list("pk", flat=True)) == {person.pk}:
        said = _("%(field)s: %(who)s is the last active operator. Make somebody else one first.")
        raise Refused(said % {"field": field, "who": person.name})


@transaction.atomic
def follow(person: User, groups: Iterable[str]) -> None:
    """Give a person the functions and teams of these groups of the single sign-on.

    What stands in a rule of settings.SSO_GROUPS is taken away from who is in no group that gives
    it; what stands in none is given by hand and stays. What the issuer rules holds for the last
    operator too.
    """
    rules: list[Rule] = settings.SSO_GROUPS
    held, actor = set(groups), Actor.machine("single sign-on")
    # First, or what an operator takes away at this moment would be given back.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.__dict__.pop("functions", None)
    by_hand = set(person.functions) - {rule.function for rule in rules}
    given = [rule for rule in rules if rule.group in held]
    _give(person, by_hand | {rule.function for rule in given if rule.function}, actor=actor)
    teams.follow(
        person,
        given={rule.team for rule in given if rule.team},
        ruled={rule.team for rule in rules if rule.team},
        actor=actor,
    )


@transaction.atomic
def deactivate(person: User, *, actor: Actor, reason: str = "") -> None:
    """Shut a person out at once: sign-in, sessions and tokens end. The name stays in the record.

    Safe to call again.

    Raises:
        Refused: if they are the last active operator or who does it, or the reason is too long.
    """
    if len(reason) > LONGEST_REASON:
        raise Refused(_("reason: at most %(n)s characters.") % {"n": LONGEST_REASON})
    if _is_oneself(person, actor):
        raise Refused(_("username: another operator deactivates you."))
    # Not FOR UPDATE: all that anybody records of this person would wait for the sessions below.
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.is_active:
        return
    _leave_an_operator(person, "username")
    person.is_active = False
    history.save(person, "is_active", actor=actor)
    for token in person.api_tokens.filter(revoked_at=None):
        credentials.withdraw(token, actor=actor)
    sessions.end(person)
    trail.record("person.deactivated", person, actor=actor, remark=reason)
