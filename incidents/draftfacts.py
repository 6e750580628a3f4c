"""What Andon knows for the texts of filings and notices; the rest is left out. Reads only.

No title, no name of a reporter, and never where the data lie: these texts leave the house.
"""

from collections.abc import Callable, Iterable

from django.db.models import Q

from incidents import embargo, exposure, obligations, registerline, unproven
from incidents.drafttexts import CODENAME, current, plain
from incidents.models import Accessed, ActionItem, Audience, Incident, Obligation, Role, Whose
from incidents.registerline import at
from programs.models import Pause

_READERS = {
    Audience.OUTSIDE: "people outside the organisation",
    Audience.EVERYONE: "everyone inside the organisation",
    Audience.FEW: "a few people inside the organisation",
}
_NATURES = {
    "exposure": "Personal data could be read by people who were not meant to read them.",
    "loss": "Personal data were lost.",
    "misuse": "Personal data were used for what they were not meant for.",
    "near_miss": "Personal data came close to being readable by people who were not meant to.",
}


def of(incident: Incident, kind: str) -> dict[str, str]:
    """Return the facts that a text asks for and that are known, as Markdown."""
    text = current().texts[kind]
    found = {"name": _name(incident, text.named)}
    for fact in text.facts:
        if fact in _FACTS:
            found[fact] = _FACTS[fact](incident)
    # Reasons, items and past effects are words of people, who may have said where data lie.
    return {name: embargo.black_out(incident, words) for name, words in found.items() if words}


def _name(incident: Incident, named: str) -> str:
    # Hidden incidents go by their codename wherever they are spoken of outside their page.
    if named == CODENAME or incident.restricted:
        return incident.codename
    return f"{incident.ref} {plain(incident.title)}"


def _nature(incident: Incident) -> str:
    return _NATURES[incident.kind]


def _began(incident: Incident) -> str:
    window = exposure.window(incident, incident.exposures.all())
    known = incident.occurred_from or any(row.since for row in incident.exposures.all())
    if window is None or not known:
        return ""
    return at(window.since) + (" (estimated)" if window.is_estimate else "")


def _ended(incident: Incident) -> str:
    window = exposure.window(incident, incident.exposures.all())
    return at(window.until) if window and window.until else ""


def _aware(incident: Incident) -> str:
    if incident.aware_at is None:
        return ""
    return f"{at(incident.aware_at)}. {plain(incident.aware_rationale)}".strip()


def _kinds(incident: Incident) -> str:
    words = [word for row in incident.exposures.all() for word in row.kind_words]
    return ", ".join(dict.fromkeys(words)).lower()


def _whose(incident: Incident) -> str:
    rows = [row for row in incident.exposures.all() if row.whose != Whose.UNKNOWN]
    return ", ".join(dict.fromkeys(row.get_whose_display().lower() for row in rows))


def _people(incident: Incident) -> str:
    # Of several exposures nobody knows how far they concern the same people.
    rows = list(incident.exposures.all())
    if len(rows) != 1:
        return ""
    counts = (rows[0].people_known, rows[0].people_min, rows[0].people_max)
    return registerline.how_many(rows[0]) if any(n is not None for n in counts) else ""


def _readers(incident: Incident) -> str:
    said = {row.effective_audience for row in incident.exposures.all()} or {incident.audience}
    # From the widest on: the first that anybody knows of.
    return next((words for each, words in _READERS.items() if each in said), "")


def _accessed(incident: Incident) -> str:
    rows = [row for row in incident.exposures.all() if row.accessed != Accessed.UNKNOWN]
    if not rows or len(rows) < incident.exposures.count():
        return ""
    return "; ".join(dict.fromkeys(str(row.get_accessed_display()) for row in rows))


def _consequences(incident: Incident) -> str:
    past = registerline.imported_of(incident)
    return plain(past.effects) if past else ""


def _measures(incident: Incident) -> str:
    said = [f"Contained {at(incident.contained_at)}."] if incident.contained_at else []
    if incident.recovered_at:
        said.append(f"Recovered {at(incident.recovered_at)}.")
    closed = [row for row in incident.exposures.all() if row.until]
    if closed:
        verified = sum(row.verified_at is not None for row in closed)
        said.append(f"Access closed: {len(closed)}, of which verified: {verified}.")
    over = [ActionItem.State.DONE, ActionItem.State.VERIFIED]
    done = incident.action_items.filter(state__in=over)
    return _listed([*said, *(plain(item.what) for item in done)])


def _planned(incident: Incident) -> str:
    rows = incident.action_items.filter(state=ActionItem.State.OPEN)
    return _listed(f"{plain(item.what)}, until {item.due_on:%Y-%m-%d}" for item in rows)


def _paused(incident: Incident) -> str:
    holds = list(Pause.objects.filter(holder=incident.ref, is_drill=False).order_by("since"))
    if not holds:
        return ""
    proven = not unproven.programs_of(incident)
    shown = "it is proven that it stopped" if proven else "that it stopped is not proven yet"
    return f"paused {at(holds[0].since)}; {shown}"


def _contact(incident: Incident) -> str:
    held = incident.roles.filter(role=Role.PRIVACY, until=None).select_related("person").first()
    return f"{plain(held.person.name)}, {held.person.email}" if held else ""


def _reference(incident: Incident) -> str:
    # Also what was filed before it was merged into this.
    here = Q(incident=incident) | Q(incident__duplicate_of=incident)
    rows = Obligation.objects.filter(here).order_by("submitted_at", "pk")
    return _of_one_authority(rows, "reference")


def _lateness(incident: Incident) -> str:
    rows = [row for row in incident.obligations.all() if _is_to_an_authority(row)]
    if any(row.lateness for row in rows):
        return _of_one_authority(rows, "lateness")
    is_overdue = any(row.is_overdue for row in rows)
    return "" if is_overdue or incident.aware_at is None else "Does not apply."


def _of_one_authority(rows: Iterable[Obligation], name: str) -> str:
    """What was said when it was filed; nothing of several, as nobody knows to which a text goes."""
    filed = [row for row in rows if getattr(row, name) and _is_to_an_authority(row)]
    one = len({row.recipient for row in filed}) == 1
    return plain(getattr(filed[0], name)) if one else ""


def _is_to_an_authority(row: Obligation) -> bool:
    return "authority" in registerline.whom(row.recipient)


def _severity(incident: Incident) -> str:
    return incident.level.label + (" (provisional)" if incident.sev is None else "")


def _due(incident: Incident) -> str:
    owed = obligations.owed_of(incident, obligations.all_of(incident))
    return _listed(f"{row}: {row.get_state_display().lower()}{_until(row)}" for row in owed)


def _until(row: Obligation) -> str:
    if row.due_at is None:
        return ""
    return f", {'overdue since' if row.is_overdue else 'until'} {at(row.due_at)}"


def _next(incident: Incident) -> str:
    return at(incident.next_update_at) if incident.next_update_at else ""


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


_FACTS: dict[str, Callable[[Incident], str]] = {
    "nature": _nature,
    "began": _began,
    "ended": _ended,
    "aware": _aware,
    "kinds": _kinds,
    "whose": _whose,
    "people": _people,
    "readers": _readers,
    "accessed": _accessed,
    "consequences": _consequences,
    "measures": _measures,
    "planned": _planned,
    "paused": _paused,
    "contact": _contact,
    "reference": _reference,
    "lateness": _lateness,
    "severity": _severity,
    "due": _due,
    "next": _next,
}
