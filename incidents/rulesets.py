"""Write a version of the severity rules, and put it in force as a second person.

The only module that writes RuleSetVersion. An assessment keeps the version that it was made by.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from incidents import access, rulebook, seconding, weighing
from incidents.models import Incident
from incidents.seconding import Refused as Refused
from severity import inforce, loading
from severity.assessment import assess
from severity.facts import BadFact, Facts
from severity.ladder import Sev
from severity.models import Assessment, RuleSetVersion
from severity.revisions import Revision, revisions
from severity.ruleset import RuleSet
from severity.strict_yaml import load

State = RuleSetVersion.State
_OF, _LOCK = "rule sets", "rule_sets"
LONGEST_TEXT = 200_000
# With a hundred thousand of them the comparison would cost more than it tells.
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Moved:
    """An incident whose stated facts would have another level; None where they have none."""

    incident: Incident
    before: Sev
    after: Sev | None
    why: str = ""


def versions() -> QuerySet[RuleSetVersion]:
    """Return what was written, the newest first."""
    return RuleSetVersion.objects.select_related("author", "decided_by").order_by("-pk")


def check(text: str) -> RuleSet:
    """Return the rule set that a text would be.

    Raises:
        BadRuleSet: if it must not decide anything; the message names the key.
        Refused: if it is too long, or its version or a threshold has a name that is taken.
    """
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise Refused(f"text: at most {LONGEST_TEXT:,} characters, and none of them a null.")
    found = inforce.read(text)
    taken = [*inforce.shipped(), *versions().values_list("version", flat=True)]
    if found.version in taken:
        raise Refused(f"text: version {found.version} is taken; give it the next number.")
    _refuse_names_of_the_house(found)
    return found


def _refuse_names_of_the_house(rules: RuleSet) -> None:
    house = {rule.id for rule in rulebook.in_force()}
    if twice := sorted(house & {each.id for each in rules.thresholds}):
        raise Refused(f"text: thresholds names {', '.join(twice)}, which is a rule in force.")


@transaction.atomic
def propose(
    text: str,
    *,
    reason: str,
    based_on: str,
    actor: Actor,
    effective_from: datetime | None = None,
) -> RuleSetVersion:
    """Write a version, which waits for a second person.

    Args:
        based_on: the version that the author read and changed.
        effective_from: from when it decides; soon after its publication if left out or past.

    Raises:
        Refused: if the person may not, gives no reason, another version waits, or they changed
            one that is not the newest any more.
        BadRuleSet: if it must not decide anything, such as one that drops a level.
    """
    author, said = seconding.editor(actor, of=_OF), seconding.reason_of(reason)
    seconding.one_at_a_time(_LOCK)
    rules, normal = check(text), text.replace("\r\n", "\n")
    seconding.none_waits(versions())
    seconding.still_newest(based_on, newest())
    row: RuleSetVersion = history.create(
        RuleSetVersion,
        actor=actor,
        version=rules.version,
        sha256=rules.sha256,
        text=normal,
        based_on=based_on,
        reason=said,
        author=author,
        effective_from=seconding.ahead(effective_from),
    )
    _record("rule_set.proposed", row, actor=actor, remark=said)
    return row


def newest() -> str:
    """Return the version that was published last, whether or not it decides already."""
    row = versions().filter(state=State.PUBLISHED).first()
    return row.version if row else loading.current().version


@transaction.atomic
def publish(row: RuleSetVersion, *, actor: Actor) -> RuleSetVersion:
    """Put a version in force, as a second person. What was assessed stays as it is.

    Raises:
        Refused: if the person may not, wrote it, it does not wait, or a threshold has the name of
            a rule that came into force since.
        BadRuleSet: if it must not decide anything by now.
    """
    person, row = seconding.deciding(row, actor, of=_OF, lock=_LOCK)
    seconding.second(person, row)
    _refuse_names_of_the_house(inforce.read(row.text))
    soon = timezone.now() + inforce.LEAD
    row.effective_from = max(row.effective_from or soon, soon)
    _decide(row, State.PUBLISHED, person, actor=actor)
    transaction.on_commit(inforce.forget)
    return row


@transaction.atomic
def withdraw(row: RuleSetVersion, *, actor: Actor) -> RuleSetVersion:
    """Take back a version that waits. Its number stays taken.

    Raises:
        Refused: if the person may not, or it does not wait.
    """
    person, row = seconding.deciding(row, actor, of=_OF, lock=_LOCK)
    _decide(row, State.WITHDRAWN, person, actor=actor)
    return row


def changes(before: str, text: str) -> tuple[Revision, ...]:
    """Return what a text changes against a version, key by key."""
    return revisions(load(inforce.text_of(before)), load(text))


def moves(before: RuleSet, after: RuleSet, user: User) -> tuple[list[Moved], int]:
    """Return whose level would be another under `after`, of incidents the person may know of.

    Those count whose facts were stated; the number of them is returned beside.
    """
    keys = access.newest(user, limit=MOST_LOOKED_AT)
    incidents = {str(each.uuid): each for each in access.of_these(user, keys)}
    rows = Assessment.objects.filter(subject__in=[f"incident:{uuid}" for uuid in incidents])
    stated = rows.exclude(facts={}).order_by("subject", "-pk").distinct("subject")
    facts = {row.subject.removeprefix("incident:"): weighing.stated(row) for row in stated}
    found = [
        moved
        for uuid, said in facts.items()
        for moved in _moved(incidents[uuid], said, before, after)
    ]
    return sorted(found, key=lambda each: -each.incident.number), len(facts)


def _moved(
    incident: Incident, stated: dict[str, Any], before: RuleSet, after: RuleSet
) -> Iterator[Moved]:
    try:
        was = assess(Facts.from_mapping(stated, before), before).sev
    except BadFact:
        # Stated for rules that are older than those it is compared with.
        return
    try:
        now = assess(Facts.from_mapping(stated, after), after).sev
    except BadFact as fault:
        yield Moved(incident, was, None, str(fault))
        return
    if now is not was:
        yield Moved(incident, was, now)


def _decide(
    row: RuleSetVersion, state: RuleSetVersion.State, person: User, *, actor: Actor
) -> None:
    row.state, row.decided_by, row.decided_at = state, person, timezone.now()
    history.save(row, "state", "decided_by", "decided_at", "effective_from", actor=actor)
    _record(f"rule_set.{state}", row, actor=actor)


def _record(act: str, row: RuleSetVersion, *, actor: Actor, remark: str = "") -> None:
    facts = {"version": row.version, "sha256": row.sha256, "based_on": row.based_on}
    if row.effective_from:
        facts["effective_from"] = row.effective_from.isoformat()
    trail.record(act, row, actor=actor, stream="rule_sets", remark=remark, **facts)
