"""What a full assessment leads to: the answers weighed, and the level that a person makes of it.

Reads only. `incidents.judgement` puts it in force.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from incidents import weighing
from incidents.models import Incident
from severity import inforce
from severity.changes import Sensitivity, sensitivity
from severity.facts import BadFact, Facts
from severity.ladder import Sev
from severity.questions import Said, Weighed, answers_of, fact_of
from severity.questions import weigh as weigh_answers

LONGEST_REASON = 2000
NOTHING = Said({})


@dataclass(frozen=True)
class Judged:
    """A level that somebody sets against the rules, and why."""

    level: Sev
    reason: str


@dataclass(frozen=True)
class Worked:
    """A full assessment, worked out and not yet in force. `level`: the rules', or the person's."""

    said: Said
    weighed: Weighed
    level: Sev
    undetermined: bool
    reason: str

    @property
    def is_overridden(self) -> bool:
        """True if a person set the level, or said that the worst plausible one is it."""
        determines = self.weighed.undetermined and not self.undetermined
        return determines or self.level is not self.weighed.result.sev

    def row(self) -> dict[str, Any]:
        """Return the fields of an Assessment, decimals as text, as JSON can hold them."""
        result = self.weighed.result
        rules = inforce.that_weighed(result)
        trace = result.plain()["trace"]
        if self.is_overridden:
            trace.append(
                {
                    "term": "override",
                    "input": result.sev.label,
                    "value": self.level.label,
                    "why": self.reason,
                    "sev": self.level.value,
                }
            )
        return {
            "rules_version": rules.version,
            "rules_sha256": rules.sha256,
            "facts": {
                "assumed": list(self.weighed.assumed),
                "unknown": list(self.weighed.unknown),
                "said": self.said.plain(),
                "by_rules": result.sev.value,
                **self.weighed.facts.plain(),
            },
            "trace": trace,
            "score": str(result.se),
            "index": str(result.osi),
            "level": self.level.value,
            "undetermined": self.undetermined,
            "reason": self.reason,
        }


def weigh(incident: Incident, said: Said) -> Weighed:
    """Return what answers about an incident lead to, unknowns as its program has them.

    Raises:
        BadFact: if an answer is none, absurd, or contradicts another.
    """
    program, every = weighing.contexts(incident.program)
    now = timezone.now()
    return weigh_answers(said, program, every_program=every, rules=inforce.rules(), now=now)


def work_out(incident: Incident, said: Said, judged: Judged | None = None) -> Worked:
    """Return the full assessment that these answers are.

    Raises:
        BadFact: as `weigh`.
    """
    weighed = weigh(incident, said)
    sev = weighed.result.sev
    if judged is not None and (judged.level is not sev or weighed.undetermined):
        # Whoever sets a level determines it, be it the one that it counted as.
        return Worked(said, weighed, judged.level, undetermined=False, reason=judged.reason)
    return Worked(said, weighed, sev, weighed.undetermined, judged.reason if judged else "")


def reason_of(worked: Worked) -> str:
    """What stands on the timeline for it."""
    if worked.reason:
        return worked.reason
    figures = {"se": _plain(worked.weighed.result.se), "osi": _plain(worked.weighed.result.osi)}
    said = _("Full assessment: ENISA score %(se)s, index %(osi)s.") % figures
    unknown = len(worked.weighed.unknown)
    return f"{said} {_('Unknown answers: %(n)s.') % {'n': unknown}}" if unknown else said


def _plain(points: Decimal) -> str:
    return f"{points.normalize():f}"


def what_would_change(weighed: Weighed) -> list[Sensitivity]:
    """Each fact that, stated otherwise, leads to another level."""
    rules = inforce.rules()
    every = sensitivity(weighed.facts, rules, unknown=weighed.unknown)
    return [each for each in every if each.worse or each.milder]


def said_before(incident: Incident) -> Said | None:
    """Return what is stated so far: the last full assessment, else what the triage rests on.

    What the triage only assumed is left open. None if nothing is stated.
    """
    kept = weighing.all_of(incident).exclude(facts={}).first()
    if kept is None:
        return None
    if "said" in kept.facts:
        return Said.from_plain(kept.facts["said"])
    try:
        facts = Facts.from_mapping(weighing.stated(kept), inforce.rules())
    except BadFact:
        # Of rules that had other scales: nothing of it can be taken over.
        return None
    unknown = kept.facts.get("unknown", [])
    answers = {
        name: answer for name, answer in answers_of(facts).items() if fact_of(name) not in unknown
    }
    return Said(answers, facts.people_count if "people" in answers else None)
