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
    """Have every clock of older rules reckoned anew. Safe to call again: never twice at once.

    What could not be reckoned is tried once more each time.
    """
    version = legalcase.rules().version
    planned = Due.objects.filter(kind=RECKON, payload__version=version)
    if planned.waiting().exists() or not _behind(version, after=0).exists():
        return
    # Keys name a thing for ever, so each round has its own.
    _schedule(version, after=0, round_=planned.filter(payload__after=0).count())


def is_forgotten() -> bool:
    """True if there are clocks of older rules, and nobody ever planned to reckon them anew."""
    version = legalcase.rules().version
    planned = Due.objects.filter(kind=RECKON, payload__version=version)
    return not planned.exists() and bool(_behind(version, after=0).exists())


def _schedule(version: str, *, after: int, round_: int = 0) -> None:
    key = f"clock-rules:{version}:{f'round-{round_}:' if round_ else ''}{after}"
    payload = {"version": version, "after": after, "round": round_}
    clockwork.schedule(RECKON, key=key, payload=payload, priority=5)


def _behind(version: str, *, after: int) -> Any:
    """Keys of the incidents with an open clock of other rules, in order."""
    rows = Obligation.objects.still_owed().exclude(rules_version=version)
    rows = rows.exclude(incident__status__in=obligations.WITHOUT).filter(incident__gt=after)
    return rows.order_by("incident").values_list("incident", flat=True).distinct()


@transaction.atomic
def reckon_batch(version: str, *, after: int, round_: int = 0) -> int:
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
        _schedule(version, after=keys[-1], round_=round_)
    return len(keys)


def give_up(version: str, *, after: int, round_: int = 0) -> None:
    """Go on behind a batch that could not be reckoned: the others need not wait for its mending."""
    keys = list(_behind(version, after=after)[:BATCH])
    if len(keys) == BATCH:
        _schedule(version, after=keys[-1], round_=round_)


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
