"""What logs of access say of an exposure."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import keep
from incidents.models.exposing import Exposure


class AccessAnalysis(models.Model):
    """What one log says of who read in the window of an exposure. Never changed."""

    class Verdict(models.TextChoices):
        READ = "read", _("Read by others than declared")
        NONE_COMPLETE = "none_complete", _("Read by nobody else, and the log is complete")
        NONE_INCOMPLETE = "none_incomplete", _("No sign of others, but the log has gaps")

    exposure = models.ForeignKey(Exposure, models.PROTECT, related_name="analyses")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField()
    in_window = models.BigIntegerField()
    meant = models.BigIntegerField()
    unmeant = models.BigIntegerField()
    canary = models.BigIntegerField()
    # Lines that could not be used by kind, with the first line numbers of each.
    bad = models.JSONField(default=dict, blank=True)
    bad_lines = models.JSONField(default=dict, blank=True)
    # The busiest of those who were not meant: name, rows, first, last, things.
    readers = models.JSONField(default=list, blank=True)
    readers_count = models.PositiveIntegerField(default=0)
    stated_complete = models.CharField(max_length=500, blank=True)
    lacks = models.JSONField(default=list, blank=True)
    verdict = models.CharField(max_length=15, choices=Verdict)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} for {self.exposure}"


keep(AccessAnalysis)
