"""Make incidents of what the exposure watch found, one each. The only writer of WatchedDrift."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from audit import history
from incidents import duplicates, exposures, judgement, lifecycle, reporting, timeline, weighing
from incidents.exposures import Said
from incidents.models import (
    Audience,
    Exposure,
    Incident,
    Kind,
    Status,
    StillOpen,
    TimelineEntry,
    WatchedDrift,
)
from incidents.reporting import Report
from incidents.watchwords import audience_of, declared_words, detail_of, headline, update_of
from incidents.weighing import Answered, Stated
from programs.models import Drift, Snapshot
from severity.ladder import Sev

WATCH = Actor.machine("exposure watch")
# One that changes with each look must not bury the story; its page has all of it.
MOST_ENTRIES = 100
_BACK = (Status.CONTAINED, Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED)


@transaction.atomic
def exceeded(drift_pk: int, *, news: str, snapshot_pk: int) -> None:
    """File what was found, or add it to the incident that is open for it. Safe to call again.

    Args:
        news: `new`, `worse`, `changed` or `returned`.
    """
    drift, row = _read(drift_pk, snapshot_pk)
    known = WatchedDrift.objects.select_for_update().filter(drift=drift).first()
    if known is None:
        _open(drift, row, known=None)
        return
    incident = _lock(duplicates.final(known.incident))
    if news == "returned":
        incident = _reopen(incident)
    if incident.is_over:
        _open(drift, row, known=known)
        return
    _write(incident, update_of(row, news), drift)
    _judge_again(incident, drift, row)
    _correct(known.exposure, row)


@transaction.atomic
def restored(drift_pk: int, *, snapshot_pk: int) -> None:
    """Note that a look found nobody any more who was not declared; the exposure ended then."""
    drift, row = _read(drift_pk, snapshot_pk)
    known = WatchedDrift.objects.select_for_update().filter(drift=drift).first()
    if known is None or drift.fixed_at is None:
        return
    incident = _lock(duplicates.final(known.incident))
    before = WatchedDrift.history.filter(drift=drift).earliest()
    declared = row.audience.declared_at > before.history_date
    how = (
        f" It was not the store that changed alone: audience version {row.audience.version} was"
        f" declared since, by {row.audience.declared_as}."
        if declared
        else ""
    )
    _write(
        incident,
        f"The watch finds nobody any more who was not declared for {drift.source.dataset}.{how}"
        " It looks again in an hour, in a day and in a week.",
        drift,
    )
    _close(known.exposure, drift)


@transaction.atomic
def looks_elsewhere(drift_pk: int, *, snapshot_pk: int) -> None:
    """Note that a clean look says nothing of this: its source was pointed elsewhere meanwhile."""
    drift, _row = _read(drift_pk, snapshot_pk)
    known = WatchedDrift.objects.filter(drift=drift).first()
    if known is None:
        return
    incident = _lock(duplicates.final(known.incident))
    _write(
        incident,
        f"The watch of {drift.source.dataset} was pointed elsewhere since this was found: at"
        " another place, or it tries as another outsider. It finds nobody too many there, and that"
        " closes nothing here. Point it back, or say yourself when it was closed; another store is"
        " another source.",
        drift,
    )


@transaction.atomic
def checked(drift_pk: int, *, number: int, snapshot_pk: int) -> None:
    """Note that a check after the fix was passed."""
    drift, _row = _read(drift_pk, snapshot_pk)
    known = WatchedDrift.objects.filter(drift=drift).first()
    if known is None:
        return
    incident = _lock(duplicates.final(known.incident))
    after = {1: "an hour", 2: "a day", 3: "a week"}[number]
    end = " The watch calls it verified." if number == 3 else ""
    _write(incident, f"Checked {after} after the fix: it holds.{end}", drift)


def _read(drift_pk: int, snapshot_pk: int) -> tuple[Drift, Snapshot]:
    drift = Drift.objects.select_related("source__dataset__program").get(pk=drift_pk)
    row = Snapshot.objects.select_related("audience").get(pk=snapshot_pk)
    return drift, row


def _lock(incident: Incident) -> Incident:
    return Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)


def _open(drift: Drift, row: Snapshot, *, known: WatchedDrift | None) -> None:
    source = drift.source
    filed = reporting.file_report(
        report_of(drift, row),
        # Whoever added the source answers for it, and holds the receipt.
        reporter=source.added_by,
        actor=WATCH,
        key=f"watch-{drift.pk}-{drift.returns}-{row.pk}",
    )
    incident = filed.incident
    exposure = exposures.add(incident, _said(drift, row), actor=WATCH)
    if known is None:
        history.create(WatchedDrift, actor=WATCH, drift=drift, incident=incident, exposure=exposure)
        return
    known.incident, known.exposure = incident, exposure
    history.save(known, "incident", "exposure", actor=WATCH, why="the one before is over")


def report_of(drift: Drift, row: Snapshot) -> Report:
    """Return what a look found as a report; its severity follows from the facts."""
    dataset = drift.source.dataset
    return Report(
        title=headline(drift, row),
        program=dataset.program,
        dataset=dataset,
        audience=audience_of(row.width),
        still_open=StillOpen.YES,
        detail=detail_of(row)[: reporting.LONGEST_DETAIL],
        found_how=f"exposure watch, source {drift.source.name}, look {row.pk}",
        occurred_from=_since(drift, row),
        kind=Kind.NEAR_MISS if row.is_near_miss else Kind.EXPOSURE,
        is_drill=dataset.program.is_drill,
        stated=_near_miss() if row.is_near_miss else None,
    )


def _near_miss() -> Stated:
    # Nothing could be read yet: the rule set's cap for what is only a near miss.
    return Stated(by="exposure watch", level=Sev.SEV5, at_most=Sev.SEV0)


def _since(drift: Drift, row: Snapshot) -> Any:
    """When it was seen last that nobody could; it may have begun at any moment after that."""
    earlier = drift.source.snapshots.filter(
        pk__lt=row.pk, state=Snapshot.State.COMPLETE, excess=0, over=0
    ).exclude(canary="read")
    last = earlier.order_by("-pk").first()
    return last.taken_at if last else None


def _said(drift: Drift, row: Snapshot) -> Said:
    dataset = drift.source.dataset
    since = _since(drift, row)
    return Said(
        dataset=dataset,
        kinds=tuple(dataset.program.categories),
        declared_audience=declared_words(row.audience)[: exposures.LONGEST_AUDIENCE],
        effective_audience=Audience(audience_of(row.width)),
        since=since,
        since_is_estimate=since is not None,
        people_max=dataset.program.participants,
    )


def _reopen(incident: Incident) -> Incident:
    """Let what stopped programs then stop them again; one that stays over needs another."""
    why = "The fix did not hold: it can be read again."
    if incident.status not in _BACK:
        return (
            incident if incident.is_over else judgement.reopened(incident, reason=why, actor=WATCH)
        )
    try:
        with transaction.atomic():
            return lifecycle.move(incident, Status.ACTIVE, actor=WATCH, reason=why)
    except lifecycle.Refused:
        # Nobody commands it: the rules act again all the same, or on a new one if this is closed.
        return (
            incident if incident.is_over else judgement.reopened(incident, reason=why, actor=WATCH)
        )


def _judge_again(incident: Incident, drift: Drift, row: Snapshot) -> None:
    """Let what is worse take effect at once. What is milder is for people to say."""
    if row.is_near_miss:
        return
    if incident.program_id != drift.source.dataset.program_id:
        # Merged into one of another program: that one's people judge it.
        return
    place = (incident.program, audience_of(row.width), StillOpen.YES, incident.dataset)
    answered = Answered(*place)
    if weighing.weigh(answered).sev.value < incident.counts_as:
        judgement.answer_again(incident, answered, actor=WATCH)


def _correct(exposure: Exposure, row: Snapshot) -> None:
    kept = exposures.said_of(exposure)
    now = replace(
        kept,
        effective_audience=Audience(audience_of(row.width)),
        until=None,
        until_is_estimate=False,
        location=None,
    )
    try:
        exposures.correct(
            exposure, now, reason=f"The watch found it so at look {row.pk}.", actor=WATCH
        )
    except exposures.Refused:
        # Nothing changes, or the incident it stood in is over: the story says it all the same.
        return


def _close(exposure: Exposure, drift: Drift) -> None:
    kept = exposures.said_of(exposure)
    now = replace(kept, until=drift.fixed_at, until_is_estimate=True, location=None)
    try:
        exposures.correct(
            exposure,
            now,
            reason="The watch finds nobody any more who was not declared.",
            actor=WATCH,
        )
    except exposures.Refused:
        return


def _write(incident: Incident, text: str, drift: Drift) -> None:
    entries = TimelineEntry.objects.filter(incident=incident, data__drift=drift.pk).count()
    if entries > MOST_ENTRIES:
        return
    if entries == MOST_ENTRIES:
        text = "The watch has more to say than is written here. From now on only its page has it."
    timeline.write(
        incident,
        TimelineEntry.Kind.EXPOSURE,
        text[: timeline.LONGEST],
        actor=WATCH,
        audience=TimelineEntry.Audience.LEADERSHIP,
        drift=drift.pk,
    )
