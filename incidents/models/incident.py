"""An incident: what is exposed, how bad it is, where it stands."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.kept import KeptHistory
from programs.models import Dataset, Program
from severity.ladder import Sev
from severity.models import Assessment


class Status(models.TextChoices):
    REPORTED = "reported", _("Reported")
    TRIAGING = "triaging", _("Triaging")
    ACTIVE = "active", _("Active")
    CONTAINED = "contained", _("Contained")
    RECOVERED = "recovered", _("Recovered")
    IN_REVIEW = "in_review", _("In review")
    CLOSED = "closed", _("Closed")
    DISMISSED = "dismissed", _("Dismissed")
    MERGED = "merged", _("Merged")


OVER = (Status.CLOSED, Status.DISMISSED, Status.MERGED)

# Where an incident may go. incidents.lifecycle is the only module that moves one, and knows the
# guards.
NEXT: dict[Status, frozenset[Status]] = {
    Status.REPORTED: frozenset({Status.TRIAGING, Status.DISMISSED, Status.MERGED}),
    Status.TRIAGING: frozenset({Status.ACTIVE, Status.DISMISSED, Status.MERGED}),
    Status.ACTIVE: frozenset({Status.CONTAINED, Status.MERGED}),
    Status.CONTAINED: frozenset({Status.RECOVERED, Status.ACTIVE, Status.MERGED}),
    Status.RECOVERED: frozenset({Status.IN_REVIEW, Status.ACTIVE, Status.MERGED}),
    Status.IN_REVIEW: frozenset({Status.CLOSED, Status.ACTIVE, Status.MERGED}),
    Status.CLOSED: frozenset({Status.ACTIVE}),
    Status.DISMISSED: frozenset(),
    Status.MERGED: frozenset(),
}


class Audience(models.TextChoices):
    """Who can see it, as a reporter knows it. severity.triage weighs the answers."""

    FEW = "few_inside", _("A few people inside")
    EVERYONE = "everyone_inside", _("Everyone inside")
    OUTSIDE = "outside", _("People outside")
    UNKNOWN = "unknown", _("I do not know")


class DrillScope(models.TextChoices):
    """How much of a program a drill stops."""

    COLLECTORS = "collectors", _("Its drill collectors only")
    WHOLE = "whole", _("The whole program")


class StillOpen(models.TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNKNOWN = "unknown", _("I do not know")


class Kind(models.TextChoices):
    EXPOSURE = "exposure", _("Exposure")
    LOSS = "loss", _("Loss")
    MISUSE = "misuse", _("Misuse")
    NEAR_MISS = "near_miss", _("Near miss")


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> "IncidentQuerySet":
        return self.exclude(status__in=OVER)

    def at_least(self, sev: Sev) -> "IncidentQuerySet":
        return self.filter(counts_as__lte=sev.value)


class Incident(models.Model):
    """A data exposure and its handling. Seen only by those whom incidents.access lets in."""

    number = models.PositiveIntegerField(unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Safe to show outside: it says nothing about what happened.
    codename = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    detail = models.TextField(max_length=10_000, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EXPOSURE)
    reference = models.CharField(max_length=200, blank=True)
    found_how = models.CharField(max_length=200, blank=True)
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    audience = models.CharField(max_length=15, choices=Audience, default=Audience.UNKNOWN)
    still_open = models.CharField(max_length=7, choices=StillOpen, default=StillOpen.UNKNOWN)
    status = models.CharField(max_length=9, choices=Status, default=Status.REPORTED)
    # Rules count how long it stands there.
    status_since = models.DateTimeField(default=timezone.now, db_default=Now())
    # `sev` is None while undetermined; `counts_as` is what every rule and list goes by.
    sev = models.PositiveSmallIntegerField(null=True, blank=True)
    counts_as = models.PositiveSmallIntegerField()
    peak_sev = models.PositiveSmallIntegerField()
    assessment = models.ForeignKey(
        Assessment, models.PROTECT, null=True, blank=True, related_name="+"
    )
    restricted = models.BooleanField(default=True)
    is_drill = models.BooleanField(default=False)
    # What a planned drill stops of a real program; empty for everything else.
    drill_scope = models.CharField(max_length=10, choices=DrillScope, blank=True)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reported_incidents"
    )
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    occurred_from = models.DateTimeField(null=True, blank=True)
    occurred_to = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    # The moment of GDPR Art. 33: decided by a person with a reason, not the same as reported.
    aware_at = models.DateTimeField(null=True, blank=True)
    aware_rationale = models.TextField(max_length=2000, blank=True)
    contained_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    # Until when the level must rest on a full assessment; None where it does.
    assess_by = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()
    # When it came to its status is when that row was written.
    history = KeptHistory(excluded_fields=["status_since"])

    class Meta:
        ordering = ["-number"]
        permissions = [
            ("contribute_incident", "May add to the incident"),
            ("manage_incident", "May run the incident and let people in"),
            ("close_incident", "May close the incident"),
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_status_known", condition=models.Q(status__in=Status.values)
            ),
            models.CheckConstraint(
                name="incident_on_ladder",
                condition=models.Q(counts_as__lte=5, peak_sev__lte=5)
                & (models.Q(sev=None) | models.Q(sev=models.F("counts_as"))),
            ),
            models.CheckConstraint(
                name="incident_peak_kept", condition=models.Q(peak_sev__lte=models.F("counts_as"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["counts_as", "-number"],
                name="incident_open",
                condition=~models.Q(status__in=["closed", "dismissed", "merged"]),
            ),
            models.Index(fields=["program", "-number"], name="incident_program"),
            # In the order of keys: what a program opens is merged with what grants open.
            models.Index(
                fields=["program", "-id"],
                name="incident_unrestricted",
                condition=models.Q(restricted=False),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        return f"INC-{self.number}"

    @property
    def level(self) -> Sev:
        """The level that rules and lists count with."""
        return Sev(self.counts_as)

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def assessment_is_late(self) -> bool:
        """True if the level should rest on a full assessment by now and does not."""
        return self.assess_by is not None and not self.is_over and self.assess_by <= timezone.now()

    @property
    def update_is_late(self) -> bool:
        """True if an update was promised and did not come."""
        due = self.next_update_at
        return due is not None and due < timezone.now() and not self.is_over

    def next_statuses(self) -> list[Status]:
        """What the incident may become, in the order of the enum."""
        return [status for status in Status if status in NEXT[Status(self.status)]]


class IncidentUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Incident, on_delete=models.CASCADE)


class IncidentGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Incident, on_delete=models.CASCADE)


class Counter(models.Model):
    """The last number given out.

    A row and not a sequence: a gap would look like a deleted incident.
    """

    name = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


class ReportKey(models.Model):
    """Proof that a report came in already, so that saying it twice makes one incident."""

    key = models.CharField(max_length=200, unique=True)
    digest = models.CharField(max_length=64)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="report_keys")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.key[:8]}…"
