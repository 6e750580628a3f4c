"""Decide whether a duty must be filed, draft, approve and submit the filing, confirm its receipt.

The only module that writes Obligation.state and what proves a filing.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from incidents import (
    access,
    clockreminders,
    legalcase,
    legalevents,
    obligations,
    registerline,
    submitting,
    timeline,
)
from incidents.access import Level
from incidents.models import DraftVersion, Incident, Obligation, Role, TimelineEntry
from incidents.submitting import LONGEST_LATENESS as LONGEST_LATENESS
from incidents.submitting import LONGEST_REFERENCE as LONGEST_REFERENCE
from incidents.submitting import Refused as Refused
from incidents.submitting import Sent as Sent
from severity.clocks.rules import Rule

State = Obligation.State
LONGEST_DECISION, LONGEST_DRAFT = 2000, 500
_ANSWERS = (Role.PRIVACY, Role.LEGAL)
_FILED = (State.SUBMITTED, State.CONFIRMED)


def may(user: User, incident: Incident) -> bool:
    """True for privacy officers, counsel and who has one of these roles, if they see it."""
    if not access.may(user, Level.VIEW, incident):
        return False
    if user.is_any(Function.PRIVACY_OFFICER, Function.LEGAL):
        return True
    return incident.roles.filter(person=user, until=None, role__in=_ANSWERS).exists()


@transaction.atomic
def decide(row: Obligation, *, reportable: bool, reason: str, actor: Actor) -> Obligation:
    """Decide whether it must be reported; why is needed either way. Can be decided anew.

    Raises:
        Refused: if the person may not, gives no reason, or it is filed already.
    """
    row = _lock(row, actor)
    if row.state in _FILED:
        raise Refused(_("It is filed already."))
    text = _text("decision", reason, LONGEST_DECISION)
    to = State.REPORTABLE if reportable else State.NOT_REPORTABLE
    fields: dict[str, Any] = {
        "decision": text,
        "decided_by": actor.user,
        "decided_at": timezone.now(),
        # What was drafted was drafted for another decision.
        "drafted_by": None,
        "draft": "",
        "approved_by": None,
    }
    _set(row, to, fields, actor=actor, why=text)
    clockreminders.plan(row)
    _tell(row, "obligation.decided", actor=actor, remark=text)
    return row


@transaction.atomic
def draft(row: Obligation, *, where: str, actor: Actor) -> Obligation:
    """Say that the filing is drafted, and where it lies. A new draft must be approved anew.

    Raises:
        Refused: if the person may not, or it is not decided to be reportable.
    """
    row = _lock(row, actor)
    _refuse_unless(row, State.REPORTABLE, State.DRAFTED, State.APPROVED)
    where = _text("draft", where, LONGEST_DRAFT)
    fields = {"draft": where, "drafted_by": actor.user, "approved_by": None}
    _set(row, State.DRAFTED, fields, actor=actor)
    _tell(row, "obligation.drafted", actor=actor, remark=where)
    return row


@transaction.atomic
def approve(row: Obligation, *, actor: Actor) -> Obligation:
    """Approve the draft, as somebody else than who drafted it.

    Raises:
        Refused: if the person may not, drafted it, or there is no draft.
    """
    row = _lock(row, actor)
    _refuse_unless(row, State.DRAFTED)
    if actor.user == row.drafted_by:
        raise Refused(_("Another person must approve what you drafted."))
    _set(row, State.APPROVED, {"approved_by": actor.user}, actor=actor)
    _tell(row, "obligation.approved", actor=actor)
    return row


def take_up(row: Obligation, version: DraftVersion, *, actor: Actor) -> None:
    """Note that the text of a filing is approved by two; nothing where it is not to be filed.

    Called with the incident locked, by incidents.drafts.

    Raises:
        Refused: if none of the two may approve filings, or it does not apply.
    """
    row = _applying(row, row.incident)
    if row.state not in (State.REPORTABLE, State.DRAFTED):
        return
    approvals = version.approvals.select_related("person").order_by("pk")
    by = next((each.person for each in approvals if may(each.person, row.incident)), None)
    if by is None:
        raise Refused(_("One of the two must be who may approve filings; neither is."))
    where = str(version)[:LONGEST_DRAFT]
    fields = {"draft": where, "drafted_by": version.author, "approved_by": by}
    _set(row, State.APPROVED, fields, actor=actor)
    _tell(row, "obligation.approved", actor=actor)


@transaction.atomic
def submit(row: Obligation, sent: Sent, *, actor: Actor) -> Obligation:
    """Write down that it was filed, when, and what proves it. Filed in part, a next one follows.

    Raises:
        Refused: if the person may not, it is not approved, nothing proves it, the moment cannot
            be meant, it was late without a reason, or the rule knows no filing in phases.
    """
    row = _lock(row, actor)
    _refuse_unless(row, State.APPROVED)
    submitting.check(row, sent)
    fields: dict[str, Any] = {
        "submitted_by": actor.user,
        "submitted_at": sent.at,
        "proof": sent.proof,
        "proof_sha256": sent.proof.sha256 if sent.proof else "",
        "reference": sent.reference.strip(),
        "lateness": sent.lateness.strip(),
        "filed_text": sent.text,
    }
    _set(row, State.SUBMITTED, fields, actor=actor, why=sent.lateness)
    clockreminders.call_off(row)
    late = row.was_late
    _tell(row, "obligation.submitted", actor=actor, remark=sent.lateness, late=late)
    if not sent.complete:
        _follow(row, actor)
    _begin_what_follows(row, sent, actor)
    return row


@transaction.atomic
def confirm(row: Obligation, *, receipt: str, actor: Actor) -> Obligation:
    """Write down that the authority confirmed the receipt.

    Raises:
        Refused: if the person may not, names no receipt, or it is not submitted.
    """
    row = _lock(row, actor)
    _refuse_unless(row, State.SUBMITTED)
    receipt = _text("receipt", receipt, LONGEST_REFERENCE)
    fields = {"receipt": receipt, "confirmed_by": actor.user, "confirmed_at": timezone.now()}
    _set(row, State.CONFIRMED, fields, actor=actor)
    _tell(row, "obligation.confirmed", actor=actor)
    return row


def _follow(row: Obligation, actor: Actor) -> None:
    """More is to be filed by the same rule, without undue further delay."""
    said = _("Filed in part at %(at)s UTC: what was missing follows without undue further delay.")
    at = f"{row.submitted_at.astimezone(UTC):%Y-%m-%d %H:%M}" if row.submitted_at else ""
    obligations.make(
        row.incident,
        actor=actor,
        rule=row.rule,
        rules_version=row.rules_version,
        phase=row.phase + 1,
        follows=row,
        cited=row.cited,
        recipient=row.recipient,
        verified=row.verified,
        clock=Obligation.Clock.NO_FIXED_TERM,
        state=State.REPORTABLE,
        started_at=row.submitted_at,
        why=said % {"at": at},
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision=row.decision,
    )


def _begin_what_follows(row: Obligation, sent: Sent, actor: Actor) -> None:
    """State the moments that this filing is, so that clocks count from it."""
    rule = submitting.rule_of(row)
    stated = legalcase.moments_of(row.incident)
    why = _("%(what)s was filed.") % {"what": row}
    for kind in _moments(rule) if rule else ():
        if kind in stated:
            continue
        try:
            legalevents.put(row.incident, kind, sent.at, rationale=why, actor=actor)
        except legalevents.Refused as refusal:
            raise Refused(str(refusal)) from refusal


def _moments(rule: Rule) -> Iterator[str]:
    kind = "submitted_intermediate" if rule.starts == "submitted_initial" else "submitted_initial"
    rules = legalcase.rules().rules.values()
    if any(each.law == rule.law and each.starts == kind for each in rules):
        yield kind
    # Who was told beside an authority is not known.
    if registerline.whom(rule.recipient) == {"people"}:
        yield "notified_individuals"


def _lock(row: Obligation, actor: Actor) -> Obligation:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=row.incident_id)
    if actor.user is None or not may(actor.user, incident):
        raise Refused(_("Only privacy officers, counsel and who has one of these roles can do it."))
    if incident.status in obligations.WITHOUT:
        said = _("%(ref)s is %(status)s: nothing is owed for it.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    return _applying(row, incident)


def _applying(row: Obligation, incident: Incident) -> Obligation:
    """Lock the duty, unless it does not apply."""
    row = Obligation.objects.select_for_update(of=("self",)).get(pk=row.pk)
    row.incident = incident
    # What was decided not to be reported cannot be owed after all while it does not apply.
    if row.clock == Obligation.Clock.NOT_APPLICABLE and row.state not in _FILED:
        raise Refused(_("It does not apply by the facts stated; correct those first."))
    return row


def _refuse_unless(row: Obligation, *states: State) -> None:
    if row.state not in states:
        wanted = " / ".join(str(each.label) for each in states)
        facts = {"is": row.get_state_display(), "wanted": wanted}
        raise Refused(_("It is “%(is)s”; it must be “%(wanted)s” for this.") % facts)


def _text(name: str, text: str, longest: int) -> str:
    if not text.strip() or len(text) > longest:
        facts = {"field": name, "n": longest}
        raise Refused(_("%(field)s: is needed, in at most %(n)s characters.") % facts)
    return text.strip()


def _set(
    row: Obligation, to: State, fields: dict[str, Any], *, actor: Actor, why: str = ""
) -> None:
    row.state = to
    for name, value in fields.items():
        setattr(row, name, value)
    history.save(row, "state", *fields, actor=actor, why=why)


def _tell(row: Obligation, act: str, *, actor: Actor, remark: str = "", **facts: Any) -> None:
    incident, state = row.incident, str(row.state)
    trail.record(
        act,
        row,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=remark,
        rule=row.rule,
        phase=row.phase,
        state=state,
        **facts,
    )
    told = {"what": row, "state": row.get_state_display().lower(), "remark": remark}
    text = _("%(what)s: %(state)s. %(remark)s") % told
    timeline.write(incident, TimelineEntry.Kind.LEGAL, text.strip(), actor=actor)
    outbox.publish(
        "incident.obligation_changed", incident=incident.pk, obligation=row.pk, state=state
    )
