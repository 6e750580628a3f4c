"""An incident as a VERIS 1.4.1 record, its texts left out unless they are asked for. Reads only.

VERIS has no word for who could read, how many people, or how we rate: that stands in `plus.andon`,
from which an import takes it up again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from incidents import verisours
from incidents.importveris import OURS
from incidents.models import Accessed, Exposure, Imported, Incident, Kind, Status, Whose
from programs.models import Category, Pause
from severity.ladder import Sev
from severity.veris.pruning import without_texts
from severity.veris.record import Data, PartialDate, Record, Span
from severity.veris.writing import RATINGS, employees, write

SOURCE = "andon"
_UNSURE = (Status.REPORTED, Status.TRIAGING)
# From the most telling: the first that an exposure says is told of all.
_DISCLOSED = {
    Accessed.ACCESSED: "Yes",
    Accessed.NONE_KNOWN: "Potentially",
    Accessed.UNKNOWN: "Unknown",
    Accessed.NONE_LOGGED: "No",
}
# VERIS knows no keystrokes, transcripts or reviews of performance: data of a person, like any.
_VARIETIES = {
    Category.PAYMENT.value: "Payment",
    Category.HEALTH.value: "Medical",
    Category.BELIEFS.value: "Sensitive Personal",
    Category.BIOMETRICS.value: "Sensitive Personal",
    Category.CREDENTIALS.value: "Credentials",
}
_VICTIMS = {
    Whose.EMPLOYEES.value: "Employee",
    Whose.CONTRACTORS.value: "Other",
    Whose.APPLICANTS.value: "Other",
    Whose.CUSTOMERS.value: "Customer",
    Whose.CHILDREN.value: "Other",
    Whose.OTHERS.value: "Other",
    Whose.UNKNOWN.value: "Unknown",
}
# As severity.veris.first_facts reads them back.
_ALTERED, _AWAY, _LOST = "Modify data", "Interruption", "Loss"
_LOST_FOR_GOOD = 0.5


def for_records(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Read with each incident what its record says."""
    past = Incident.history.model.objects.filter(id=OuterRef("pk"))
    changed = past.filter(history_type="~")
    by_person = past.filter(history_type="+", history_user__isnull=False)
    joined = incidents.select_related("assessment", "imported")
    rows = Prefetch("exposures", Exposure.objects.select_related("dataset"))
    joined = joined.prefetch_related(rows, "obligations")
    return joined.annotate(was_changed=Exists(changed), by_person=Exists(by_person))


def each(incidents: Iterable[Incident], *, texts: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the records of incidents that `for_records` read.

    What came from VERIS is told as it came; what was changed since stands in `plus.andon`.

    Args:
        texts: also what people wrote, with the names that may stand in it.
    """
    rows = list(incidents)
    pauses: dict[str, list[Pause]] = {row.ref: [] for row in rows}
    found = Pause.objects.filter(holder__in=[*pauses], is_drill=False)
    for pause in found.order_by("since", "pk"):
        pauses[pause.holder].append(pause)
    yield from (_of(row, pauses[row.ref], texts=texts) for row in rows)


def _of(incident: Incident, pauses: Sequence[Pause], *, texts: bool) -> dict[str, Any]:
    past: Imported | None = getattr(incident, "imported", None)
    exposed = list(incident.exposures.all())
    if past and past.record:
        record = past.record
        if incident.was_changed:  # type: ignore[attr-defined]
            ours = verisours.of(incident, exposed, pauses, texts=texts)
            record = record | {"plus": record.get("plus", {}) | {OURS: ours}}
        return record if texts else _without_texts(record, incident)
    return write(_record(incident, exposed, pauses, texts=texts))


def _record(
    incident: Incident, exposed: Sequence[Exposure], pauses: Sequence[Pause], *, texts: bool
) -> Record:
    ours = verisours.of(incident, exposed, pauses, texts=texts)
    return Record(
        incident_id=str(incident.uuid),
        source=SOURCE,
        confirmation=_confirmation(incident),
        occurred=_occurred(incident),
        found=_found(incident),
        summary=incident.title if texts else _plain_words(ours),
        notes=incident.detail if texts else "",
        reference=incident.reference if texts else "",
        spans={
            "discovery": _span(incident.occurred_from, incident.reported_at),
            "containment": _span(incident.reported_at, incident.contained_at),
        },
        actors={"internal": {"variety": ["Unknown"], "motive": [_motive(incident)]}},
        actions=_actions(incident),
        asset={"assets": [{"variety": "Unknown"}], "cloud": ["Unknown"]},
        disclosure=_disclosure(exposed),
        data=tuple(Data(each) for each in _data(exposed)),
        data_victim=tuple(dict.fromkeys(_VICTIMS[row.whose] for row in exposed)),
        rest=_victim()
        | {
            "attribute": _altered(ours),
            "impact": {"overall_rating": RATINGS[Sev(incident.counts_as)]},
            "plus": {OURS: ours},
        },
    )


def _confirmation(incident: Incident) -> str:
    if incident.status == Status.DISMISSED:
        return "False positive"
    if incident.kind == Kind.NEAR_MISS:
        return "Near miss"
    return "Suspected" if incident.status in _UNSURE else "Confirmed"


def _occurred(incident: Incident) -> PartialDate:
    if incident.occurred_from is None:
        # VERIS asks for a year; the day of the report would be told as the day it began.
        return PartialDate(incident.reported_at.astimezone(UTC).year)
    at = incident.occurred_from.astimezone(UTC)
    return PartialDate(at.year, at.month, at.day, f"{at:%H:%M:%S}Z")


def _span(start: datetime | None, end: datetime | None) -> Span:
    return Span.between(start, end) if start and end else Span("Unknown")


def _found(incident: Incident) -> dict[str, tuple[str, ...]]:
    if hasattr(incident, "imported"):
        return {"unknown": ()}
    # A monitor or a scan of who can read the data, else.
    by_person = getattr(incident, "by_person", False)
    how = "Reported by employee" if by_person else "Infrastructure monitoring"
    return {"internal": (how,)}


def _motive(incident: Incident) -> str:
    return "Unknown" if incident.kind == Kind.MISUSE else "NA"


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


def _victim() -> dict[str, Any]:
    told = settings.ENVIRONMENT.organisation
    found = {
        "employee_count": employees(told.employees) if told.employees else "",
        "industry": told.industry,
        "country": list(told.countries),
        "region": list(told.regions),
    }
    said = {name: value for name, value in found.items() if value}
    return {"victim": {"government": ["Unknown"]} | said} if said else {}


def _altered(ours: Mapping[str, Any]) -> dict[str, Any]:
    """What was altered or lost, as the circumstances of the score have it."""
    points = ours.get("assessed", {}).get("facts", {}).get("cb", [0, 0, 0, 0])
    _confidentiality, integrity, availability, _intent = points
    found: dict[str, Any] = {"integrity": {"variety": [_ALTERED]}} if integrity else {}
    if availability:
        gone = _LOST if availability >= _LOST_FOR_GOOD else _AWAY
        found["availability"] = {"variety": [gone]}
    return found


def _plain_words(ours: Mapping[str, Any]) -> str:
    """A summary in which nobody's words stand, of what incidents.verisours gave."""
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
    told = verisours.told_plainly(record.get("plus", {}).get(OURS))
    plus = {"plus": {OURS: told}} if told else {}
    ours = told or verisours.of(incident, list(incident.exposures.all()), texts=False)
    return without_texts(record) | plus | {"summary": _plain_words(ours)}
