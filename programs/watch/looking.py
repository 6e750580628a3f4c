"""Look who can read a dataset, and write down what was found. The only writer of Snapshot."""

import re
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from audit import clockwork, trail
from programs.models import ReaderList, Snapshot, WatchSource
from programs.watch import awaiting, declaring, drifting, listing, pointing, watching, weighing
from programs.watch.connectors import sent
from programs.watch.connectors.taking import Unreachable
from programs.watch.pointing import Aim
from programs.watch.weighing import Looked

_WATCH = Actor.machine("exposure watch")
# What a document may hold and PostgreSQL keeps in no text.
_UNKEPT = re.compile("[\0\ud800-\udfff]")


class Refused(Exception):
    """What was sent cannot be taken; the message says why."""


class Unreadable(Refused):
    """What was sent is not what it should be; the message names the place."""


def look(payload: dict[str, Any]) -> Callable[[], None]:
    """Look at a source; return what to write. A turn that was overtaken writes nothing."""
    rows = WatchSource.objects.select_related("dataset__program")
    source = rows.get(pk=payload["source"])
    declared = declaring.current(source.dataset)
    overtaken = payload.get("turn") not in (None, source.turn)
    if declared is None or overtaken or not watching.is_watched(source):
        return _nothing
    looked = weighing.look_at(source, declared)
    return partial(_store, payload, looked, pointing.aim_of(source))


def _nothing() -> None:
    """What an overtaken turn has to write."""


def _store(payload: dict[str, Any], looked: Looked, aim: Aim) -> None:
    source = watching.lock(payload["source"])
    if not watching.is_watched(source):
        return
    # Pointed elsewhere meanwhile, it says nothing of where the source looks now: that looks anew.
    if pointing.aim_of(source) == aim:
        _write(source, looked, asked_by=payload["why"], check=payload.get("check"))
    if payload.get("turn") == source.turn:
        watching.plan_next(source)


def give_up(payload: dict[str, Any]) -> None:
    """Note that looking at a source broke down by itself, and go on with the next turn."""
    source = watching.lock(payload["source"])
    if not watching.is_watched(source):
        return
    declared = declaring.current(source.dataset)
    if declared:
        gaps = ("Andon itself failed to look; its log says why.",)
        looked = Looked(declared, Snapshot.State.FAILED, gaps=gaps)
        _write(source, looked, asked_by=payload["why"], check=payload.get("check"))
    if payload.get("turn") == source.turn:
        watching.plan_next(source)


def receive(source: WatchSource, body: bytes, *, actor: Actor) -> Snapshot:
    """Take what was sent about a store that Andon does not look at by itself.

    Args:
        body: as programs.watch.connectors.sent reads it for the kind of the source.

    Raises:
        Unreadable: if it cannot be read.
        Refused: if the source is switched off, its program has ended, or Andon looks itself.
    """
    declared = declaring.current(source.dataset)
    if source.is_pulled:
        raise Refused(f"{source.name} is looked at by Andon itself.")
    if not source.enabled or declared is None:
        raise Refused(f"{source.name} is switched off; switch it on first.")
    if not watching.is_watched(source):
        raise Refused(f"{source.dataset.program.slug} has ended and is watched no more.")
    try:
        taken = sent.read(source.kind, body)
    except Unreachable as error:
        raise Unreadable(str(error)) from error
    looked = weighing.weigh(taken, declared)
    with transaction.atomic():
        source = watching.lock(source.pk)
        return _write(source, looked, asked_by=actor.name, check=None, actor=actor)


def _write(
    source: WatchSource,
    looked: Looked,
    *,
    asked_by: str,
    check: dict[str, int] | None,
    actor: Actor = _WATCH,
) -> Snapshot:
    """Write down a look at a locked source, and what follows from it."""
    before = source.snapshots.order_by("-pk").first()
    row = _row(source, looked, asked_by=asked_by, diff=_diff(source, looked))
    row.save(force_insert=True)
    if before is None or _differs(before, row):
        _record(source, row, actor=actor)
    if not source.is_pulled:
        awaiting.plan(source)
    # Held against what is declared no more it proves nothing; declaring looks again by itself.
    if looked.audience == declaring.current(source.dataset):
        drifting.settle(source, row, check=check)
    return row


def _row(source: WatchSource, looked: Looked, *, asked_by: str, diff: dict[str, Any]) -> Snapshot:
    verdict, listed = looked.verdict, looked.listed
    if listed:
        kept = ReaderList(digest=listed.digest, packed=listed.packed)
        ReaderList.objects.bulk_create([kept], ignore_conflicts=True)
    row = Snapshot(
        source=source,
        audience=looked.audience,
        taken_at=clockwork.now(),
        milliseconds=looked.milliseconds,
        state=looked.state,
        asked_by=asked_by[:200],
        gaps=_kept(list(looked.gaps)),
        notes=_kept(list(looked.notes)),
        listed_id=listed.digest if listed else None,
        width=looked.width.value,
        has_data=looked.has_data,
        is_near_miss=looked.is_near_miss,
        canary=looked.tried.canary.value,
        canary_said=looked.tried.said[:300],
        diff=_kept(diff),
    )
    if verdict:
        row.readers, row.excess, row.over = verdict.readers, verdict.excess, verdict.over
        row.shown = _kept([each.plain() for each in verdict.shown])
        row.ways = _kept(list(verdict.ways))
        row.excess_digest = looked.excess_digest
    return row


def _kept(said: Any) -> Any:
    """Return plain data as it can be kept: a name of whatever signs is a name."""
    if isinstance(said, str):
        return _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", said)
    if isinstance(said, dict):
        return {name: _kept(value) for name, value in said.items()}
    return [_kept(each) for each in said] if isinstance(said, list | tuple) else said


def _diff(source: WatchSource, looked: Looked) -> dict[str, Any]:
    """What changed against the last look that saw something; empty if nothing did."""
    if looked.listed is None:
        return {}
    last = source.snapshots.exclude(listed=None).order_by("-pk").first()
    if last is None or last.listed_id == looked.listed.digest:
        return {}
    before = ReaderList.objects.get(pk=last.listed_id)
    found = listing.diff(bytes(before.packed), looked.listed.packed)
    return {"since": last.pk, **asdict(found)}


def _differs(before: Snapshot, now: Snapshot) -> bool:
    names = ("state", "listed_id", "excess_digest", "canary", "audience_id")
    return any(getattr(before, name) != getattr(now, name) for name in names)


def _record(source: WatchSource, row: Snapshot, *, actor: Actor) -> None:
    # Looks that find what the one before found are no news, and the record is for good.
    trail.record(
        "watch.looked",
        row,
        actor=actor,
        stream=trail.stream_of(source.dataset.program),
        dataset=source.dataset.slug,
        source=source.name,
        state=str(row.state),
        digest=row.listed_id or "",
        readers=row.readers,
        excess=row.excess,
        over=row.over,
        canary=row.canary,
        audience=row.audience.version,
    )
