"""Texts of filings and notices: each in versions, each version approved by two."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import keep
from incidents.models.incident import Incident


class Draft(models.Model):
    """One text that is to go out, or to leadership. What it says are its versions."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", _("Notification to the authority, Art. 33(3)")
        INDIVIDUALS = "individuals", _("Communication to individuals, Art. 34")
        PARTICIPANTS = "participants", _("Notice to participants")
        EXECUTIVE = "executive", _("Executive brief")
        UPDATE = "update", _("Update to the regulator")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=12, choices=Kind)
    # The duty that it answers, if it is one by law.
    obligation = models.ForeignKey(
        "Obligation", models.PROTECT, null=True, blank=True, related_name="drafts"
    )
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.Kind(self.kind).label)


keep(Draft)


class DraftVersion(models.Model):
    """What somebody wrote, or had Andon make from the facts, at one time. Never changed."""

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    # The version of the shipped texts that it was made of; empty where a person wrote it.
    made_of = models.CharField(max_length=20, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="draft_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.draft}, {self.number}"

    @property
    def is_approved(self) -> bool:
        """True if two people approved this very version."""
        return len(self.approvals.all()) >= APPROVALS


keep(DraftVersion)

APPROVALS = 2


class DraftApproval(models.Model):
    """One of the two people who approved a version. Neither can take it back, or do it twice."""

    version = models.ForeignKey(DraftVersion, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "person"], name="draft_approved_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.person}"


keep(DraftApproval)
