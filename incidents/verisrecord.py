"""An incident as a VERIS 1.4.1 record, its texts left out unless they are asked for. Reads only.

VERIS has no word for who could read, how many people, or how we rate: that stands in `plus.andon`,
from which an import takes it up again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from incidents import codenames
from incidents.importveris import OURS
from incidents.models import Accessed, Audience, Exposure, Imported, Incident, Kind, Status, Whose
from programs.models import Category
from severity.ladder import Sev
from severity.models import Assessment
from severity.veris.pruning import without_texts
from severity.veris.record import Data, PartialDate, Record, Span
from severity.veris.writing import RATINGS, write

SOURCE = "andon"
_UNSURE = (Status.REPORTED, Status.TRIAGING)
# From the most telling: the first that an exposure says is told of all.
_DISCLOSED = {
    Accessed.ACCESSED: "Yes",
    Accessed.NONE_KNOWN: "Potentially",
    Accessed.UNKNOWN: "Unknown",
    Accessed.NONE_LOGGED: "No",
}
_VARIETIES = {Category.PAYMENT.value: "Payment"}
_VICTIMS = {
    Whose.EMPLOYEES.value: "Employee",
    Whose.CONTRACTORS.value: "Other",
    Whose.APPLICANTS.value: "Other",
    Whose.CUSTOMERS.value: "Customer",
    Whose.CHILDREN.value: "Other",
    Whose.OTHERS.value: "Other",
    Whose.UNKNOWN.value: "Unknown",
}
_TIMES = (
    *("reported_at", "occurred_from", "occurred_to", "contained_at"),
    *("recovered_at", "closed_at", "aware_at"),
)
_COUNTS = ("people_min", "people_known", "people_max")


def for_records(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Read with each incident what its record says."""
    changed = Incident.history.model.objects.filter(id=OuterRef("pk"), history_type="~")
    joined = incidents.select_related("assessment", "imported")
    rows = Prefetch("exposures", Exposure.objects.select_related("dataset"))
    return joined.prefetch_related(rows).annotate(was_changed=Exists(changed))


def of(incident: Incident, *, texts: bool = False) -> dict[str, Any]:
    """Return the record of an incident that `for_records` read.

    What came from VERIS is told as it came; what was changed since stands in `plus.andon`.

    Args:
        texts: also what people wrote, with the names that may stand in it.
    """
    past: Imported | None = getattr(incident, "imported", None)
    exposed = list(incident.exposures.all())
    if past and past.record:
        record = past.record
        if incident.was_changed:  # type: ignore[attr-defined]
            ours = _ours(incident, exposed, texts=texts)
            record = record | {"plus": record.get("plus", {}) | {OURS: ours}}
        return record if texts else _without_texts(record, incident)
    return write(_record(incident, exposed, texts=texts))


def _record(incident: Incident, exposed: Sequence[Exposure], *, texts: bool) -> Record:
    began = incident.occurred_from or incident.reported_at
    return Record(
        incident_id=str(incident.uuid),
        source=SOURCE,
        confirmation=_confirmation(incident),
        occurred=_date(began),
        found=_found(incident),
        summary=incident.title if texts else _plain_words(_ours(incident, exposed, texts=False)),
        notes=incident.detail if texts else "",
        spans={
            "discovery": _span(incident.occurred_from, incident.reported_at),
            "containment": _span(incident.reported_at, incident.contained_at),
        },
        actors={"internal": {"variety": ["Unknown"], "motive": ["Unknown"]}},
        actions=_actions(incident),
        asset={"assets": [{"variety": "Unknown"}], "cloud": ["Unknown"]},
        disclosure=_disclosure(exposed),
        data=tuple(Data(each) for each in _data(exposed)),
        data_victim=tuple(dict.fromkeys(_VICTIMS[row.whose] for row in exposed)),
        rest={
            "impact": {"overall_rating": RATINGS[Sev(incident.counts_as)]},
            "plus": {OURS: _ours(incident, exposed, texts=texts)},
        },
    )


def _confirmation(incident: Incident) -> str:
    if incident.status == Status.DISMISSED:
        return "False positive"
    if incident.kind == Kind.NEAR_MISS:
        return "Near miss"
    return "Suspected" if incident.status in _UNSURE else "Confirmed"


def _date(moment: datetime) -> PartialDate:
    at = moment.astimezone(UTC)
    return PartialDate(at.year, at.month, at.day, f"{at:%H:%M:%S}Z")


def _span(start: datetime | None, end: datetime | None) -> Span:
    return Span.between(start, end) if start and end else Span("Unknown")


