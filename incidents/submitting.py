"""What was submitted to an authority, and whether it can have been so. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from incidents import legalcase, moments
from incidents.models import DraftVersion, Evidence, Obligation
from severity.clocks.rules import Rule

LONGEST_REFERENCE, LONGEST_LATENESS = 200, 1000


class Refused(Exception):
    """This cannot be done to the obligation; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Sent:
    """What was submitted.

    Args:
        at: when it reached the authority.
        proof: evidence of the same incident; this or `reference` is needed.
        lateness: why it was late, where it was.
        complete: False if more will follow, where the rule allows filing in phases.
        text: the approved version of a draft that was sent, where it was written here.
    """

    at: datetime
    proof: Evidence | None = None
    reference: str = ""
    lateness: str = ""
    complete: bool = True
    text: DraftVersion | None = None


def check(row: Obligation, sent: Sent) -> None:
    """Refuse what lies in the future, is proven by nothing, or is late without a reason."""
    wrong = moments.why_not(sent.at, now=timezone.now())
    if wrong:
        raise Refused(f"at: {wrong}")
    if row.started_at and sent.at < row.started_at:
        raise Refused(_("at: lies before its clock began; give a time from then until now."))
    if sent.proof is None and not sent.reference.strip():
        raise Refused(_("reference: name the reference you were given, or choose a file as proof."))
    if sent.proof and sent.proof.incident_id != row.incident_id:
        raise Refused(_("proof: must be evidence of the same incident."))
    _check_text(row, sent.text)
    for name, longest in (("reference", LONGEST_REFERENCE), ("lateness", LONGEST_LATENESS)):
        if len(getattr(sent, name)) > longest:
            facts = {"field": name, "n": longest}
            raise Refused(_("%(field)s: at most %(n)s characters.") % facts)
    _check_terms(row, sent)


def _check_text(row: Obligation, text: DraftVersion | None) -> None:
    if text is None:
        return
    if text.draft.incident_id != row.incident_id or text.draft.obligation_id not in (None, row.pk):
        raise Refused(_("text: must be a draft of this incident and duty."))
    if not text.is_approved:
        raise Refused(_("text: two people must have approved this version."))


def _check_terms(row: Obligation, sent: Sent) -> None:
    # Source: GDPR Art. 33(1), a notification that comes late says why; we ask it of all.
    if row.due_at and sent.at > row.due_at and not sent.lateness.strip():
        raise Refused(_("lateness: it was due before; say why it is late."))
    rule = rule_of(row)
    if not sent.complete and not (rule and rule.phased):
        raise Refused(_("complete: this rule knows no filing in phases."))


def rule_of(row: Obligation) -> Rule | None:
    """The rule of a duty as it is today; None if it is no more."""
    return legalcase.rules().rules.get(row.rule)
