"""Accounts of the house at services that talk back. The only writer of Connection and Counterpart.

Only operators may: whoever says who somebody is at a service lets them answer pages there.
"""

import re
import secrets as randomness
from collections.abc import Callable, Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from notifications import vault
from notifications.models import Connection, Counterpart

LOOK = "notifications.look_at_connection"
MOST_SECRETS, LONGEST_SECRET = 5, 200
Kind = Connection.Kind
_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]{10,200}")
_REMOTE = re.compile(r"[A-Za-z0-9]{1,40}")


class Refused(Exception):
    """It cannot be done; the message names the field and what is allowed."""


class NotSigned(Exception):
    """Nobody whom we know signed this; the message is a sentence for the caller."""


def every(user: User) -> QuerySet[Connection]:
    """Return all connections, those in use first.

    Raises:
        PermissionDenied: if the person does not run Andon.
    """
    if not user.is_any(Function.OPERATOR):
        raise PermissionDenied(_("Only operators may see connections."))
    return Connection.objects.order_by("retired_at", "name", "pk")


@transaction.atomic
def make(
    kind: str, name: str, secrets: Sequence[str], *, token: str = "", actor: Actor
) -> Connection:
    """Let a service talk to us.

    Args:
        token: of Slack, what its bot acts with.

    Raises:
        Refused: if the name is empty, a secret or token cannot be one, or Slack is connected.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    if not name.strip():
        raise Refused("name: say what you call it, in at most 60 characters.")
    made = Connection(kind=kind, name=name.strip()[:60], ident=randomness.token_hex(16))
    made.secrets, made.token = _checked(secrets), _token_of(kind, token)
    if kind == Kind.SLACK and Connection.objects.filter(kind=kind, retired_at=None).exists():
        raise Refused("kind: Slack is connected already; retire that first.")
    history.save_new(made, actor=actor)
    _look_soon(made)
    trail.record("connection.made", made, actor=actor, kind=kind, name=made.name)
    return made


@transaction.atomic
def change_secrets(connection: Connection, secrets: Sequence[str], *, actor: Actor) -> None:
    """Believe what is signed with these from now on, and with no others.

    Raises:
        Refused: if it is retired, or a secret cannot be one.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    connection = _in_use(connection)
    connection.secrets = _checked(secrets)
    history.save(connection, "sealed_secrets", actor=actor)
    trail.record("connection.changed", connection, actor=actor, secrets=len(connection.secrets))


@transaction.atomic
def change_token(connection: Connection, token: str, *, actor: Actor) -> None:
    """Let the bot act with this from now on.

    Raises:
        Refused: if it is retired or no Slack, or the token cannot be one.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    connection = _in_use(connection)
    connection.token = _token_of(connection.kind, token)
    history.save(connection, "sealed_token", actor=actor)
    _look_soon(connection)
    trail.record("connection.changed", connection, actor=actor, token=True)


@transaction.atomic
def ask_for_look(connection: Connection, *, actor: Actor) -> None:
    """Have the token of a bot tried, soon; notifications.workspaces does it.

    Raises:
        Refused: if it is retired, or has no token.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    connection = _in_use(connection)
    if not connection.sealed_token:
        raise Refused("token: there is none to try.")
    _look_soon(connection)


def _look_soon(connection: Connection) -> None:
    if connection.sealed_token:
        key = f"connection-look:{connection.pk}:{clockwork.now():%Y%m%d%H%M%S%f}"
        clockwork.schedule(LOOK, key=key, payload={"connection": connection.pk, "lane": "slack"})


@transaction.atomic
def retire(connection: Connection, *, actor: Actor) -> None:
    """Hear nothing more from a service; its secrets are forgotten. Safe to call again.

    Raises:
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    connection = _locked(connection)
    if connection.retired_at is None:
        connection.retired_at = clockwork.now()
        connection.sealed_secrets = connection.sealed_token = ""
        history.save(connection, "retired_at", "sealed_secrets", "sealed_token", actor=actor)
        trail.record("connection.retired", connection, actor=actor)


@transaction.atomic
def name(connection: Connection, person: User, remote: str, *, actor: Actor) -> Counterpart:
    """Vouch that a person is this account at a service: what it answers, they answer.

    Raises:
        Refused: if that account is somebody already, or the person is deactivated.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    connection = _in_use(connection)
    if not _REMOTE.fullmatch(remote):
        raise Refused("remote: give the id of the account, letters and digits, such as PLH1HKV.")
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated.")
    known = connection.counterparts.filter(remote=remote, ended_at=None).first()
    if known:
        raise Refused(f"remote: {remote} is {known.person.name}; remove that first.")
    made: Counterpart = history.create(
        Counterpart, actor=actor, connection=connection, person=person, remote=remote
    )
    trail.record("connection.named", made, actor=actor, person=person.pk, remote=remote)
    return made


@transaction.atomic
def forget(counterpart: Counterpart, *, actor: Actor) -> None:
    """Vouch no more for who that is. Safe to call again.

    Raises:
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    counterpart = Counterpart.objects.select_for_update().get(pk=counterpart.pk)
    if counterpart.ended_at is None:
        counterpart.ended_at = clockwork.now()
        history.save(counterpart, "ended_at", actor=actor)
        trail.record("connection.forgot", counterpart, actor=actor, remote=counterpart.remote)


def signed_by(kind: str, ident: str, is_signed: Callable[[list[str]], bool]) -> Connection:
    """Return the connection that what came proves to be of.

    Args:
        is_signed: whether one of these secrets signed it.

    Raises:
        NotSigned: if nobody whom we know did. An address that is not there says the same.
    """
    connection = Connection.objects.filter(kind=kind, ident=ident, retired_at=None).first()
    try:
        known = connection.secrets if connection else []
    except vault.Unreadable:
        known = []
    if not is_signed(known) or connection is None:
        if connection:
            note_refusal(connection, "The signature is not right.")
        raise NotSigned("The signature is not right, or nothing is expected here.")
    Connection.objects.filter(pk=connection.pk).update(last_heard_at=Now())
    return connection


def note_refusal(connection: Connection, why: str) -> None:
    """Show operators why nothing goes on between us and a service."""
    at = Connection.objects.filter(pk=connection.pk)
    at.update(last_refused_at=Now(), last_refusal=why[:200])


def person_behind(connection: Connection, remote: str) -> User | None:
    """Return who an account at a service is here, if they are active."""
    known = connection.counterparts.filter(remote=remote, ended_at=None, person__is_active=True)
    found = known.select_related("person").first() if remote else None
    return found.person if found else None


def _checked(secrets: Sequence[str]) -> list[str]:
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise Refused(f"secrets: give one to {MOST_SECRETS}, one a line.")
    for each in secrets:
        if not (16 <= len(each) <= LONGEST_SECRET and each.isascii() and each.isprintable()):
            raise Refused(f"secrets: each has 16 to {LONGEST_SECRET} letters, digits and signs.")
    return list(secrets)


def _token_of(kind: str, token: str) -> str:
    if kind != Kind.SLACK and token:
        raise Refused("token: only a bot of Slack has one.")
    if kind == Kind.SLACK and not _TOKEN.fullmatch(token):
        raise Refused("token: give the bot's own, which begins with xoxb-.")
    return token


def _in_use(connection: Connection) -> Connection:
    connection = _locked(connection)
    if connection.retired_at:
        raise Refused("name: it is retired; make another one.")
    return connection


def _locked(connection: Connection) -> Connection:
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)


def _refuse(actor: Actor) -> None:
    if actor.user and not actor.user.is_any(Function.OPERATOR):
        raise PermissionDenied(_("Only operators may change connections."))