def _found(incident: Incident) -> dict[str, tuple[str, ...]]:
    first = incident.assessment
    if first and first.kind == Assessment.Kind.TRIAGE:
        return {"internal": ("Reported by employee",)}
    return {"unknown": ()}


def _actions(incident: Incident) -> dict[str, Any]:
    unknown = {"variety": ["Unknown"], "vector": ["Unknown"]}
    if incident.kind == Kind.MISUSE:
        return {"misuse": unknown}
    # The cause is judged in the review, in words that no list has.
    return {"error": unknown | ({"variety": ["Loss"]} if incident.kind == Kind.LOSS else {})}


def _disclosure(exposed: Sequence[Exposure]) -> str:
    said = {row.accessed for row in exposed}
    return next((words for each, words in _DISCLOSED.items() if each in said), "Unknown")


def _data(exposed: Sequence[Exposure]) -> list[str]:
    kinds = [kind for row in exposed for kind in row.kinds]
    return list(dict.fromkeys(_VARIETIES.get(kind, "Personal") for kind in kinds)) or ["Unknown"]


def _ours(incident: Incident, exposed: Sequence[Exposure], *, texts: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "texts": texts,
        "codename": incident.codename,
        "kind": incident.kind,
        "severity": incident.sev,
        "counts_as": incident.counts_as,
        "peak": incident.peak_sev,
        "audience": incident.audience,
        "exposures": [_exposure(row, texts=texts) for row in exposed],
    }
    if texts:
        found["title"] = incident.title
    return found | {name: _time(getattr(incident, name)) for name in _TIMES}


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _exposure(row: Exposure, *, texts: bool) -> dict[str, Any]:
    # Never where the data lie, whoever asks.
    counts = {name: getattr(row, name) for name in _COUNTS}
    said = {"kinds": list(row.kinds), "whose": row.whose, "accessed": row.accessed}
    return said | counts | ({"what": str(row)} if texts else {})


def _plain_words(ours: Mapping[str, Any]) -> str:
    """A summary in which nobody's words stand, of what `_ours` or `_told_plainly` gave."""
    exposed = ours["exposures"]
    whose = dict.fromkeys(row["whose"] for row in exposed if row["whose"] != Whose.UNKNOWN)
    kinds = dict.fromkeys(kind for row in exposed for kind in row["kinds"])
    said = [str(ours["kind"]).replace("_", " ").capitalize()]
    said += [f"data of {', '.join(whose)}"] if whose else []
    said += [f"kinds: {', '.join(kinds)}"] if kinds else []
    said.append(f"could be read by: {ours['audience'].replace('_', ' ')}")
    return "; ".join(said) + "."


def _without_texts(record: dict[str, Any], incident: Incident) -> dict[str, Any]:
    """What is chosen or counted in an imported record, whatever it says of itself."""
    told = _told_plainly(record.get("plus", {}).get(OURS))
    plus = {"plus": {OURS: told}} if told else {}
    ours = told or _ours(incident, list(incident.exposures.all()), texts=False)
    return without_texts(record) | plus | {"summary": _plain_words(ours)}


def _told_plainly(said: Any) -> dict[str, Any] | None:
    """What an Andon told in words of its own, each looked at anew; None if it told none."""
    if not isinstance(said, dict):
        return None
    fits: dict[str, Callable[[Any], bool]] = {
        "codename": codenames.is_one,
        "kind": Kind.values.__contains__,
        "audience": Audience.values.__contains__,
        **dict.fromkeys(("severity", "counts_as", "peak"), _is_level),
        **dict.fromkeys(_TIMES, _is_time),
    }
    kept = {name: said[name] for name, fit in fits.items() if name in said and fit(said[name])}
    if "kind" not in kept or "audience" not in kept:
        return None
    rows = said.get("exposures")
    exposed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return kept | {"texts": False, "exposures": [_plain_exposure(row) for row in exposed]}


def _is_level(said: Any) -> bool:
    return said is None or (type(said) is int and said in range(6))


def _is_time(said: Any) -> bool:
    try:
        return said is None or datetime.fromisoformat(said).isoformat() == said
    except (TypeError, ValueError):
        return False


def _plain_exposure(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = row.get("kinds")
    known = [each for each in kinds if each in Category.values] if isinstance(kinds, list) else []
    chosen = {"whose": Whose.values, "accessed": Accessed.values}
    words = {name: row.get(name) for name in chosen}
    counts = {name: row.get(name) for name in _COUNTS}
    return {
        "kinds": known,
        **{n: said if said in chosen[n] else "unknown" for n, said in words.items()},
        **{n: count if type(count) is int else None for n, count in counts.items()},
    }
