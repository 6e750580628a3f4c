"""What nobody knows yet counts as at least this, and waits no longer, under every rule set. Pure.

A rule set may take a doubt more seriously. One that took it more lightly would let programs run
on that nobody has looked at, so it is refused.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from severity.kinds import TriageRules
from severity.reading import BadRuleSet
from severity.ruleset import RuleSet
from severity.vocabulary import Action, Audience, Duration, Evidence, People, Seen

# So long at most may a severity stay undetermined before programs stop and people are paged.
MOST_SECONDS = 15 * 60
# ENISA's points of each kind of data. One that is left out counts as a kind that is not listed.
LEAST_POINTS = {
    "keystrokes": 3,
    "mouse_movements": 2,
    "conversations": 3,
    "transcripts": 3,
    "performance_records": 3,
    "screenshots": 3,
    "recordings": 3,
    "browsing": 3,
    "location": 3,
    "contact_details": 1,
    "identity_documents": 3,
    "payment": 4,
    "health": 4,
    "beliefs": 4,
    "biometrics": 4,
    "minors": 4,
    "credentials": 3,
}
OPENS_OTHERS = ("credentials",)
LEAST_KIND, LEAST_UNLISTED = 3, 4
LEAST_SEEN = {
    Seen.FEW_INSIDE: (Audience.TEAM, Decimal("0.25")),
    Seen.EVERYONE_INSIDE: (Audience.ORG_WIDE, Decimal("0.25")),
    Seen.OUTSIDE: (Audience.PUBLIC, Decimal("0.5")),
}
LEAST_EI = Decimal(1)
LATEST_LONG_DAYS = 30


def hold(rules: RuleSet) -> None:
    """Refuse rules that take what is unknown more lightly than these.

    Raises:
        BadRuleSet: with the path of what is too mild or too late, and what is allowed.
    """
    for path, fault in (*_faults(rules.triage), *_waits(rules)):
        raise BadRuleSet(path, fault)


def _faults(triage: TriageRules) -> Iterator[tuple[str, str]]:
    yield from _kinds(triage)
    for seen, (audience, points) in LEAST_SEEN.items():
        answer, at = triage.answers[seen], f"triage.answers.{seen.value}"
        yield from _milder(f"{at}.audience", answer.audience, audience)
        if answer.confidentiality < points:
            yield f"{at}.confidentiality", f"is {answer.confidentiality}; allowed: {points} or more"
    yield from _milder("triage.evidence", triage.evidence, Evidence.NONE_LOGS_INCOMPLETE)
    yield from _milder("triage.when_unknown.people", triage.people, People.UP_TO_1M)
    yield from _milder("triage.when_unknown.duration", triage.duration, Duration.UP_TO_30_DAYS)
    if triage.ei < LEAST_EI:
        yield "triage.ei", f"is {triage.ei}; allowed: {LEAST_EI}"
    if triage.long_after_days > LATEST_LONG_DAYS:
        said = f"is {triage.long_after_days}; allowed: 1 to {LATEST_LONG_DAYS}"
        yield "triage.long_after_days", said


def _kinds(triage: TriageRules) -> Iterator[tuple[str, str]]:
    for name, kind, least in (
        ("kind", triage.kind, LEAST_KIND),
        ("unlisted_kind", triage.unlisted_kind, LEAST_UNLISTED),
    ):
        if kind.dpc < least:
            yield f"triage.when_unknown.{name}", _points(kind.dpc, least)
    for name, least in LEAST_POINTS.items():
        kind = triage.kinds.get(name, triage.unlisted_kind)
        if kind.dpc < least:
            yield f"triage.kinds.{name}", _points(kind.dpc, least)
        if name in OPENS_OTHERS and not kind.secrets:
            yield f"triage.kinds.{name}", "must have secrets: true, as it opens other stores"


def _points(found: int, least: int) -> str:
    return f"counts {found} of ENISA's points; allowed: {least} or more"


def _milder(path: str, found: StrEnum, least: StrEnum) -> Iterator[tuple[str, str]]:
    """The words of a scale rise from mild to grave."""
    scale = list(type(least))
    allowed = scale[scale.index(least) :]
    if found not in allowed:
        yield path, f"is {found.value!r}; allowed: {', '.join(allowed)}"


def _waits(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Each of the two must come in time; another that comes later does no harm."""
    for action in (Action.PAUSE, Action.ESCALATE):
        waits = [
            (each.seconds, place)
            for place, each in enumerate(rules.thresholds)
            if each.undetermined and each.action is action
        ]
        soonest, place = min(waits)
        if soonest > MOST_SECONDS:
            said = f"is {soonest}; to {action.value} when nobody determines the severity allows:"
            yield f"thresholds[{place}].seconds", f"{said} 1 to {MOST_SECONDS}"
