"""What was written of runbooks since they were shipped."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory


class RunbookVersion(models.Model):
    """One version of a runbook as somebody wrote it. In force is the newest that was published.

    Its words never change. A new version corrects it; none is removed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    runbook = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    # What incidents.drafting checks and reads.
    document = models.JSONField()
    retires = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["runbook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["runbook", "number"], name="runbook_version_once"),
            models.UniqueConstraint(
                fields=["runbook"],
                condition=models.Q(state="waiting"),
                name="one_version_waits_per_runbook",
            ),
            models.CheckConstraint(
                name="published_runbook_has_two_people",
                condition=~models.Q(state="published")
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("author"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.runbook} v{self.number}"

    @property
    def label(self) -> str:
        """As runs name it."""
        return f"v{self.number}"
