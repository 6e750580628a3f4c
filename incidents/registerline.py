"""What the register of breaches says of one incident: facts, effects, what was done and decided.

Reads only; from rows that incidents.register read along. Texts are plain, times are UTC.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from incidents import exposure
from incidents.models import OWED, Accessed, Exposure, Imported, Incident, Obligation
from incidents.register import ITSELF
from programs.models import Pause

_PEOPLE = re.compile(r"\b(people|residents|participants|patients|person concerned)\b")
_PEOPLE_ALONE = re.compile(r"(the )?(people|residents|participants)( concerned.*)?")
# Told by contract or to the public, or an act of one's own: no authority.
_NO_AUTHORITY = re.compile(r"your own|the controller|the customer|the insurer|media")


@dataclass(frozen=True)
class Told:
    """Whether somebody was told: yes, no, or None while nobody decided. `at` is the first time."""

    was: bool | None
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One breach. Each list holds sentences; empty where nothing is known."""

    incident: Incident
    facts: list[str]
    effects: list[str]
    remedy: list[str]
    decisions: list[str]
    lateness: list[str]
    authority: Told
    people: Told
    duties: list[Obligation] = field(default_factory=list)


def lines(incidents: Iterable[Incident]) -> list[Line]:
    """Return the lines of some incidents, in their order."""
    rows = list(incidents)
    refs = [row.ref for row in rows]
    holds: dict[str, list[Pause]] = {}
    found = Pause.objects.filter(holder__in=refs, is_drill=False).select_related("program")
    for hold in found.order_by("since"):
        holds.setdefault(hold.holder, []).append(hold)
    return [line(row, holds.get(row.ref, ())) for row in rows]


def line(incident: Incident, holds: Sequence[Pause] = ()) -> Line:
    """Return the line of one incident, given the pauses that it brought about."""
    exposed = list(incident.exposures.all())
    duties = [row for row in incident.obligations.all() if row.rule not in ITSELF]
    duties = [row for row in duties if row.is_owed or row.state not in OWED]
    merged = [row for each in incident.duplicates.all() for row in each.obligations.all()]
    filed_there = [row for row in merged if row.submitted_at and row.rule not in ITSELF]
    past = imported_of(incident)
    return Line(
        incident=incident,
        facts=_facts(incident, exposed),
        effects=_effects(incident, exposed, past),
        remedy=_remedy(incident, exposed, holds, past),
        decisions=[*_decisions(incident, duties, past), *map(_filed_for_merged, filed_there)],
        lateness=[
            *(f"{row}: {row.lateness}" for row in duties if row.lateness),
            *([past.lateness] if past and past.lateness else []),
        ],
        authority=_told(
            [row for row in (*duties, *filed_there) if "authority" in whom(row.recipient)],
            Told(past.authority_told, past.authority_told_at) if past else None,
        ),
        people=_told(
            [row for row in (*duties, *filed_there) if "people" in whom(row.recipient)],
            Told(past.people_told, past.people_told_at) if past else None,
        ),
        duties=duties,
    )


def imported_of(incident: Incident) -> Imported | None:
    """What an import said of it; None for what was reported here."""
    found: Imported | None = getattr(incident, "imported", None)
    return found


def whom(recipient: str) -> frozenset[str]:
    """Return whom a duty tells, by its recipient's words: `authority`, `people`, both or none."""
    found = {"people"} if _PEOPLE.search(recipient) else set()
    if not _PEOPLE_ALONE.fullmatch(recipient) and not _NO_AUTHORITY.search(recipient):
        found.add("authority")
    return frozenset(found)


def _told(duties: Sequence[Obligation], past: Told | None) -> Told:
    filed = [row.submitted_at for row in duties if row.submitted_at]
    if filed:
        return Told(True, min(filed))
    if past and past.was is not None:
        return past
    if duties and all(row.state == Obligation.State.NOT_REPORTABLE for row in duties):
        return Told(False)
    return Told(None)


