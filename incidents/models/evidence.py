"""Evidence of an incident, and who had it in their hands."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident


def storage() -> Storage:
    """Where the bytes lie. Named by a function, so that no migration holds a setting."""
    return storages["evidence"]


class Evidence(models.Model):
    """One file, as it was handed in. Never replaced and never removed."""

    class Scan(models.TextChoices):
        OFF = "off", _("Not scanned")
        WAITING = "waiting", _("In quarantine until scanned")
        CLEAN = "clean", _("Scanned, nothing found")
        FOUND = "found", _("In quarantine, malware found")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="evidence")
    # What it was called where it came from. It decides nothing about where it lies.
    name = models.CharField(max_length=150)
    note = models.CharField(max_length=500, blank=True)
    family = models.CharField(max_length=10)
    type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(storage=storage, max_length=100, unique=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    added_as = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)
    scan = models.CharField(max_length=7, choices=Scan, default=Scan.OFF)
    scan_said = models.CharField(max_length=200, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    hold_reason = models.CharField(max_length=500, blank=True)
    # Since when the stored bytes are not those that were handed in; None while they are.
    damaged_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "sha256"], name="same_bytes_once_per_incident"
            ),
            models.CheckConstraint(
                name="evidence_hold_has_a_reason",
                condition=models.Q(held_at=None, held_by=None, hold_reason="")
                | models.Q(held_at__isnull=False, held_by__isnull=False)
                & ~models.Q(hold_reason=""),
            ),
            models.CheckConstraint(
                name="evidence_scan_known",
                condition=models.Q(scan__in=["off", "waiting", "clean", "found"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: {self.name}"

    @property
    def scan_state(self) -> str:
        """The name under which pages know how this state looks."""
        return f"scan_{self.scan}"

    @property
    def is_in_quarantine(self) -> bool:
        return self.scan in (self.Scan.WAITING, self.Scan.FOUND)


class Custody(models.Model):
    """One line of the custody log: what somebody did with a piece of evidence, and why."""

    class Act(models.TextChoices):
        ADDED = "added", _("Added")
        SCANNED = "scanned", _("Scanned")
        DOWNLOADED = "downloaded", _("Downloaded")
        VERIFIED = "verified", _("Verified")
        DAMAGED = "damaged", _("Found changed")
        HELD = "held", _("Legal hold set")
        RELEASED = "released", _("Legal hold lifted")

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="custody")
    act = models.CharField(max_length=10, choices=Act)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150)
    via = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.at:%Y-%m-%d %H:%M}"


keep(Evidence, refuse=("DELETE",))
keep(Custody)
