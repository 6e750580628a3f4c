"""A first level from the report form's questions, what is unknown at the worst plausible. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from severity.assessment import Result, assess
from severity.facts import BadFact, Circumstances, DataContext, Facts
from severity.kinds import Kind
from severity.ladder import Sev
from severity.ruleset import RuleSet
from severity.vocabulary import Duration, Flag, People, Seen, StillOpen

_NEVER_ASKED = (
    *("ei", "cb integrity", "cb availability", "cb malicious", "duration", "evidence", "refix"),
    *(flag.value for flag in Flag),
)


@dataclass(frozen=True)
class Answers:
    """What the reporter answered to "who can see it" and "is it still open".

    Raises:
        BadFact: if an answer is not one of the form's.
    """

    audience: str
    still_open: str

    def __post_init__(self) -> None:
        if self.audience not in list(Seen):
            raise BadFact("audience", self.audience, allowed=", ".join(Seen))
        if self.still_open not in list(StillOpen):
            raise BadFact("still_open", self.still_open, allowed=", ".join(StillOpen))


@dataclass(frozen=True)
class ProgramContext:
    """What we know of a program: kinds of data, people, whether it collects, since how many days.

    Raises:
        BadFact: if a number is negative or no whole number.
    """

    categories: tuple[str, ...]
    participants: int | None
    collecting: bool
    running_for_days: int | None

    def __post_init__(self) -> None:
        for field in ("participants", "running_for_days"):
            value = getattr(self, field)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and value >= 0):
                raise BadFact(field, value, allowed="a whole number from 0, or None")


# Stands in when the program is unknown and the register is empty. It collects:
# a report came in, so something does.
NOBODYS_PROGRAM = ProgramContext((), None, collecting=True, running_for_days=None)


@dataclass(frozen=True)
class Triage:
    """`sev` is the level to act on. While `undetermined`, it is only the worst plausible one.

    `assumed` says in sentences what was unknown and how it was counted; `unknown` names every
    fact that nobody stated, as `severity.changes` calls them, asked for or not.
    """

    sev: Sev
    undetermined: bool
    facts: Facts
    result: Result
    assumed: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def triage(
    answers: Answers,
    program: ProgramContext | None,
    *,
    every_program: Sequence[ProgramContext] = (),
    rules: RuleSet,
) -> Triage:
    """Return the level to act on before anyone has assessed anything.

    Args:
        program: the program that the reporter named, None for "I do not know".
        every_program: then, all programs there are; the worst plausible one is taken.
            `assumed` names none of them: the reporter may not know that they exist.
    """
    candidates = [program] if program else list(every_program) or [NOBODYS_PROGRAM]
    worst = min((_weigh(answers, each, rules) for each in candidates), key=_worst_first)
    assumed = (*_unnamed(program, every_program), *worst.assumed)
    undetermined = program is None or answers.audience == Seen.UNKNOWN
    unknown = tuple(_unknown(answers, program))
    return Triage(worst.result.sev, undetermined, worst.facts, worst.result, assumed, unknown)


@dataclass(frozen=True)
class _Weighed:
    facts: Facts
    result: Result
    assumed: tuple[str, ...]


def _worst_first(weighed: _Weighed) -> tuple[int, Decimal, Decimal]:
    return weighed.result.sev, -weighed.result.osi, -weighed.result.se


def _weigh(answers: Answers, program: ProgramContext, rules: RuleSet) -> _Weighed:
    seen = rules.triage.answers[Seen(answers.audience)]
    kind = _worst_kind(program, rules)
    nothing = Decimal(0)
    facts = Facts(
        dpc=DataContext(kind.category, kind.adjust),
        ei=rules.triage.ei,
        cb=Circumstances(seen.confidentiality, nothing, nothing, nothing),
        audience=seen.audience,
        people=_people(program, rules),
        people_count=program.participants,
        duration=_duration(program, rules),
        evidence=rules.triage.evidence,
        ongoing=program.collecting and answers.still_open != StillOpen.NO,
        refix=False,
        secrets=any(each.secrets for each in _kinds(program, rules)),
    )
    return _Weighed(facts, assess(facts, rules), tuple(_assumed(answers, program, rules=rules)))


def _kinds(program: ProgramContext, rules: RuleSet) -> list[Kind]:
    table = rules.triage
    named = [table.kinds.get(name, table.unlisted_kind) for name in program.categories]
    return named or [table.kind]


def _worst_kind(program: ProgramContext, rules: RuleSet) -> Kind:
    return max(_kinds(program, rules), key=lambda kind: kind.dpc)


def _people(program: ProgramContext, rules: RuleSet) -> People:
    if program.participants is None:
        return rules.triage.people
    return rules.index.bracket(program.participants)


def _duration(program: ProgramContext, rules: RuleSet) -> Duration:
    """Since the program started: nobody asked the reporter how long it has been open."""
    if program.running_for_days is None:
        return rules.triage.duration
    long = program.running_for_days > rules.triage.long_after_days
    return Duration.OVER_30_DAYS if long else Duration.UP_TO_30_DAYS


def _unknown(answers: Answers, program: ProgramContext | None) -> Iterator[str]:
    """What neither the reporter nor the program states: nobody asks for most of it yet."""
    yield from _NEVER_ASKED
    if answers.audience == Seen.UNKNOWN:
        yield from ("audience", "cb confidentiality")
    if answers.still_open == StillOpen.UNKNOWN:
        yield "ongoing"
    if program is None or program.participants is None:
        yield "people"
    if program is None or not program.categories:
        yield "dpc"


def _unnamed(program: ProgramContext | None, every: Sequence[ProgramContext]) -> Iterator[str]:
    if program is None and every:
        yield f"program unknown: counted as the worst of all {len(every)}"
    elif program is None:
        yield "program unknown and none registered: counted as one that collects"


def _assumed(answers: Answers, program: ProgramContext, *, rules: RuleSet) -> Iterator[str]:
    if answers.audience == Seen.UNKNOWN:
        yield "audience unknown: counted as public"
    if answers.still_open == StillOpen.UNKNOWN and program.collecting:
        yield "still open unknown: counted as open, and collection goes on into it"
    if program.participants is None:
        yield f"people unknown: counted as {rules.index.people[rules.triage.people].means}"
    if program.running_for_days is None:
        means = rules.index.duration[rules.triage.duration].means
        yield f"start of the program unknown: counted as {means}"
    yield from _assumed_data(program.categories, rules)


def _assumed_data(categories: Iterable[str], rules: RuleSet) -> Iterator[str]:
    named = list(categories)
    if not named:
        yield f"kind of data unknown: counted as {_as_text(rules.triage.kind)}"
    for name in named:
        kind = rules.triage.kinds.get(name)
        if kind is None:
            counted = _as_text(rules.triage.unlisted_kind)
            yield f"kind of data {name!r} is not in the rules: counted as {counted}"
        elif kind.secrets:
            yield f"{name}: counted as live, opening other stores"


def _as_text(kind: Kind) -> str:
    return f"{kind.category} data, DPC {kind.dpc}"