def _facts(incident: Incident, exposed: Sequence[Exposure]) -> list[str]:
    window = exposure.window(incident, exposed)
    said = [incident.get_kind_display()]
    if incident.program:
        said.append(_("Program: %(name)s") % {"name": incident.program.name})
    if window:
        until = at(window.until) if window.until else _("still open")
        said.append(_("From %(since)s to %(until)s") % {"since": at(window.since), "until": until})
    for row in exposed:
        facts = {"what": row, "whose": row.get_whose_display(), "n": how_many(row)}
        said.append(_("%(what)s; %(whose)s; %(n)s") % facts)
        if row.kinds:
            said.append(", ".join(row.kind_words))
    if not exposed:
        said.append(_("What was exposed is not written down yet."))
    return [str(each) for each in said]


def how_many(row: Exposure) -> str:
    """How many people's data, as far as anybody knows."""
    if row.people_known is not None:
        return _("%(n)s people") % {"n": row.people_known}
    least, most = row.people_min, row.people_max
    if least is None and most is None:
        return _("number of people not known")
    if most is None:
        return _("at least %(n)s people") % {"n": least}
    if least is None:
        return _("at most %(n)s people") % {"n": most}
    return _("%(least)s to %(most)s people") % {"least": least, "most": most}


def _effects(incident: Incident, exposed: Sequence[Exposure], past: Imported | None) -> list[str]:
    said = [past.effects] if past and past.effects else []
    for row in exposed:
        if row.accessed != Accessed.UNKNOWN:
            words = [row.get_accessed_display(), row.accessed_source]
            said.append(f"{row}: {', '.join(word for word in words if word)}")
    stated = [row for row in incident.legal_facts.all() if not hasattr(row, "superseded_by")]
    risk = stated[0].facts.get("risk") if stated else None
    if risk:
        said.append(_("Risk to people, as stated: %(risk)s") % {"risk": risk})
    return said


def _remedy(
    incident: Incident,
    exposed: Sequence[Exposure],
    holds: Sequence[Pause],
    past: Imported | None,
) -> list[str]:
    said = [past.remedy] if past and past.remedy else []
    for hold in holds:
        facts = {"name": hold.program.name, "at": at(hold.since)}
        said.append(_("Collection of %(name)s paused %(at)s") % facts)
    for row in exposed:
        if row.verified_at:
            said.append(
                _("%(what)s: closed, verified %(at)s") % {"what": row, "at": at(row.verified_at)}
            )
        elif row.until:
            said.append(_("%(what)s: closed %(at)s") % {"what": row, "at": at(row.until)})
    for words, moment in (
        (_("Contained %(at)s"), incident.contained_at),
        (_("Recovered %(at)s"), incident.recovered_at),
    ):
        if moment:
            said.append(words % {"at": at(moment)})
    return said + [
        f"{item.what}: {item.get_state_display()}" for item in incident.action_items.all()
    ]


def _decisions(
    incident: Incident, duties: Sequence[Obligation], past: Imported | None
) -> list[str]:
    said = [past.decision] if past and past.decision else []
    if incident.aware_at:
        facts = {"at": at(incident.aware_at), "why": incident.aware_rationale}
        said.append(_("Aware from %(at)s: %(why)s") % facts)
    for row in duties:
        words = [f"{row}: {row.get_state_display()}"]
        if row.submitted_at:
            words.append(at(row.submitted_at))
        if row.reference:
            words.append(row.reference)
        told = ", ".join(words)
        said.append(f"{told}. {row.decision}".strip())
    return said


def _filed_for_merged(row: Obligation) -> str:
    # Nobody's words: not everybody who reads this may know of the incident that was merged.
    facts = {"what": row, "at": at(row.submitted_at) if row.submitted_at else ""}
    said = _("%(what)s: filed for a report that was merged into it, %(at)s") % facts
    return ", ".join(filter(None, [said, row.reference, _("late") if row.was_late else ""]))


def at(moment: datetime) -> str:
    """A moment as the register writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
