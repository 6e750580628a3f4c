"""Drills: planned stops that show that the chain from report to proof holds."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents.models.incident import DrillScope, Incident
from programs.models import Program, StopOrder


class Drill(models.Model):
    """One planned stop of a program, or of its drill collectors, and what it showed."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Running")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        MISSED = "missed", _("Did not begin")
        CANCELLED = "cancelled", _("Called off")

    program = models.ForeignKey(Program, models.PROTECT, related_name="drills")
    scope = models.CharField(max_length=10, choices=DrillScope)
    planned_for = models.DateTimeField()
    # Whatever happens, the drill lets the program go after so long.
    window_minutes = models.PositiveSmallIntegerField()
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    incident = models.OneToOneField(
        Incident, models.PROTECT, null=True, blank=True, related_name="drill"
    )
    order = models.ForeignKey(StopOrder, models.PROTECT, null=True, blank=True, related_name="+")
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Why it did not begin, or what it lacked.
    finding = models.CharField(max_length=500, blank=True)
    report = models.JSONField(default=dict, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-planned_for"]
        constraints = [
            models.UniqueConstraint(
                fields=["program"],
                condition=models.Q(state__in=["planned", "running"]),
                name="one_drill_ahead_per_program",
            ),
            models.CheckConstraint(
                name="drill_window_known", condition=models.Q(window_minutes__range=(1, 240))
            ),
        ]

    def __str__(self) -> str:
        return f"drill of {self.program}"
