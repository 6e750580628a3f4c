"""File incidents of the past: closed from the first moment, with all that they leave behind.

Creates Incident rows, and is the only maker of Imported. Nothing fires, nobody is paged, no clock
starts: what rules would do to them was done, or not done, long ago.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from uuid import uuid4

from django.db import connection, transaction

from accounts.actors import Actor
from audit import history, trail
from audit.gathering import gathered
from audit.inserting import insert_all
from incidents import (
    codenames,
    exposures,
    measuring,
    pastaccess,
    pastlevels,
    reporting,
    timeline,
)
from incidents.models import Import, Imported, Incident, Status, StillOpen, TimelineEntry
from incidents.pastcase import BadRow, PastCase
from incidents.pastlevels import Past
from incidents.weighing import Answered
from programs.models import Program
from severity.ladder import Sev

Row = tuple[int, PastCase]


@dataclass
class Outcome:
    """What became of some rows: those that were made, came before, and were refused."""

    fresh: list[Row] = field(default_factory=list)
    made: list[Incident] = field(default_factory=list)
    repeated: int = 0
    refused: list[tuple[int, BadRow, str]] = field(default_factory=list)
    # What names each row, by its number: to reckon it twice would take a tenth of the time.
    digests: dict[int, str] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def file_all(
    rows: Sequence[Row], run: Import, *, programs: Mapping[str, Program], actor: Actor
) -> Outcome:
    """File the incidents of some rows, each source id once, however often it is told.

    Args:
        rows: the number of each row with what it tells, checked.
        programs: by slug, those that the importer may know of.
    """
    _go_by_indexes()
    outcome = foresee(rows, programs)
    fresh = outcome.fresh
    if not fresh:
        return outcome
    # What is recorded is written in few statements at the end, in its order.
    with gathered():
        outcome.made = _make(fresh, programs, actor)
        insert_all(
            [
                _origin(incident, row, run, named=outcome.digests[row[0]])
                for incident, row in zip(outcome.made, fresh, strict=True)
            ]
        )
        exposures.of_the_past(
            [
                (incident, _exposed(case))
                for incident, (_n, case) in zip(outcome.made, fresh, strict=True)
                if case.exposed
            ],
            actor=actor,
        )
        pastaccess.admit(outcome.made, actor=actor)
        for incident, row in zip(outcome.made, fresh, strict=True):
            _tell(incident, row, run, actor)
    # Nothing is published of what is past, so nobody else would count these.
    measuring.refigure(incidents=[incident.pk for incident in outcome.made])
    return outcome


def _go_by_indexes() -> None:
    # Tables grow faster than PostgreSQL takes stock of them: it would take a hundred rows for most
    # of one, and read all of it or of an index for each part. Lasts until the transaction ends.
    with connection.cursor() as cursor:
        for way in ("seqscan", "mergejoin", "hashjoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


# What is told already: by source and id what names the words of a row, and where it stands.
Before = dict[tuple[str, str], tuple[str, str]]


def foresee(
    rows: Sequence[Row], programs: Mapping[str, Program], *, earlier: Before | None = None
) -> Outcome:
    """Return what would become of some rows; writes nothing.

    Args:
        earlier: what rows further up in a file tell that is not filed; these are added to it.
    """
    outcome = Outcome()
    before: Before = {} if earlier is None else earlier
    before |= {key: (each.digest, each.incident.ref) for key, each in known(rows).items()}
    outcome.fresh = _new(rows, programs, before, outcome)
    return outcome


def known(rows: Sequence[Row]) -> dict[tuple[str, str], Imported]:
    """Return what was imported before under these ids, by source and id."""
    sources, ids = ({getattr(case, name) for _n, case in rows} for name in ("source", "source_id"))
    found = Imported.objects.filter(source__in=sources, source_id__in=ids)
    # What was told may be long, and is not asked for.
    found = found.select_related("incident").only(
        "source", "source_id", "digest", "incident__number"
    )
    return {(each.source, each.source_id): each for each in found}


def _new(
    rows: Sequence[Row], programs: Mapping[str, Program], before: Before, outcome: Outcome
) -> list[Row]:
    """Those that can be taken and nobody told before, here or further up in the same rows."""
    fresh = []
    for number, case in rows:
        key, named = (case.source, case.source_id), digest(case)
        outcome.digests[number] = named
        if key not in before:
            # A row that is refused came in the way of none: the next of its id may be right.
            if _has_program((number, case), programs, outcome):
                before[key] = (named, f"row {number}")
                fresh.append((number, case))
        elif before[key][0] == named:
            outcome.repeated += 1
        else:
            said = f"came before with other words, as {before[key][1]}; that stays as it is."
            outcome.refused.append((number, BadRow("source_id", said), case.source_id))
    return fresh


def _has_program(row: Row, programs: Mapping[str, Program], outcome: Outcome) -> bool:
    number, case = row
    if not case.program or case.program in programs:
        return True
    said = f"there is no program {case.program[:80]!r} that you may know of."
    outcome.refused.append((number, BadRow("program", said), case.source_id))
    return False


def digest(case: PastCase) -> str:
    """Name what is told, so that a repeat can be told from other words."""
    if case.record is not None:
        said = json.dumps(case.record, sort_keys=True)
    else:
        # Not what rules make of it: those change.
        said = repr(replace(case, facts=None, assumed=()))
    return hashlib.sha256(said.encode()).hexdigest()


def _make(rows: Sequence[Row], programs: Mapping[str, Program], actor: Actor) -> list[Incident]:
    pasts = [_past(case, programs.get(case.program)) for _n, case in rows]
    assessments = pastlevels.of_the_past(pasts, "Imported with the incident.", actor=actor)
    names = codenames.several(len(rows), _taken)
    incidents = []
    # Drawn last: all who report meanwhile wait for it.
    numbers = reporting.next_numbers(len(rows))
    for number, name, past, assessed, (_n, case) in zip(
        numbers, names, pasts, assessments, rows, strict=True
    ):
        level = assessed.level
        incidents.append(
            Incident(
                number=number,
                uuid=past.uuid,
                codename=name,
                reporter=actor.user,
                assessment=assessed,
                program=past.answered.program,
                sev=None if assessed.undetermined else level,
                counts_as=level,
                peak_sev=level,
                still_open=StillOpen.NO,
                **_told(case),
            )
        )
    history.create_in_set(incidents, actor=actor, why="import")
    return incidents


def _past(case: PastCase, program: Program | None) -> Past:
    return Past(
        uuid4(),
        Answered(program, case.audience, StillOpen.NO),
        None if case.level is None else Sev(case.level),
        case.facts,
        case.assumed,
    )


def _taken(names: set[str]) -> set[str]:
    return set(Incident.objects.filter(codename__in=names).values_list("codename", flat=True))


_AS_TOLD = (
    *("title", "detail", "kind", "status", "reference", "found_how", "audience", "reported_at"),
    *("occurred_from", "occurred_to", "contained_at", "recovered_at", "aware_at"),
    "aware_rationale",
)


def _told(case: PastCase) -> dict[str, object]:
    told = {name: getattr(case, name) for name in _AS_TOLD}
    ends = (case.closed_at, case.recovered_at, case.contained_at, case.reported_at)
    if case.status == Status.CLOSED:
        told["closed_at"] = next(each for each in ends if each)
    return told


def _exposed(case: PastCase) -> exposures.Said:
    said = case.exposed
    assert said
    return exposures.Said(
        what=said.what,
        kinds=said.kinds,
        whose=said.whose,
        people_min=said.people_min,
        people_known=said.people_known,
        people_max=said.people_max,
        effective_audience=case.audience,
        since=case.occurred_from,
        since_is_estimate=said.since_is_estimate and case.occurred_from is not None,
        until=case.occurred_to or case.contained_at,
        accessed=said.accessed,
    )


def _origin(incident: Incident, row: Row, run: Import, *, named: str) -> Imported:
    number, case = row
    return Imported(
        incident=incident,
        run=run,
        row=number,
        source=case.source,
        source_id=case.source_id,
        digest=named,
        record=case.record,
        remarks=list(case.remarks),
        **case.register,
    )


def _tell(incident: Incident, row: Row, run: Import, actor: Actor) -> None:
    number, case = row
    trail.record(
        "incident.imported",
        incident,
        actor=actor,
        ref=incident.ref,
        codename=incident.codename,
        level=incident.counts_as,
        undetermined=incident.sev is None,
        status=str(incident.status),
        program=incident.program.slug if incident.program else "",
        run=run.pk,
        row=number,
    )
    when = f"{case.reported_at.astimezone(UTC):%Y-%m-%d}"
    words = f"Imported from {run.name}, row {number}: reported {when}. {case.title}"
    timeline.write(incident, TimelineEntry.Kind.REPORT, words, actor=actor)
