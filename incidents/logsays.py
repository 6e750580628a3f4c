"""What logs of access say of an incident, and which answer to "who read it" that supports.

Reads only. It proposes; whoever assesses decides.
"""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import accesslogs
from incidents.models import AccessAnalysis, Exposure, Incident
from severity.vocabulary import Evidence

Verdict = AccessAnalysis.Verdict
# Long lists of readers and lines: pages of logs show them, and nothing here reads them.
_LONG = ("readers", "bad", "bad_lines", "mapping")


@dataclass(frozen=True)
class OfExposure:
    """What counts of the logs of one exposure; `row` is None where none was read.

    What a log shows to be read counts, whatever a later one says; else the newest log does.
    `is_current`: it was read for the window that the exposure has now.
    """

    exposure: Exposure
    row: AccessAnalysis | None
    is_current: bool

    @property
    def is_read(self) -> bool:
        return self.row is not None and self.row.verdict == Verdict.READ

    @property
    def is_complete(self) -> bool:
        """True if it shows that nobody else read: no gaps, and it holds the watch's own try."""
        row = self.row
        complete = row is not None and row.verdict == Verdict.NONE_COMPLETE and row.canary > 0
        return complete and self.is_current

    @property
    def says(self) -> str:
        """It in a sentence."""
        row = self.row
        if row is None:
            return _("no log was read")
        if self.is_read:
            return _said_of_readers(row.readers_count, row.unmeant)
        if self.is_complete:
            return _("nobody else read; the log is complete, and the watch's own try is in it")
        return _("no sign of others, but the log is incomplete")

    @property
    def lacks(self) -> list[str]:
        """Why it does not show that nobody read, in sentences; none if it does, or somebody did."""
        if self.row is None or self.is_read or self.is_complete:
            return []
        stale = [_("The exposure was corrected since: have the log read again.")]
        return [*self.row.lacks, *([] if self.is_current else stale)]


@dataclass(frozen=True)
class LogsSay:
    """All exposures of an incident together, and the answer that they support."""

    each: list[OfExposure]
    proposed: Evidence
    why: str


def of(incident: Incident) -> LogsSay | None:
    """Return what the logs say; None if none was read for any exposure."""
    rows = AccessAnalysis.objects.defer(*_LONG)
    exposures = incident.exposures.prefetch_related(Prefetch("analyses", rows)).order_by("pk")
    found = [_of(exposure, incident) for exposure in exposures]
    if not any(each.row for each in found):
        return None
    proposed = _proposed(found)
    return LogsSay(found, proposed, _why(proposed))


def _of(exposure: Exposure, incident: Incident) -> OfExposure:
    exposure.incident = incident
    analyses = list(exposure.analyses.all())
    read = [row for row in analyses if row.verdict == Verdict.READ]
    row = next(iter([*read, *analyses]), None)
    window = accesslogs.window_of(exposure)
    is_current = row is not None and (row.since, row.until) == (window.since, window.until)
    return OfExposure(exposure, row, is_current)


def _proposed(found: list[OfExposure]) -> Evidence:
    read = next((each.row for each in found if each.row and each.is_read), None)
    if read:
        return accesslogs.evidence_of(read)
    # One exposure of which nothing is known is enough for somebody to have read.
    if all(each.is_complete for each in found):
        return Evidence.NONE_LOGS_COMPLETE
    return Evidence.NONE_LOGS_INCOMPLETE


def _why(proposed: Evidence) -> str:
    if proposed is Evidence.NONE_LOGS_COMPLETE:
        return _("A complete log was read for every exposure, and nobody else stands in it.")
    if proposed is Evidence.NONE_LOGS_INCOMPLETE:
        return _("Logs with gaps are no evidence that nobody read.")
    return _("A name in a log does not tell who is inside: if one is not, say so.")


def _said_of_readers(people: int, rows: int) -> str:
    # Nobody reads less than one row, so a single one was read by one person.
    if rows == 1:
        return _("1 row was read by 1 person who was not declared")
    return ngettext(
        "%(rows)s rows were read by %(n)s person who was not declared",
        "%(rows)s rows were read by %(n)s people who were not declared",
        people,
    ) % {"rows": rows, "n": people}
