"""Entries of a timeline that stand on top of it."""

from django.db import models
from django.utils import timezone

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident
from incidents.models.response import TimelineEntry


class Pin(models.Model):
    """That an entry stands on top, from when to when. The entry itself is never changed."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="pins")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="pins")
    pinned_by = models.CharField(max_length=150)
    pinned_at = models.DateTimeField(default=timezone.now)
    unpinned_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(unpinned_at=None), name="pinned_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.entry)


keep(Pin, refuse=("DELETE",))
