"""Set and lift legal holds on evidence. The only module that writes Evidence.held_at.

Nothing removes evidence anyway. A hold says that nobody may even ask for it, and why.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import history, outbox
from incidents import access, custody
from incidents.custody import LONGEST_NOTE, Act
from incidents.intake import Refused
from incidents.models import Evidence


@transaction.atomic
def hold(evidence: Evidence, *, reason: str, actor: Actor) -> Evidence:
    """Set a legal hold, whatever became of the incident.

    Raises:
        Refused: if this person may not, no reason is given, or it is held already.
    """
    row = _locked(evidence, reason, actor=actor)
    if row.held_at:
        raise Refused(_("It is under a legal hold already."))
    row.held_at, row.held_by, row.hold_reason = timezone.now(), actor.user, reason.strip()
    history.save(row, "held_at", "held_by", "hold_reason", actor=actor)
    custody.write(row, Act.HELD, actor=actor, remark=row.hold_reason)
    custody.tell(row, _("Legal hold set on evidence: %(name)s."), actor=actor)
    outbox.publish("incident.evidence_held", **custody.news(row))
    return row


@transaction.atomic
def release(evidence: Evidence, *, reason: str, actor: Actor) -> Evidence:
    """Lift a legal hold.

    Raises:
        Refused: if this person may not, no reason is given, or there is none.
    """
    row = _locked(evidence, reason, actor=actor)
    if not row.held_at:
        raise Refused(_("It is under no legal hold."))
    row.held_at, row.held_by, row.hold_reason = None, None, ""
    history.save(row, "held_at", "held_by", "hold_reason", actor=actor)
    custody.write(row, Act.RELEASED, actor=actor, remark=reason.strip())
    custody.tell(row, _("Legal hold lifted from evidence: %(name)s."), actor=actor)
    outbox.publish("incident.evidence_released", **custody.news(row))
    return row


def _locked(evidence: Evidence, reason: str, *, actor: Actor) -> Evidence:
    row = custody.lock(evidence)
    # Asked under the lock: whoever loses the role at this moment decides no more.
    if actor.user is None or not access.may_hold(actor.user, row.incident):
        said = _("Only the commander, legal counsel and privacy officers set and lift legal holds.")
        raise Refused(said, status=403)
    if not reason.strip() or len(reason) > LONGEST_NOTE:
        said = _("say why, in at most %(n)s characters.") % {"n": LONGEST_NOTE}
        raise Refused(said, field="reason", status=422)
    return row
