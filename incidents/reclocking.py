"""Reckon every open clock anew when the clock rules have a new version, a few at a time.

A due row of the engine for each batch, so that none is lost and none holds a lock for long. What
changed stands on the timeline of each incident, as it does when a fact is corrected.
"""

import logging
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.actors import Actor
from audit import clockwork, trail
from audit.models import Due
from incidents import legalcase, obligations
from incidents.models import Incident, Obligation
from severity.facts import BadFact

RECKON = "incidents.reckon_anew"
BATCH = 20
ENGINE = Actor.machine("engine")
logger = logging.getLogger(__name__)


def install(using: str, **_: Any) -> None:
    """Begin after `migrate`: a new version comes with new code. Twice changes nothing."""
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {Obligation._meta.db_table, Due._meta.db_table}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        begin()


def begin() -> None:
    """Have every clock of older rules reckoned anew. Safe to call again: once for each version."""
    version = legalcase.rules().version
    if _behind(version, after=0).exists():
        _schedule(version, after=0)


def _schedule(version: str, *, after: int) -> None:
    clockwork.schedule(
        RECKON,
        key=f"clock-rules:{version}:{after}",
        payload={"version": version, "after": after},
        priority=5,
    )


def _behind(version: str, *, after: int) -> Any:
    """Keys of the incidents with an open clock of other rules, in order."""
    rows = Obligation.objects.still_owed().exclude(rules_version=version)
    rows = rows.exclude(incident__status__in=obligations.WITHOUT).filter(incident__gt=after)
    return rows.order_by("incident").values_list("incident", flat=True).distinct()


@transaction.atomic
def reckon_batch(version: str, *, after: int) -> int:
    """Reckon one batch anew and plan the next; return how many incidents it had.

    Nothing happens if these rules are not the ones that hold any more.

    Args:
        after: the last incident of the batch before.
    """
    if version != legalcase.rules().version:
        return 0
    keys = list(_behind(version, after=after)[:BATCH])
    for key in keys:
        _reckon(key, version)
    if len(keys) == BATCH:
        _schedule(version, after=keys[-1])
    return len(keys)


def _reckon(key: int, version: str) -> None:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=key)
    try:
        with transaction.atomic():
            changes = obligations.update(incident, actor=ENGINE)
    except BadFact:
        # What was stated fits the old rules alone: people must look; the old end stays.
        logger.exception("clocks of incident %s cannot be reckoned by rules %s", key, version)
        changes = []
    if changes:
        trail.record(
            "legal.reckoned_anew", incident, actor=ENGINE, version=version, changed=len(changes)
        )
