"""Whether a report was made before. The only module that writes ReportKey."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from incidents.models import Incident, ReportKey

# The same person saying the very same thing within this time means one incident.
SAME_WITHIN = timedelta(minutes=10)


class OtherReport(Exception):
    """The key came with another report the first time."""


@dataclass(frozen=True)
class Said:
    """Who says what, and under which key of theirs, if any.

    Args:
        by_key_alone: with the same key it is the same, whatever words come with it.
    """

    reporter: int
    key: str
    digest: str
    by_key_alone: bool = False

    @property
    def by_key(self) -> str:
        return f"{self.reporter}:key:{self.key}" if self.key else ""

    @property
    def by_words(self) -> str:
        return f"{self.reporter}:words:{self.digest}"

    @property
    def places(self) -> list[str]:
        """The names under which it is looked up, in the order in which they are locked."""
        return sorted(filter(None, (self.by_key, self.by_words)))


def find(said: Said) -> Incident | None:
    """Return the incident that this made before; until the transaction ends no other can look.

    Raises:
        OtherReport: if the key came with another report.
    """
    with connection.cursor() as cursor:
        for place in said.places:
            # Two equal reports at once: the second waits here until the first is committed.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [place])
    rows = ReportKey.objects.select_related("incident").filter(key__in=said.places)
    known = {row.key: row for row in rows}
    same_key, same_words = known.get(said.by_key), known.get(said.by_words)
    if same_key:
        if same_key.digest != said.digest and not said.by_key_alone:
            raise OtherReport
        return same_key.incident
    if same_words and timezone.now() - same_words.created_at < SAME_WITHIN:
        # The words keep the time of their first report; a key is for good.
        if said.by_key:
            _note([said.by_key], said, same_words.incident)
        return same_words.incident
    return None


def remember(said: Said, incident: Incident) -> None:
    """Note that this made an incident."""
    _note(said.places, said, incident)


def _note(places: list[str], said: Said, incident: Incident) -> None:
    now = timezone.now()
    rows = [
        ReportKey(key=place, digest=said.digest, incident=incident, created_at=now)
        for place in places
    ]
    ReportKey.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["digest", "incident", "created_at"],
    )
