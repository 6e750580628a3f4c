"""Who must be told of an exposure: the authority, the people. A proposal with its reason. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from severity.assessment import Result
from severity.facts import Facts
from severity.vocabulary import Evidence

# Somebody outside, or with a purpose of their own, has the data.
GOT_OUT = (Evidence.CONFIRMED_EXTERNAL, Evidence.EXFILTRATED)
RECORD = "record it all the same (Art. 33(5))"


class Answer(StrEnum):
    """`decide`: the facts do not settle it; a privacy officer must, and say why."""

    NO = "no"
    DECIDE = "decide"
    YES = "yes"


@dataclass(frozen=True)
class Duty:
    answer: Answer
    reason: str

    def plain(self) -> dict[str, str]:
        return {"answer": self.answer.value, "reason": self.reason}


@dataclass(frozen=True)
class Telling:
    """`authority`: GDPR Art. 33(1). `individuals`: the people concerned, Art. 34."""

    authority: Duty
    individuals: Duty

    def plain(self) -> dict[str, dict[str, str]]:
        """Return authority and individuals, each with answer and reason, for JSON."""
        return {"authority": self.authority.plain(), "individuals": self.individuals.plain()}


def whom_to_tell(facts: Facts, result: Result) -> Telling:
    """Return who must be told, as the facts and ENISA's band have it.

    It leans on the score for the legal file, never on our own index or level: those
    say what we do, not what the law asks. Readers inside alone count like any others.

    Source: GDPR Art. 33(1) (unless a risk is unlikely), 34(1) (a high risk) and
    34(3)(a) (unintelligible); that a band stands for a risk is our own reading.
    """
    certain = _certain(facts)
    if certain:
        return Telling(certain, certain)
    if facts.unintelligible:
        return _unreadable(facts)
    return Telling(_authority(result), _individuals(facts, result))


def _certain(facts: Facts) -> Duty | None:
    if facts.threat_to_life:
        return Duty(Answer.YES, "people may come to harm")
    if facts.near_miss:
        reason = f"a near miss: nothing could be read outside the declared audience; {RECORD}"
        return Duty(Answer.NO, reason)
    return None


def _unreadable(facts: Facts) -> Telling:
    if facts.cb.integrity or facts.cb.availability:
        reason = "nobody can read the data, but they were altered or lost: is that a risk?"
        return Telling(Duty(Answer.DECIDE, reason), Duty(Answer.DECIDE, reason))
    no_risk = f"strongly encrypted, the key not exposed: a risk is unlikely; {RECORD}"
    no_readers = "strongly encrypted, the key not exposed (Art. 34(3)(a))"
    return Telling(Duty(Answer.NO, no_risk), Duty(Answer.NO, no_readers))


def _authority(result: Result) -> Duty:
    if result.band == "low":
        reason = f"SE {result.se} is low: only a risk that is unlikely need not be notified"
        return Duty(Answer.DECIDE, f"{reason} (Art. 33(1)); {RECORD}")
    return Duty(Answer.YES, f"SE {result.se} is {_said(result)}: a risk to people (Art. 33(1))")


def _individuals(facts: Facts, result: Result) -> Duty:
    grave = f"SE {result.se} is {_said(result)}"
    got = _got_out(facts)
    if result.band == "very_high":
        return Duty(Answer.YES, f"{grave}: a high risk to people (Art. 34(1))")
    if result.band == "high" and got:
        return Duty(Answer.YES, f"{grave}, and {got}: a high risk to people (Art. 34(1))")
    if result.band == "high":
        return Duty(Answer.DECIDE, f"{grave}: is the risk to people high (Art. 34(1))?")
    if result.band == "medium" and got:
        return Duty(Answer.DECIDE, f"{grave}, yet {got}: is the risk to people high?")
    return Duty(Answer.NO, f"{grave}: no high risk to people (Art. 34(1))")


def _got_out(facts: Facts) -> str:
    if facts.evidence in GOT_OUT:
        return "somebody outside has the data"
    return "it was done on purpose" if facts.cb.malicious else ""


def _said(result: Result) -> str:
    return result.band.replace("_", " ")
