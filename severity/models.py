"""Assessments: what was known, what it scored, who judged.

Append-only; a new one supersedes the old.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import keep


class Assessment(models.Model):
    """One judgement of how bad something is, with every fact and term that led to it."""

    class Kind(models.TextChoices):
        TRIAGE = "triage", _("Triage from the report")
        FULL = "full", _("Full assessment")
        OVERRIDE = "override", _("Set by a person")
        MONITOR = "monitor", _("Stated by a monitor")

    # Text, not a key: severity knows no incidents.
    subject = models.CharField(max_length=80, db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    rules_version = models.CharField(max_length=20)
    rules_sha256 = models.CharField(max_length=64)
    facts = models.JSONField()
    trace = models.JSONField()
    score = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    index = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    # What the rules count with; for an undetermined severity the worst plausible level.
    level = models.PositiveSmallIntegerField()
    undetermined = models.BooleanField(default=False)
    reason = models.TextField(max_length=2000, blank=True)
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    assessed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessment_on_ladder", condition=models.Q(level__gte=0, level__lte=5)
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject}: SEV {self.level}"


keep(Assessment)
