"""Evidence bundles of incidents: what somebody asked for, and what the engine made of it."""

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import keep
from incidents.models.evidence import storage
from incidents.models.incident import Incident


def _place() -> str:
    return f"bundles/{secrets.token_hex(16)}"


class Bundle(models.Model):
    """One bundle for one person. The file is removed after some days; that there was one is not."""

    class State(models.TextChoices):
        WAITING = "waiting", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be made")
        GONE = "gone", _("removed")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="bundles")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # Where it lies, or will: named before the first byte is written, so that none is forgotten.
    file = models.FileField(storage=storage, max_length=100, default=_place)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    # Of what was left out, and why nothing was made.
    left_out = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=300, default="", blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "asked_by"],
                condition=models.Q(state="waiting"),
                name="one_bundle_at_a_time_for_each_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident}: bundle {self.pk}"


keep(Bundle, refuse=("DELETE",))
