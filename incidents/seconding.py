"""What holds for every version that one person writes and a second one puts in force.

Runbooks, threshold rules and the severity rules: who may, one at a time, why, and from when.
Writes none of them: library, rulemaking and rulesets do, each its own.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from incidents import drafting
from incidents.models import Counter, RunbookVersion
from severity.models import RuleSetVersion, ThresholdVersion

Version = TypeVar("Version", RunbookVersion, RuleSetVersion, ThresholdVersion)
# Those who lead a response and those who answer for it. What they write is done at night without
# asking, a program stopped among it: so a second of them must agree, as with controls.
MAY_EDIT = (Function.COMMANDER, Function.PRIVACY_OFFICER, Function.SECURITY)
LONGEST_REASON = 500
FARTHEST = timedelta(days=365)
# Alike in all three.
_WAITING = RunbookVersion.State.WAITING.value


class Refused(Exception):
    """This cannot be done to the version; the message names the field and what is allowed."""


def may_edit(user: User) -> bool:
    """True for whoever may write a version, publish one of another person, or withdraw one."""
    return user.is_any(*MAY_EDIT)


def editor(actor: Actor, *, of: str) -> User:
    """Return the person who acts.

    Args:
        of: what the versions are of, as the end of a sentence: `runbooks`.

    Raises:
        Refused: if nobody does, or they may not.
    """
    if actor.user is None or not may_edit(actor.user):
        who = ", ".join(str(each.label).lower() for each in MAY_EDIT)
        raise Refused(f"Only {who} write {of}.")
    return actor.user


def second(person: User, row: Version) -> None:
    """Refuse whoever wrote the version.

    Raises:
        Refused: if they did.
    """
    if person == row.author:
        raise Refused("You wrote this version; a second person must publish it.")


def reason_of(text: str) -> str:
    """Return why a version is written, without what stands around it.

    Raises:
        Refused: if it says nothing, or more than can be kept.
    """
    said = text.strip()
    if not 0 < len(said) <= LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    if "\0" in said:
        raise Refused(f"reason: {drafting.NO_NUL}")
    return said


def ahead(moment: datetime | None) -> datetime | None:
    """Return from when a version is to count; None for at once.

    Raises:
        Refused: if that is more than a year ahead.
    """
    now = timezone.now()
    if moment and moment > now + FARTHEST:
        raise Refused("effective_from: at most a year ahead.")
    # What is past counts from the publication; a column holds no moment of the year 1 anyway.
    return moment if moment and moment > now else None


def one_at_a_time(which: str) -> None:
    """Wait until nobody else writes or decides about a version of these; needs a transaction."""
    # What has versions has no row of its own to lock, and few are written.
    Counter.objects.get_or_create(name=which)
    Counter.objects.select_for_update().get(name=which)


def deciding(row: Version, actor: Actor, *, of: str, lock: str) -> tuple[User, Version]:
    """Return who decides about a version, and the version as it is; nobody else decides meanwhile.

    Args:
        of: as for `editor`.
        lock: as for `one_at_a_time`.

    Raises:
        Refused: if the person may not, or it does not wait.
    """
    person = editor(actor, of=of)
    one_at_a_time(lock)
    return person, still_waits(row)


def none_waits(rows: QuerySet[Version]) -> None:
    """Refuse a version beside one that waits.

    Raises:
        Refused: if one does; the message says whose.
    """
    waiting = rows.filter(state=_WAITING).first()
    if waiting:
        raise Refused(
            f"{waiting.author.name} wrote {waiting.label} at {waiting.written_at:%Y-%m-%d %H:%M}"
            " UTC, and it waits for a second person; publish or withdraw it first."
        )


def still_newest(based_on: str, now: str) -> None:
    """Refuse what was written from a version that is not the newest any more.

    Args:
        now: the version that was published last; empty if there was none.

    Raises:
        Refused: if it is another one.
    """
    if based_on != now:
        raise Refused(f"Somebody published {now or 'it'} meanwhile; read that first.")


def still_waits(row: Version) -> Version:
    """Return a version as it is now. The caller has seen to it that nobody decides meanwhile.

    Raises:
        Refused: if it was decided about; the message says by whom.
    """
    found = type(row)._default_manager.select_related("author", "decided_by").get(pk=row.pk)
    if found.state != _WAITING:
        who = found.decided_by.name if found.decided_by else "Andon"
        said = found.get_state_display().lower()
        raise Refused(f"{found.label} is {said}: {who}, {found.decided_at:%Y-%m-%d %H:%M} UTC.")
    return found
