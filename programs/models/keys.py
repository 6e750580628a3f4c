"""Keys of a program that no collector holds."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from accounts.models import StoredSecret
from programs.models.program import Program


class ProgramKey(StoredSecret):
    """A secret of one program. Shown once, expires, can be withdrawn."""

    class Kind(models.TextChoices):
        # As they stand in the text of a key, see accounts.secrets.
        MONITOR = "w", _("Monitor")
        INGEST = "i", _("Where records come in")

    program = models.ForeignKey(Program, models.PROTECT, related_name="keys")
    kind = models.CharField(max_length=1, choices=Kind)
    label = models.CharField(max_length=80)
    # The most severe level that a monitor's word may have; no other key has a word.
    worst = models.PositiveSmallIntegerField(null=True, blank=True)
    # Who answers for it: stands as the reporter of what a monitor reports.
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["secret_hash", "last_used_at"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="program_key_on_ladder",
                condition=models.Q(kind="w", worst__gte=0, worst__lte=5)
                | models.Q(kind="i", worst=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.key_id})"
