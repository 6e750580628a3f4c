"""The bot of the house in Slack: its token, whether it works, and who people are there.

The only module that writes what a token opened. Connections are made and changed by connecting.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from audit import clockwork, history
from notifications import channels, connecting, hints, vault
from notifications.channels import slackbot
from notifications.models import Connection, ContactMethod, Method, Room
from notifications.working import ENGINE


def secret_for(method: str, place: ContactMethod | Room | None) -> str:
    """Return what opens or signs a way: its own secret, or the token of the bot.

    Raises:
        vault.Unreadable: if the key is gone.
    """
    if method == Method.SLACKBOT:
        ours = Connection.objects.filter(kind=Connection.Kind.SLACK, retired_at=None).first()
        return ours.token if ours else ""
    return place.secret if place else ""


def look(payload: dict[str, Any]) -> Callable[[], None]:
    """Ask Slack which workspace a token opens; return what to write.

    Raises:
        channels.NotSent, vault.Unreadable: if it opens nothing; it is tried again.
    """
    connection = Connection.objects.get(pk=payload["connection"])
    if not connection.sealed_token:
        return lambda: None
    sealed = connection.sealed_token
    try:
        team, bot = slackbot.who(connection.token)
    except (channels.NotSent, vault.Unreadable) as error:
        _note_failure(connection, str(error))
        raise
    return lambda: _opened(connection.pk, sealed, team, bot)


def _note_failure(connection: Connection, why: str) -> None:
    same = Connection.objects.filter(pk=connection.pk)
    same.update(tested_at=Now(), test_failure=why[:200])
    if connection.failing_since is None:
        same.update(failing_since=Now())


def _opened(pk: int, sealed: str, team: str, bot: str) -> None:
    connection = Connection.objects.select_for_update(no_key=True).get(pk=pk)
    if connection.sealed_token != sealed:
        # Another token was given meanwhile; that one is tried by itself.
        return
    # Tried each day: a history of it would hold nothing but that.
    if (connection.team, connection.bot) != (team, bot):
        if connection.team != team:
            # The same member ID may be somebody else in another workspace.
            connection.team, connection.team_since = team, clockwork.now()
        connection.bot = bot
        history.save(connection, "team", "team_since", "bot", actor=ENGINE)
    same = Connection.objects.filter(pk=pk)
    same.update(tested_at=Now(), test_failure="", failing_since=None)


def person_behind(connection: Connection, remote: str) -> User | None:
    """Return who a member of the workspace is here: vouched for, or verified by a code of the bot.

    Nobody if two people verified the same.
    """
    known = connecting.person_behind(connection, remote)
    if known or not remote or connection.team_since is None:
        return known
    contacts = ContactMethod.objects.filter(
        method=Method.SLACKBOT,
        active=True,
        bounced_at=None,
        verified_at__gt=connection.team_since,
        person__is_active=True,
        # No query can tell the address, as each is sealed anew; this leaves a few.
        hint=hints.hint(remote),
    )
    found = {
        contact.person for contact in contacts.select_related("person") if _is(contact, remote)
    }
    return found.pop() if len(found) == 1 else None


def _is(contact: ContactMethod, remote: str) -> bool:
    with suppress(vault.Unreadable):
        return contact.address == remote
    return False
