"""What each question of a full assessment says, with help and an example for every answer.

Which answers there are is the rule set's to say (`severity.questions`); an answer that has no
words here is shown in those of the rule set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from incidents.questions import context, data, reach, traces
from incidents.questions.words import Answer, Question
from severity import inforce
from severity.changes import Change, Sensitivity
from severity.enisa import CIRCUMSTANCES
from severity.ladder import Sev
from severity.questions import NAMES, UNKNOWN, fact_of, means, scale

ALL: dict[str, Question] = {
    name: {**data.QUESTIONS, **reach.QUESTIONS, **traces.QUESTIONS, **context.QUESTIONS}[name]
    for name in NAMES
}
_YES_OR_NO = {"yes": _("Yes"), "no": _("No"), "true": _("Yes"), "false": _("No")}

__all__ = [
    "ALL",
    "Answer",
    "Bearing",
    "Question",
    "answer",
    "asked",
    "counted",
    "in_short",
    "in_words",
    "said",
]


def answer(name: str, value: str) -> Answer:
    """Return the words of an answer; those of the rule set where there are none here.

    An answer that only older rules had is told as it was given.
    """
    known, rules = ALL[name].answers.get(value), inforce.rules()
    told = means(name, value, rules) if value in scale(name, rules) else value
    return known or Answer(told, "")


def asked(fact: str) -> str:
    """Return what a fact is called in short, such as "cb integrity" or "people"."""
    return str(ALL[_name(fact)].short)


def said(fact: str, value: str) -> str:
    """Return an answer as `severity.changes` gives it ("behavioural +1", "true") in words."""
    if value in _YES_OR_NO:
        return str(_YES_OR_NO[value])
    return str(answer(_name(fact), value.replace(" ", "")).label)


def in_short(name: str, value: str | None) -> str:
    """Return what was answered to a question, in words, unknown among them."""
    if value is None or value == UNKNOWN:
        return str(_("I do not know"))
    return said(fact_of(name), value)


@dataclass(frozen=True)
class Bearing:
    """How one fact bears on a level, in words; a direction in which nothing changes is None."""

    fact: str
    stated: str
    assumed: bool
    worse: tuple[str, Sev] | None
    milder: tuple[str, Sev] | None


def in_words(rows: Iterable[Sensitivity]) -> list[Bearing]:
    """Say what would change a level as a reader of the questions knows it."""
    return [
        Bearing(
            asked(row.fact),
            said(row.fact, row.stated),
            row.assumed,
            _to(row.worse),
            _to(row.milder),
        )
        for row in rows
    ]


def counted(facts: Iterable[str], counted_as: Mapping[str, str]) -> list[tuple[str, str]]:
    """Say of each fact that nobody knows as what it counts, both as a reader knows them.

    Args:
        counted_as: by question, the answer that stands in for one that nobody knows.
    """
    return [(asked(fact), said(fact, counted_as[_name(fact)])) for fact in facts]


def _to(change: Change | None) -> tuple[str, Sev] | None:
    return None if change is None else (said(change.fact, change.instead), change.sev)


def _name(fact: str) -> str:
    name = fact.removeprefix("cb ")
    return name if name in CIRCUMSTANCES else fact
