"""Write threshold rules, and put them in force as a second person.

The only module that writes ThresholdVersion. A firing keeps the version that it was made by.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import rethinking, rulebook, seconding
from incidents.seconding import Refused as Refused
from severity import houserules, inforce
from severity.houserules import BadRule, Fault, Rule
from severity.models import ThresholdVersion
from severity.tightening import loosening

State = ThresholdVersion.State
_OF, _LOCK = "threshold rules", "thresholds"
# More are more than anybody oversees, and each is asked of every open incident.
MOST_RULES = 100


def check(rule: str, document: Mapping[str, Any], *, by: User) -> Rule:
    """Return the rule that a document would be.

    Raises:
        BadRule: with everything that is wrong, field by field; also if it names what its author
            may not know of, or would loosen the floor or a rule of the organisation.
    """
    found = houserules.read(rule, "", document, rulebook.known(by))
    floor = inforce.rules().thresholds
    faults = loosening(found, floor, [each for each in rulebook.in_force() if each.id != rule])
    if rule in {each.id for each in floor}:
        faults.append(Fault("id", "is a rule of the floor, which stays as it is; choose another."))
    if faults:
        raise BadRule(faults)
    return found


@transaction.atomic
def propose(
    rule: str,
    document: Mapping[str, Any],
    *,
    reason: str,
    based_on: str,
    actor: Actor,
    effective_from: datetime | None = None,
    retires: bool = False,
) -> ThresholdVersion:
    """Write a new version, which waits for a second person.

    Args:
        based_on: the version that the author read; empty for a new rule.
        effective_from: from when it counts; from its publication if left out or past by then.

    Raises:
        Refused: if the person may not, gives no reason, another version waits, or they read
            one that is not the newest any more.
        BadRule: if the document is none, or loosens what is in force.
    """
    author, said = seconding.editor(actor, of=_OF), seconding.reason_of(reason)
    seconding.one_at_a_time(_LOCK)
    if not retires:
        check(rule, document, by=author)
    ahead = seconding.ahead(effective_from)
    row: ThresholdVersion = history.create(
        ThresholdVersion,
        actor=actor,
        rule=rule,
        number=_next_number(rule, based_on),
        document=dict(document),
        retires=retires,
        reason=said,
        author=author,
        effective_from=ahead,
    )
    _record("threshold.proposed", row, actor=actor, remark=said)
    return row


def _next_number(rule: str, based_on: str) -> int:
    rows = rulebook.versions(rule)
    seconding.none_waits(rows)
    newest = rulebook.newest(rule)
    seconding.still_newest(based_on, newest.label if newest else "")
    if not newest and len(rulebook.in_force()) >= MOST_RULES:
        raise Refused(f"There are {MOST_RULES} rules; retire one first.")
    last = rows.first()
    return last.number + 1 if last else 1


def retire(rule: str, *, reason: str, actor: Actor) -> ThresholdVersion:
    """Propose that a rule counts no more. What it did stays as it is.

    Raises:
        Refused: as `propose`, or if there is none in force.
    """
    row = rulebook.newest(rule)
    if row is None or row.retires:
        raise Refused("It is retired already, or was never in force.")
    return propose(rule, row.document, reason=reason, based_on=row.label, actor=actor, retires=True)


@transaction.atomic
def publish(row: ThresholdVersion, *, actor: Actor) -> ThresholdVersion:
    """Put a version in force, as a second person. The engine then asks it of what is open.

    Raises:
        Refused: if the person may not, wrote it, or it does not wait.
        BadRule: if it would loosen what came into force since it was written.
    """
    person, row = seconding.deciding(row, actor, of=_OF, lock=_LOCK)
    seconding.second(person, row)
    if not row.retires:
        check(row.rule, row.document, by=row.author)
    now = timezone.now()
    row.effective_from = max(row.effective_from or now, now)
    _decide(row, State.PUBLISHED, person, actor=actor)
    rethinking.begin(row)
    return row


@transaction.atomic
def withdraw(row: ThresholdVersion, *, actor: Actor) -> ThresholdVersion:
    """Take back a version that waits; whoever may edit may, its author among them.

    Raises:
        Refused: if the person may not, or it does not wait.
    """
    person, row = seconding.deciding(row, actor, of=_OF, lock=_LOCK)
    _decide(row, State.WITHDRAWN, person, actor=actor)
    return row


def _decide(
    row: ThresholdVersion, state: ThresholdVersion.State, person: User, *, actor: Actor
) -> None:
    row.state, row.decided_by, row.decided_at = state, person, timezone.now()
    history.save(row, "state", "decided_by", "decided_at", "effective_from", actor=actor)
    _record(f"threshold.{state}", row, actor=actor)


def _record(act: str, row: ThresholdVersion, *, actor: Actor, remark: str = "") -> None:
    facts: dict[str, Any] = {"rule": row.rule, "number": row.number, "retires": row.retires}
    if row.effective_from:
        facts["effective_from"] = row.effective_from.isoformat()
    stream = f"threshold:{row.rule}"
    trail.record(act, row, actor=actor, stream=stream, remark=remark, **facts)
