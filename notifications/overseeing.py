"""Counts over all incidents, for those who lead: by level, never which. Reads only."""

from collections import Counter

from incidents.models import Incident


def open_by_level() -> Counter[int]:
    """Return how many incidents are open at each level, whoever may read them; no drills."""
    return Counter(
        Incident.objects.open().filter(is_drill=False).values_list("counts_as", flat=True)
    )
