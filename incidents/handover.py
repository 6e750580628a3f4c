"""What a merged incident knew for its legal clocks, handed to the one that goes on.

Writes through incidents.legalevents. Of two that say different things the stricter counts: the
earlier moment, the wider list, the graver answer. Awareness is not handed over: a privacy
officer decides it anew.
"""

from typing import Any

from django.utils.translation import gettext as _

from accounts.actors import Actor
from incidents import legalcase, legalevents, timeline
from incidents.models import Incident, Obligation, TimelineEntry
from severity.clocks.ruleset import RISKS

_LISTS = ("jurisdictions", "categories", "sectors")
# Where a clock would be silenced, or end later, by yes: of two answers "no" counts.
_SILENCING = ("internal_only", "unintelligible", "risk_removed", "small_agent")
_FILED = (Obligation.State.SUBMITTED, Obligation.State.CONFIRMED)


def legal(source: Incident, target: Incident, *, actor: Actor) -> None:
    """Give facts and moments to the target. What contradicts its own is left out, and said so.

    The caller has locked both and checked that the person runs both; neither is over.
    """
    left_out = [
        *_moments(source, target, actor=actor),
        *_facts(source, target, actor=actor),
    ]
    filed = source.obligations.filter(state__in=_FILED)
    lines = [_("Not taken over from a merged report: %(what)s") % {"what": e} for e in left_out]
    # What was filed there was filed for the same matter; whether it is enough, people decide.
    lines += [
        _("Filed already for a merged report: %(what)s, %(at)s UTC, reference %(ref)s.")
        % {
            "what": row.cited,
            "at": f"{row.submitted_at:%Y-%m-%d %H:%M}" if row.submitted_at else "–",
            "ref": row.reference or "–",
        }
        for row in filed
    ]
    if lines:
        text = "\n".join(lines)[: timeline.LONGEST]
        timeline.write(target, TimelineEntry.Kind.LEGAL, text, actor=actor)


def _moments(source: Incident, target: Incident, *, actor: Actor) -> list[str]:
    """Take over what is missing or earlier; return what could not be, with the reason."""
    mine, left_out = legalcase.moments_of(target), []
    for row in legalcase.events_of(source).exclude(kind=legalevents.AWARE):
        held = mine.get(row.kind)
        if row.at is None or (held is not None and held <= row.at):
            continue
        why = _("Taken over from a merged report: %(why)s") % {"why": row.rationale}
        try:
            legalevents.put(
                target,
                row.kind,
                row.at,
                rationale=why[: legalevents.LONGEST_RATIONALE],
                actor=actor,
            )
        except legalevents.Refused as refusal:
            left_out.append(f"{row.kind}: {refusal}")
    return left_out


def _facts(source: Incident, target: Incident, *, actor: Actor) -> list[str]:
    theirs, mine = legalcase.facts_of(source), legalcase.facts_of(target)
    if theirs is None:
        return []
    facts = theirs.facts if mine is None else stricter(mine.facts, theirs.facts)
    if mine is not None and facts == mine.facts:
        return []
    why = _("Taken over from a merged report: %(why)s") % {"why": theirs.reason}
    try:
        legalevents.state_facts(
            target, facts, reason=why[: legalevents.LONGEST_REASON], actor=actor
        )
    except legalevents.Refused as refusal:
        return [str(refusal)]
    return []


def stricter(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return both together; where they differ, what lets more clocks run, or run sooner."""
    found = theirs | mine
    for name in theirs.keys() & mine.keys():
        found[name] = _stricter(name, mine[name], theirs[name])
    # The sum would count twice whoever is in both, so the larger number is what is certain.
    return found


def _stricter(name: str, mine: Any, theirs: Any) -> Any:
    if name in _LISTS:
        return [*mine, *(each for each in theirs if each not in mine)]
    if name == "risk":
        return max(mine, theirs, key=RISKS.index)
    if name == "individuals_in":
        return {code: max(mine.get(code, 0), theirs.get(code, 0)) for code in mine | theirs}
    if name == "individuals":
        return max(mine, theirs)
    if isinstance(mine, bool):
        return mine and theirs if name in _SILENCING else mine or theirs
    return mine
