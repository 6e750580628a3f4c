"""From a VERIS record to an incident of the past, provisional in what VERIS does not tell. Pure.

What it was read from stays whole beside the incident, so that an export gives the same again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from incidents.models import Accessed, Kind, Status, Whose
from incidents.models import Audience as AudienceWord
from incidents.pastcase import LONGEST, BadRow, Exposed, PastCase, check
from programs.models import Category
from severity import inforce
from severity.facts import BadFact, Facts
from severity.veris.first_facts import first_facts
from severity.veris.reading import read as read_record
from severity.veris.record import PartialDate, Record
from severity.veris.writing import write
from severity.vocabulary import Audience

# Where in `plus` an export of Andon says what VERIS has no word for.
OURS = "andon"
_ACCESSED = {
    "Yes": Accessed.ACCESSED,
    "No": Accessed.NONE_LOGGED,
    "Potentially": Accessed.NONE_KNOWN,
}
_WHOSE = {
    "Employee": Whose.EMPLOYEES,
    "Customer": Whose.CUSTOMERS,
    "Patient": Whose.CUSTOMERS,
    "Student": Whose.OTHERS,
}
_READERS = {
    Audience.PUBLIC: "outside",
    Audience.KNOWN_EXTERNAL: "outside",
    Audience.TEAM: "few_inside",
}
TIMES = (
    *("reported_at", "occurred_from", "occurred_to", "contained_at"),
    *("recovered_at", "closed_at", "aware_at"),
)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def read(given: object, *, source: str, now: datetime) -> PastCase:
    """Return the incident that a record tells.

    Args:
        source: whose ids its ids are, where the record does not say.

    Raises:
        BadRow: for the first field that is missing, of another type or off its scale.
    """
    try:
        record = read_record(given)
    except BadFact as fault:
        raise BadRow(fault.field, str(fault).removeprefix(fault.field).strip()) from fault
    case = _case(record, source)
    check(case, now=now)
    return case


def _case(record: Record, source: str) -> PastCase:
    ours = _ours(record)
    times = _times(record) | _said_times(ours)
    first = first_facts(record, inforce.rules())
    level = ours.get("severity")
    if level is not None and (type(level) is not int or level not in range(6)):
        raise BadRow(f"plus.{OURS}.severity", f"{str(level)[:40]!r} is not from 0 to 5.")
    texts: dict[str, Any] = {
        "detail": record.summary or record.notes,
        "reference": next(iter(record.links), ""),
    }
    texts["found_how"] = ", ".join(how for every in record.found.values() for how in every)
    facts = first.facts
    fields: dict[str, Any] = {name: text[: LONGEST[name]] for name, text in texts.items()} | times
    return PastCase(
        source=(record.source or source)[: LONGEST["source"]],
        source_id=record.incident_id,
        title=str(ours.get("title") or _title(record)),
        kind=_word(ours, "kind", Kind.values) or _kind(record),
        status=Status.DISMISSED if record.confirmation == "False positive" else Status.CLOSED,
        audience=_word(ours, "audience", AudienceWord.values) or _readers(record, facts),
        level=level,
        facts=facts,
        assumed=first.assumed,
        exposed=_said_exposure(ours) or _exposed(record),
        record=write(record),
        remarks=record.remarks,
        **fields,
    )


def _readers(record: Record, facts: Facts | None) -> str:
    # Where nothing says who could read it, VERIS's worst plausible is no fact of ours.
    told = facts is not None and ("misuse" in record.actions or "error" in record.actions)
    return _READERS.get(facts.audience, "unknown") if facts and told else "unknown"


def _ours(record: Record) -> Mapping[str, Any]:
    plus = record.rest.get("plus")
    found = plus.get(OURS) if isinstance(plus, dict) else None
    return found if isinstance(found, dict) else {}


def _word(ours: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    """What an Andon said in one of its own words; empty if it said nothing."""
    said = ours.get(name)
    if said is None:
        return ""
    if said not in allowed:
        raise BadRow(f"plus.{OURS}.{name}", f"{str(said)[:40]!r} is none of: {', '.join(allowed)}.")
    return str(said)


def _said_exposure(ours: Mapping[str, Any]) -> Exposed | None:
    """The first exposure that an Andon told; the others stay in the record."""
    rows = ours.get("exposures")
    first = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(first, dict):
        return None
    counts: dict[str, Any] = {
        name: first.get(name) for name in ("people_min", "people_known", "people_max")
    }
    for name, count in counts.items():
        if count is not None and type(count) is not int:
            raise BadRow(f"plus.{OURS}.exposures.{name}", "is no whole number.")
    kinds = first.get("kinds")
    known = [each for each in kinds if each in Category.values] if isinstance(kinds, list) else []
    return Exposed(
        what=str(first.get("what") or "Data, not named")[: LONGEST["what"]],
        kinds=tuple(known),
        whose=_word(first, "whose", Whose.values) or Whose.UNKNOWN,
        accessed=_word(first, "accessed", Accessed.values) or Accessed.UNKNOWN,
        **counts,
    )


def _title(record: Record) -> str:
    first = " ".join(record.summary.split())
    return first[: LONGEST["title"]] or f"VERIS {record.incident_id}"[: LONGEST["title"]]


def _kind(record: Record) -> str:
    if record.confirmation == "Near miss":
        return Kind.NEAR_MISS
    if "misuse" in record.actions:
        return Kind.MISUSE
    errors = record.actions.get("error", {}).get("variety", [])
    return Kind.LOSS if "Loss" in errors or "Disposal error" in errors else Kind.EXPOSURE


def _exposed(record: Record) -> Exposed | None:
    if not record.data and not record.disclosure:
        return None
    what = ", ".join(dict.fromkeys(each.variety for each in record.data)) or "Data, not named"
    whose = next((_WHOSE[each] for each in record.data_victim if each in _WHOSE), Whose.UNKNOWN)
    # No count of people: VERIS counts records.
    return Exposed(
        what=what[: LONGEST["what"]],
        whose=whose,
        accessed=_ACCESSED.get(record.disclosure, Accessed.UNKNOWN),
        since_is_estimate=record.occurred.date is None,
    )


def _begin(occurred: PartialDate) -> datetime:
    """The first moment of what is known of a date, also where the day never was."""
    day = occurred.date
    if day is None:
        return datetime(occurred.year, occurred.month or 1, 1, tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _times(record: Record) -> dict[str, datetime | None]:
    began = _begin(record.occurred)
    found = _after(began, record, "discovery")
    contained = _after(found, record, "containment") if "containment" in record.spans else None
    if began < _EARLIEST:
        said = f"{record.occurred.year} lies before {_EARLIEST.year}; those are not kept here."
        raise BadRow("timeline.incident.year", said)
    return {
        "occurred_from": began,
        "reported_at": found,
        "contained_at": contained,
        "closed_at": contained or found,
    }


def _after(moment: datetime, record: Record, name: str) -> datetime:
    span = record.spans.get(name)
    days = span.days if span else None
    try:
        return moment + timedelta(days=days or 0)
    except OverflowError as error:
        raise BadRow(f"timeline.{name}", "is longer than anybody reckons with.") from error


def _said_times(ours: Mapping[str, Any]) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {}
    for name in TIMES:
        said = ours.get(name)
        if said is None:
            if name in ours:
                found[name] = None
            continue
        try:
            moment = datetime.fromisoformat(said)
        except (TypeError, ValueError) as error:
            raise BadRow(f"plus.{OURS}.{name}", f"{str(said)[:40]!r} is no time.") from error
        found[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found
