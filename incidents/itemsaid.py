"""What an action item says, and what it says after somebody changed a part of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from accounts.models import User
from incidents import meanwhile
from incidents.models import ActionItem


@dataclass(frozen=True)
class Said:
    """What an item says. `control` is the id of a control of programs, or empty."""

    what: str
    kind: str
    owner: User
    due_on: date
    control: str = ""
    test: str = ""


@dataclass(frozen=True)
class Wanted:
    """What an item is to say instead; None leaves a part as it is."""

    what: str | None = None
    kind: str | None = None
    owner: User | None = None
    due_on: date | None = None
    control: str | None = None
    test: str | None = None


NAMES = [each.name for each in fields(Said)]


def of(item: ActionItem) -> Said:
    """Return what an item says now."""
    return Said(**{name: getattr(item, name) for name in NAMES})


def plain(said: Said | Wanted) -> dict[str, str]:
    """Return it as text by field, such as a form gives back to tell what somebody had read."""
    return {name: _plain(getattr(said, name)) for name in NAMES if getattr(said, name) is not None}


def _plain(value: Any) -> str:
    return str(value.username if isinstance(value, User) else value).strip()


def merged(now: Said, wanted: Wanted, read: Mapping[str, str] | None = None) -> Said:
    """Return what an item says once somebody changed it who may not have read it as it is now.

    Args:
        read: as `plain` gave it, of what they had read. Only what they made otherwise counts then;
            without it all that they want does.

    Raises:
        meanwhile.Clash: if somebody else changed the same part since, to something else.
    """
    asked = list(plain(wanted))
    if read is not None:
        asked = meanwhile.changed(plain(wanted), read=read, stands=plain(now))
    return replace(now, **{name: getattr(wanted, name) for name in asked})
