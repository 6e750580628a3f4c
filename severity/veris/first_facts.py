"""First facts for a severity from a VERIS record: provisional, with what was assumed. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from severity.enisa import CIRCUMSTANCES
from severity.facts import MOST_PEOPLE, Circumstances, DataContext, Facts
from severity.ruleset import RuleSet
from severity.veris.record import Record
from severity.vocabulary import Audience, Category, Duration, Evidence, People

# From the most telling: the first that a record names is scored.
KINDS = (
    (Category.SENSITIVE, ("Medical", "Sensitive Personal")),
    (Category.FINANCIAL, ("Bank", "Payment")),
    (Category.SIMPLE, ("Personal", "Credentials", "Other", "Unknown")),
)
NO_PEOPLE = frozenset({"Internal", "System", "Secrets", "Classified"})
READERS = {
    "Publishing error": Audience.PUBLIC,
    "Misdelivery": Audience.KNOWN_EXTERNAL,
    "Disposal error": Audience.PUBLIC,
    "Loss": Audience.PUBLIC,
}
ON_PURPOSE = ("hacking", "malware", "social", "misuse", "physical")
ALTERED = ("Modify data", "Fraudulent transaction", "Misrepresentation")
LOST_FOR_GOOD = ("Loss", "Destruction")
NONE, SOME, MOST = Decimal(0), Decimal("0.25"), Decimal("0.5")


@dataclass(frozen=True)
class FirstFacts:
    """Facts to begin with; None where all the data that the record names are of no known kind.

    `assumed` says in sentences what the record does not say and how it was counted. A
    level worked out from these is provisional until a person has looked.
    """

    facts: Facts | None
    assumed: tuple[str, ...]


def first_facts(record: Record, rules: RuleSet) -> FirstFacts:
    """Return the facts that a record allows to state, unknowns at the worst plausible.

    VERIS counts records, not people, and does not know who could read: both are
    assumed. Its own rating of impact is never used.
    """
    category = _category(record)
    if category is None:
        return FirstFacts(None, ("the data named are of no kind that is weighed here",))
    audience, confidentiality = _readers(record)
    encrypted = bool(record.state) and all(each.endswith(" encrypted") for each in record.state)
    facts = Facts(
        dpc=DataContext(category, 0),
        ei=min(rules.enisa.ei) if encrypted else max(rules.enisa.ei),
        cb=_on_scales((confidentiality, _altered(record), _lost(record), _intent(record)), rules),
        audience=audience,
        people=_bracket(record, rules),
        people_count=_people_count(record),
        duration=_duration(record, rules),
        evidence=_evidence(record, audience),
        ongoing=False,
        refix=False,
        near_miss=_is_near_miss(record),
    )
    return FirstFacts(facts, tuple(_assumed(record, rules)))


def _on_scales(points: tuple[Decimal, ...], rules: RuleSet) -> Circumstances:
    """The least on each scale of these rules that is no milder; the gravest where none is."""
    scales = zip(points, map(rules.enisa.cb.__getitem__, CIRCUMSTANCES), strict=True)
    return Circumstances(
        *(
            min((each for each in scale if each >= least), default=max(scale))
            for least, scale in scales
        )
    )


def _named(record: Record) -> set[str]:
    return {each.variety for each in record.data}


def _is_of_nobody(record: Record) -> bool:
    """True if data are named, and none of them are of people."""
    return bool(record.data) and _named(record) <= NO_PEOPLE


def _is_near_miss(record: Record) -> bool:
    """True if no data of people could be read by whom they were not meant for."""
    # Records contradict themselves, and what somebody got was no near miss.
    missed = record.confirmation == "Near miss" and record.disclosure != "Yes"
    return missed or _is_of_nobody(record)


def _category(record: Record) -> Category | None:
    named = _named(record)
    found = (category for category, varieties in KINDS if named & {*varieties})
    # Nothing said about the data is not nothing exposed.
    simple = not named or _is_of_nobody(record)
    return next(found, Category.SIMPLE if simple else None)


def _errors(record: Record) -> list[str]:
    return list(record.actions.get("error", {}).get("variety", []))


def _readers(record: Record) -> tuple[Audience, Decimal]:
    for error in _errors(record):
        if error in READERS:
            audience = READERS[error]
            return audience, MOST if audience is Audience.PUBLIC else SOME
    if "misuse" in record.actions:
        return Audience.TEAM, SOME
    return Audience.PUBLIC, MOST


def _bracket(record: Record, rules: RuleSet) -> People:
    return rules.index.bracket(record.data_total) if record.data_total else rules.triage.people


def _people_count(record: Record) -> int | None:
    """One for each record, but no more people than live."""
    return record.data_total if 0 < (record.data_total or 0) <= MOST_PEOPLE else None


def _duration(record: Record, rules: RuleSet) -> Duration:
    spans = (record.spans.get(name) for name in ("discovery", "containment"))
    known = [span.days for span in spans if span and span.days is not None]
    if not known:
        return rules.triage.duration
    days = sum(known)
    return Duration.OVER_30_DAYS if days > rules.triage.long_after_days else Duration.UP_TO_30_DAYS


def _evidence(record: Record, audience: Audience) -> Evidence:
    if record.disclosure == "Yes":
        inside = audience is Audience.TEAM
        return Evidence.CONFIRMED_INTERNAL if inside else Evidence.CONFIRMED_EXTERNAL
    clean = record.disclosure == "No"
    return Evidence.NONE_LOGS_COMPLETE if clean else Evidence.NONE_LOGS_INCOMPLETE


def _intent(record: Record) -> Decimal:
    return MOST if any(name in record.actions for name in ON_PURPOSE) else NONE


def _varieties(record: Record, attribute: str) -> list[str]:
    part = record.rest.get("attribute", {}).get(attribute, {})
    said = part.get("variety", []) if isinstance(part, dict) else []
    return said if isinstance(said, list) else [said]


def _altered(record: Record) -> Decimal:
    # Whether it can be mended is not told: the worst plausible.
    return MOST if any(each in ALTERED for each in _varieties(record, "integrity")) else NONE


def _lost(record: Record) -> Decimal:
    said = _varieties(record, "availability")
    if any(each in LOST_FOR_GOOD for each in said):
        return MOST
    return SOME if said else NONE


def _assumed(record: Record, rules: RuleSet) -> Iterator[str]:
    if _is_of_nobody(record):
        yield "no data of people are named: counted as none reached"
    if not record.data:
        yield "data not named: counted as simple data of people"
    if record.data_total:
        yield "people: counted as one for each record"
    else:
        yield f"people unknown: counted as {rules.index.people[rules.triage.people].means}"
    if "misuse" in record.actions:
        yield "readers not told: counted as a team, as it was misuse"
    elif any(error in READERS for error in _errors(record)):
        yield "readers not told: counted by the kind of error"
    else:
        yield "readers unknown: counted as the public"
    if not any(record.spans.get(name) for name in ("discovery", "containment")):
        means = rules.index.duration[rules.triage.duration].means
        yield f"duration unknown: counted as {means}"
