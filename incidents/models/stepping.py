"""What was set off from a step of a runbook, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models.response import RunbookStep
from programs.models import Hook


class StepAct(models.Model):
    """One hook of a step, set off by a person: once for each step, hook and other system."""

    # Without a history: it moves forwards only, and keeps who, when and what was answered.

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Could not be delivered")

    step = models.ForeignKey(RunbookStep, models.PROTECT, related_name="acts")
    hook = models.CharField(max_length=30)
    # The other system that it was sent to; None for what Andon did itself.
    system = models.ForeignKey(Hook, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=7, choices=State)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "hook", "system"],
                condition=models.Q(state__in=["sending", "done"]),
                nulls_distinct=False,
                name="hook_of_a_step_runs_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.hook} of {self.step}: {self.state}"

    @property
    def key(self) -> str:
        """The `webhook-id`: the same at every attempt, so that a receiver can tell a repeat."""
        return f"step-act-{self.pk}"
