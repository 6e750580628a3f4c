"""Register collectors and issue their keys.

The only module that writes Collector and CollectorKey.
"""

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import secrets
from accounts.actors import Actor
from audit import history, trail
from programs.models import Collector, CollectorKey, Dataset, Program, State
from programs.models.collecting import NAME

KIND = "c"
USUAL_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=365)
LONGEST_NAME = 80


class Refused(Exception):
    """The collector cannot be registered so; the message names the field and what is allowed."""


@transaction.atomic
def register(
    program: Program,
    *,
    name: str,
    actor: Actor,
    dataset: Dataset | None = None,
    is_drill: bool = False,
) -> Collector:
    """Add a collector to a program. It can do nothing until it has a key.

    Args:
        is_drill: it collects nothing real, and drills may stop it alone.

    Raises:
        Refused: if the name is taken or odd, the dataset is another program's, or the
            program has ended.
    """
    # In full: `$` alone would let a line break through, and the name stands in what is signed.
    if not re.fullmatch(NAME.regex, name) or len(name) > LONGEST_NAME:
        raise Refused(
            f"name: small letters, digits, dots, dashes and underscores; at most {LONGEST_NAME}."
        )
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and takes no collectors.")
    if dataset and dataset.program_id != program.pk:
        raise Refused("dataset: choose one of this program.")
    if Collector.objects.filter(program=program, name=name).exists():
        raise Refused(f"name: {program.slug} has a collector {name!r} already; choose another.")
    collector: Collector = history.create(
        Collector, actor=actor, program=program, name=name, dataset=dataset, is_drill=is_drill
    )
    trail.record(
        "collector.registered", collector, actor=actor, stream=trail.stream_of(program), name=name
    )
    return collector


@transaction.atomic
def issue_key(
    collector: Collector, *, actor: Actor, expires_at: datetime | None = None
) -> tuple[CollectorKey, str]:
    """Return a new key and its text, which is shown this once.

    Raises:
        Refused: if the collector is retired, or the time is not within a year from now.
    """
    now = timezone.now()
    expires_at = expires_at or now + USUAL_LIFE
    if collector.retired_at:
        raise Refused(f"{collector.name} is retired; register a new collector.")
    if not now < expires_at <= now + LONGEST_LIFE:
        raise Refused(f"expires_at: at most {LONGEST_LIFE.days} days from now.")
    minted = secrets.mint(KIND)
    key: CollectorKey = history.create(
        CollectorKey,
        actor=actor,
        collector=collector,
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        expires_at=expires_at,
    )
    trail.record(
        "collector.key_issued",
        collector,
        actor=actor,
        stream=trail.stream_of(collector.program),
        key=key.key_id,
        secret=trail.digest_of(key.secret_hash),
    )
    return key, minted.text


@transaction.atomic
def withdraw_key(key: CollectorKey, *, actor: Actor) -> None:
    """End a key at once; the gates learn of it within a second. Safe to call again."""
    key = CollectorKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if key.revoked_at:
        return
    key.revoked_at = timezone.now()
    history.save(key, "revoked_at", actor=actor)
    trail.record(
        "collector.key_withdrawn",
        key.collector,
        actor=actor,
        stream=trail.stream_of(key.collector.program),
        key=key.key_id,
    )


@transaction.atomic
def retire(collector: Collector, *, actor: Actor) -> None:
    """Take a collector out of service, with all its keys. Safe to call again."""
    # Not FOR UPDATE: a pause that writes down this collector's proof would wait for us, and we for
    # the record of its program, which the pause has begun to write.
    collector = Collector.objects.select_for_update(no_key=True).get(pk=collector.pk)
    if collector.retired_at:
        return
    collector.retired_at = timezone.now()
    history.save(collector, "retired_at", actor=actor)
    trail.record(
        "collector.retired", collector, actor=actor, stream=trail.stream_of(collector.program)
    )
    for key in collector.keys.filter(revoked_at=None):
        withdraw_key(key, actor=actor)
