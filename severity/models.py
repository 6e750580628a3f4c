"""Assessments: what was known, what it scored, who judged. And the rules that people wrote.

Append-only; a new one supersedes the old.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep


class Assessment(models.Model):
    """One judgement of how bad something is, with every fact and term that led to it."""

    class Kind(models.TextChoices):
        TRIAGE = "triage", _("Triage from the report")
        FULL = "full", _("Full assessment")
        OVERRIDE = "override", _("Set by a person")
        MONITOR = "monitor", _("Stated by a monitor")
        IMPORTED = "imported", _("Imported with a historic incident")

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


class Written(models.Model):
    """What one person wrote and a second puts in force, from a moment on. Its words never change.

    In force is the newest that was published and whose moment has come.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # As the author wishes; where that is past when it is published, from then on.
    effective_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def _by_two(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=~models.Q(state="published")
        | (
            models.Q(decided_by__isnull=False, effective_from__isnull=False)
            & ~models.Q(decided_by=models.F("author"))
        ),
    )


class ThresholdVersion(Written):
    """One version of a threshold rule of the organisation or of one program."""

    rule = models.CharField(max_length=30)
    number = models.PositiveIntegerField()
    # What severity.houserules reads.
    document = models.JSONField()
    retires = models.BooleanField(default=False)

    history = KeptHistory()

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="threshold_version_once"),
            models.UniqueConstraint(
                fields=["rule"],
                condition=models.Q(state="waiting"),
                name="one_version_waits_per_threshold",
            ),
            _by_two("published_threshold_has_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.label}"

    @property
    def label(self) -> str:
        """As firings name it."""
        return f"v{self.number}"


class RuleSetVersion(Written):
    """One version of the severity rules as somebody wrote it; those shipped are files."""

    version = models.CharField(max_length=20, unique=True)
    sha256 = models.CharField(max_length=64)
    # YAML as it was written, comments and all; severity.loading reads it.
    text = models.TextField(max_length=200_000)
    # The version that its author read and changed.
    based_on = models.CharField(max_length=20)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="waiting"),
                name="one_rule_set_waits",
            ),
            _by_two("published_rule_set_has_two_people"),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def label(self) -> str:
        """As assessments name it."""
        return self.version
