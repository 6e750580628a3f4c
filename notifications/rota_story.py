"""What was done to a rota lately, in words, for its page. Reads only; the record has all of it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import trail
from audit.models import Entry
from notifications.models import Rota

MOST = 10

_WORDS: dict[str, str | Promise] = {
    "rota.made": _("made it"),
    "rota.changed": _("changed its name, zone or owners"),
    "rota.layer_added": _("added the layer %(name)s"),
    "rota.layer_changed": _("changed the layer %(name)s"),
    "rota.layer_ended": _("ended the layer %(name)s"),
    "rota.override_made": _("put %(person)s on call for a while"),
    "rota.override_withdrawn": _("took back that %(person)s is on call instead"),
    "rota.swap_asked back": _("asked %(asked)s to swap shifts with %(asker)s"),
    "rota.swap_accepted back": _("accepted that %(asked)s and %(asker)s swap shifts"),
    "rota.swap_asked": _("asked %(asked)s to take a shift of %(asker)s"),
    "rota.swap_accepted": _("accepted that %(asked)s takes a shift of %(asker)s"),
    "rota.swap_declined": _("declined to take a shift of %(asker)s"),
    "rota.swap_withdrawn": _("took back that %(asked)s was asked by %(asker)s"),
    "rota.swap_expired": _("noted that %(asked)s did not answer %(asker)s in time"),
    "rota.calendar_added": _("added the calendar %(name)s"),
    "rota.calendar_removed": _("removed the calendar %(name)s"),
}
_PEOPLE = ("person", "asked", "asker")


@dataclass(frozen=True)
class Line:
    """Who did what, and when."""

    at: datetime
    who: str
    what: str


def lately(rota: Rota) -> list[Line]:
    """Return the last acts on a rota, the newest first, ten at most."""
    found = Entry.objects.filter(stream=trail.stream_of(rota), action__in=_WORDS)
    bodies = [(entry, json.loads(entry.body)) for entry in found.order_by("-seq")[:MOST]]
    keys = {body["facts"][each] for _e, body in bodies for each in _PEOPLE if each in body["facts"]}
    names = {pk: person.name for pk, person in User.objects.in_bulk(keys).items()}
    return [_line(entry, body, names) for entry, body in bodies]


def _line(entry: Entry, body: dict[str, Any], names: dict[int, str]) -> Line:
    facts = body["facts"]
    facts |= {each: names.get(facts[each], "?") for each in _PEOPLE if each in facts}
    # Of two shifts that change hands it has other words.
    words = _WORDS.get(f"{entry.action} back") if "back_from" in facts else None
    return Line(entry.at, body["actor_name"], str(words or _WORDS[entry.action]) % facts)
