"""Who asked to be let in, who broke the glass, and who has looked."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents.models.incident import Incident
from incidents.models.response import AccessGrant


class AccessRequest(models.Model):
    """The wish of a person to be let in to an incident of which they know only the name."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ADMITTED = "admitted", _("Let in")
        DECLINED = "declined", _("Declined")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="access_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "person"],
                condition=models.Q(state="open"),
                name="one_open_access_request",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} asks for {self.incident}"


class GlassBreak(models.Model):
    """Somebody opened an incident that they were not let in to, and why; somebody else looks at it.

    The grant that it gave ends by itself.
    """

    class Verdict(models.TextChoices):
        OPEN = "", _("Not looked at")
        JUSTIFIED = "justified", _("Justified")
        UNJUSTIFIED = "unjustified", _("Not justified")

    grant = models.OneToOneField(AccessGrant, models.PROTECT, related_name="glass_break")
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="glass_breaks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    broken_at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=11, choices=Verdict, default=Verdict.OPEN, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    history = KeptHistory()

    def __str__(self) -> str:
        return f"{self.person} opened {self.incident}"


class Look(models.Model):
    """That a person read an incident, by the hour."""

    # Without history: it is one itself, and a row for each page view would be most of the database.

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="looks", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    via = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "person", "hour", "via"], name="one_look_per_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.incident}"
