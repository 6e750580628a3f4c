"""Which threshold rules of the organisation and of programs are in force, and who may read them.

Reads only; incidents.rulemaking writes them. The floor is the rule set's own, and not among them.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from incidents import library
from incidents.models import Kind, Status
from programs import access as program_access
from programs.models import Category
from severity import houserules
from severity.houserules import BadRule, Known, Rule
from severity.models import ThresholdVersion

logger = structlog.get_logger(__name__)

State = ThresholdVersion.State

Policies = Callable[[], dict[str, str]]
_policies: list[Policies] = []


def names_policies(ask: Policies) -> Policies:
    """Register who knows the escalation policies: their keys as text, and their names."""
    _policies.append(ask)
    return ask


def policies() -> dict[str, str]:
    """Return the escalation policies that a rule may name, by key."""
    return {key: name for ask in _policies for key, name in ask().items()}


def may_read(user: User) -> bool:
    """True for whoever has any function, as with runbooks."""
    return user.is_active and bool(user.functions)


def in_force(now: datetime | None = None) -> list[Rule]:
    """Return every rule of the house that counts now, in the order of their ids."""
    rows = ThresholdVersion.objects.filter(
        state=State.PUBLISHED, effective_from__lte=now or timezone.now()
    )
    newest = rows.order_by("rule", "-number").distinct("rule")
    return [rule for row in newest if not row.retires and (rule := _readable(row))]


def _readable(row: ThresholdVersion) -> Rule | None:
    try:
        return of(row)
    except BadRule:
        # Else one bad row would keep everybody from reporting anything.
        logger.exception("threshold_not_readable", rule=row.rule, version=row.label)
        return None


def of(row: ThresholdVersion) -> Rule:
    """Return the rule that a version holds."""
    return _read(row.rule, row.label, json.dumps(row.document, sort_keys=True))


# By its words, which never change: every look at an incident reads all that are in force.
@lru_cache(maxsize=512)
def _read(rule: str, label: str, document: str) -> Rule:
    return houserules.read(rule, label, json.loads(document))


def versions(rule: str) -> QuerySet[ThresholdVersion]:
    """Return what was written of a rule, the newest first."""
    rows = ThresholdVersion.objects.filter(rule=rule).select_related("author", "decided_by")
    return rows.order_by("-number")


def newest(rule: str) -> ThresholdVersion | None:
    """Return the version that was published last, whether or not it counts already."""
    return versions(rule).filter(state=State.PUBLISHED).first()


def visible_to(user: User) -> QuerySet[ThresholdVersion]:
    """Return the versions that a person may read: none that names a program hidden from them."""
    if not may_read(user):
        return ThresholdVersion.objects.none()
    seen = sorted(program_access.visible_to(user).values_list("slug", flat=True))
    rows = ThresholdVersion.objects.select_related("author", "decided_by")
    return rows.filter(
        ~Q(document__when__has_key="programs") | Q(document__when__programs__contained_by=seen)
    )


def in_force_for(user: User) -> list[Rule]:
    """Return the rules in force that a person may read."""
    if not may_read(user):
        return []
    seen = set(program_access.visible_to(user).values_list("slug", flat=True))
    return [rule for rule in in_force() if seen.issuperset(rule.when.programs)]


def known(user: User) -> Known:
    """Return what a person may name in a rule."""
    return Known(
        programs=frozenset(program_access.visible_to(user).values_list("slug", flat=True)),
        categories=frozenset(Category.values),
        kinds=frozenset(Kind.values),
        statuses=frozenset(Status.values),
        runbooks=frozenset(book.id for book in library.in_force()),
        policies=frozenset(policies()),
        functions=frozenset(Function.values),
    )


def names() -> dict[str, dict[str, str]]:
    """Return what the names in a rule are called, by the part that they belong to."""
    return {
        "attach_runbook": {book.id: book.title for book in library.in_force()},
        "escalate": policies(),
        "notify": {each.value: str(each.label) for each in Function},
    }


def last_document(rule: str) -> dict[str, Any] | None:
    """Return the words of a rule as they are or were last; None if there never were any."""
    row = newest(rule)
    return dict(row.document) if row else None
