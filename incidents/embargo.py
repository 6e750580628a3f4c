"""Who may read where exposed data lie. Reads only.

Until the fix is verified the place is a map for whoever looks for the data: only those who run the
incident, and whoever entered it, read it. Everybody else reads that it is withheld.
"""

import re

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents import access
from incidents.models import AccessGrant, Exposure, Incident

# Shorter words than this occur by chance.
_NAMES = 4
WITHHELD = _("withheld until the fix is verified")


def reads(user: User | None, exposure: Exposure) -> bool:
    """True if the person, who sees the incident, may read where this lies."""
    return _reads(user, exposure, manages=_manages(user, exposure.incident))


def may_say(user: User | None, exposure: Exposure) -> bool:
    """True if the person, who contributes to the incident, may write where this lies.

    Whoever finds it first may, as nothing is replaced that they may not read.
    """
    return reads(user, exposure) or not exposure.history.exclude(location="").exists()


def names_a_place(incident: Incident, text: str) -> bool:
    """True if a text for outsiders says where data lie whose fix is not verified."""
    said = _bare(text)
    return any(place in said for place in _places(incident))


def black_out(incident: Incident, text: str) -> str:
    """The text with each such place withheld; all of it where a place stands in it otherwise."""
    places = sorted(_places(incident), key=len, reverse=True)
    for place in places:
        # As it stands in Markdown too: escaped, or broken over lines.
        letters = (r"\s+" if each == " " else re.escape(each) for each in place)
        found = r"(?<!\\)\\*+" + r"\\*+".join(letters)
        text = re.sub(found, f"[{WITHHELD}]", text, flags=re.IGNORECASE)
    return f"[{WITHHELD}]" if any(place in _bare(text) for place in places) else text


def _places(incident: Incident) -> set[str]:
    rows = incident.exposures.filter(verified_at=None).values_list("location", flat=True)
    return {place for place in map(_bare, rows) if len(place) >= _NAMES}


def _bare(text: str) -> str:
    """Without what sets markup or lines apart, in small letters."""
    return " ".join(text.replace("\\", "").split()).casefold()


def withheld_from(user: User, incident: Incident) -> frozenset[int]:
    """The keys of the exposures of an incident whose place this person may not read."""
    rows = list(incident.exposures.all())
    manages = bool(rows) and _manages(user, incident)
    return frozenset(row.pk for row in rows if not _reads(user, row, manages=manages))


def _reads(user: User | None, exposure: Exposure, *, manages: bool) -> bool:
    if exposure.verified_at is not None or manages:
        return True
    return user is not None and exposure.located_by_id == user.pk


def _manages(user: User | None, incident: Incident) -> bool:
    return user is not None and access.may(user, AccessGrant.Level.MANAGE, incident)
