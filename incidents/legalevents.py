"""State the facts and moments that legal clocks count from, and correct them.

The only module that writes LegalEvent and LegalFacts. Each correction supersedes what was said
before, and moves the clocks that are still open.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import outbox, trail
from incidents import access, legalcase, legalwords, moments, obligations, timeline
from incidents.access import Level
from incidents.models import Incident, LegalEvent, LegalFacts, TimelineEntry
from incidents.obligations import Change
from severity.facts import BadFact

AWARE = "aware"
LONGEST_RATIONALE, LONGEST_REASON = 2000, 1000


class Refused(Exception):
    """This cannot be stated; the message names the field and what is allowed."""


@transaction.atomic
def state_facts(
    incident: Incident, facts: dict[str, Any], *, reason: str, actor: Actor
) -> list[Change]:
    """State what is known for the legal clocks; return what changed about them.

    Args:
        facts: in the form of docs/clocks.md. What is left out is not known.

    Raises:
        Refused: if the person may not, gives no reason, nothing changes, or a fact is unknown,
            absurd or contradicts another.
    """
    incident = _lock(incident, actor)
    _need("reason", reason, LONGEST_REASON)
    before = legalcase.facts_of(incident)
    if before and before.facts == facts:
        raise Refused(_("Nothing was changed."))
    _check(incident, facts=facts)
    _check_text(facts)
    row = LegalFacts.objects.create(
        incident=incident,
        facts=facts,
        reason=reason.strip(),
        supersedes=before,
        **_by(actor),
    )
    names = sorted(facts)
    stream = trail.stream_of(incident)
    trail.record("legal.facts", row, actor=actor, stream=stream, remark=reason, fields=names)
    text = _("Facts for the legal clocks stated. %(reason)s") % {"reason": reason.strip()}
    timeline.write(incident, TimelineEntry.Kind.LEGAL, text, actor=actor)
    outbox.publish("incident.facts_stated", incident=incident.pk, facts=row.pk)
    return obligations.update(incident, actor=actor)


@transaction.atomic
def set_event(
    incident: Incident, kind: str, at: datetime | None, *, rationale: str, actor: Actor
) -> list[Change]:
    """Set the moment of an event other than awareness, or correct it; return what it changed.

    Awareness is a decision of a privacy officer, see `lifecycle.decide_awareness`.

    Args:
        at: None says that what was set did not happen after all.

    Raises:
        Refused: if the person may not, the kind is not known, there is no reason, or the moment
            lies in the future or out of order.
    """
    incident = _lock(incident, actor)
    if kind == AWARE:
        raise Refused(_("kind: a privacy officer decides from when the organisation was aware."))
    known = [name for name in legalcase.rules().events if name != AWARE]
    if kind not in known:
        facts = {"kind": kind, "known": ", ".join(known)}
        raise Refused(_("kind: “%(kind)s” is none of %(known)s.") % facts)
    changes = put(incident, kind, at, rationale=rationale, actor=actor)
    outbox.publish("incident.legal_event", incident=incident.pk, kind=kind)
    return changes


def put(
    incident: Incident, kind: str, at: datetime | None, *, rationale: str, actor: Actor
) -> list[Change]:
    """Write an event down and reckon the clocks anew. The caller has locked the incident.

    Raises:
        Refused: as `set_event`, whoever does it.
    """
    _need("rationale", rationale, LONGEST_RATIONALE)
    before = legalcase.events_of(incident).filter(kind=kind).first()
    _check_moment(incident, kind, at, before)
    row = LegalEvent.objects.create(
        incident=incident,
        kind=kind,
        at=at,
        rationale=rationale.strip(),
        supersedes=before,
        **_by(actor),
    )
    was = before.at if before else None
    trail.record(
        "legal.event",
        row,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=rationale,
        kind=kind,
        was=was.isoformat() if was else None,
        at=at.isoformat() if at else None,
    )
    if kind != AWARE:
        timeline.write(incident, TimelineEntry.Kind.LEGAL, _words(row, was), actor=actor)
    return obligations.update(incident, actor=actor)


def _check_moment(
    incident: Incident, kind: str, at: datetime | None, before: LegalEvent | None
) -> None:
    if at is None:
        if before is None or before.at is None:
            raise Refused(_("at: give the moment; there is none to withdraw."))
    else:
        wrong = moments.why_not(at, now=timezone.now())
        if wrong:
            raise Refused(f"at: {wrong}")
    stated = legalcase.moments_of(incident)
    stated.pop(kind, None)
    _check(incident, moments=stated | ({kind: at} if at else {}))


def _words(row: LegalEvent, was: datetime | None) -> str:
    event = legalcase.rules().events[row.kind]
    facts = {
        "kind": legalwords.event(row.kind),
        "means": event.means,
        "at": _utc(row.at),
        "was": _utc(was),
        "rationale": row.rationale,
    }
    if row.at is None:
        return _("%(kind)s (%(means)s), set to %(was)s, did not happen. %(rationale)s") % facts
    if was:
        said = _("%(kind)s (%(means)s): corrected from %(was)s to %(at)s. %(rationale)s")
        return said % facts
    return _("%(kind)s (%(means)s): %(at)s. %(rationale)s") % facts


def _utc(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _lock(incident: Incident, actor: Actor) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    # Clocks run on after an incident is closed, so a closed one can still be corrected.
    if incident.status in obligations.WITHOUT:
        said = _("%(ref)s is %(status)s: nothing is owed for it.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    if actor.user is None or not access.may(actor.user, Level.CONTRIBUTE, incident):
        raise Refused(_("Only who may contribute to the incident can do this."))
    return incident


def _check(incident: Incident, **stated: Any) -> None:
    try:
        legalcase.of(incident, now=timezone.now(), **stated)
    except BadFact as fault:
        part, _dot, rest = fault.field.partition(".")
        # An event that contradicts another is at fault for its moment.
        field = "at" if part == "events" else rest.partition(".")[0] or part
        raise Refused(f"{field}: {fault}.") from fault


def _check_text(facts: dict[str, Any]) -> None:
    """Refuse characters that no database keeps; forms refuse them before."""
    try:
        text = json.dumps(facts, ensure_ascii=False).encode().decode()
    except UnicodeEncodeError:
        text = "\\u0000"
    if "\\u0000" in text:
        raise Refused(_("facts: a word holds a character that is none; write it as text."))


def _need(name: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        facts = {"field": name, "n": longest}
        raise Refused(_("%(field)s: say why, in at most %(n)s characters.") % facts)


def _by(actor: Actor) -> dict[str, Any]:
    return {"set_by": actor.user, "set_as": actor.name}
