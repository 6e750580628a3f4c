"""Who is declared to read a dataset, where it is looked up who can, and what each look found."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import vault
from accounts.kept import KeptHistory, keep
from programs.models.program import Dataset
from programs.watch.audience import Declared, Width


class DeclaredAudience(models.Model):
    """One version of who is meant to read a dataset, by the names the store uses. Never changed."""

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="audiences")
    version = models.PositiveIntegerField()
    people = models.JSONField(default=list, blank=True)
    teams = models.JSONField(default=list, blank=True)
    roles = models.JSONField(default=list, blank=True)
    most = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    declared_as = models.CharField(max_length=200)
    declared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="audience_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.version}"

    @property
    def declared(self) -> Declared:
        """The same for comparing."""
        return Declared(
            frozenset(self.people), frozenset(self.teams), frozenset(self.roles), self.most
        )


class WatchSource(models.Model):
    """Where it is looked up who can read a dataset. Kept when it is switched off."""

    class Kind(models.TextChoices):
        POSTGRES = "postgres", _("PostgreSQL")
        POSIX = "posix", _("Files and shares (getfacl)")
        BUCKET = "bucket", _("Bucket policies and lists (S3)")
        LIST = "list", _("List of readers (CSV or JSON)")

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="watch_sources")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    # What a connector needs and may be shown: host, port, database, user, tables.
    place = models.JSONField(default=dict, blank=True)
    sealed_password = vault.SealedField(blank=True, default="")
    # Somebody who must not be able to read: tried at each look.
    outsider = models.CharField(max_length=63, blank=True)
    sealed_outsider = vault.SealedField(blank=True, default="")
    every_seconds = models.PositiveIntegerField(default=3600)
    # Of what is sent to Andon: how old the last list may grow. None: it is never owed.
    expected_days = models.PositiveSmallIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    # Grows with each look that is planned, so that a chain of looks that was overtaken ends.
    turn = models.PositiveIntegerField(default=0)
    # Stands as the reporter of what it finds.
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory(excluded_fields=["sealed_password", "sealed_outsider", "turn"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="source_once_in_dataset"),
            models.CheckConstraint(
                name="source_looks_at_least_weekly",
                condition=models.Q(every_seconds__gte=15, every_seconds__lte=604_800),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """True if Andon looks by itself; else what is found is sent to it."""
        return self.kind == self.Kind.POSTGRES

    @property
    def password(self) -> str:
        """Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_password)

    @property
    def outsider_password(self) -> str:
        """Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_outsider)


class ReaderList(models.Model):
    """Everybody who could read a store at a look, packed. The same list is kept once."""

    digest = models.CharField(max_length=64, primary_key=True)
    packed = models.BinaryField()

    def __str__(self) -> str:
        return self.digest[:12]


class Snapshot(models.Model):
    """What one look found. Never changed."""

    class State(models.TextChoices):
        COMPLETE = "complete", _("All was seen")
        PARTIAL = "partial", _("Partly seen")
        FAILED = "failed", _("Nothing was seen")

    source = models.ForeignKey(WatchSource, models.PROTECT, related_name="snapshots")
    audience = models.ForeignKey(DeclaredAudience, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State)
    # By a person, an upload, a plan: why it was looked at this moment.
    asked_by = models.CharField(max_length=200, blank=True)
    gaps = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    listed = models.ForeignKey(
        ReaderList, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    readers = models.PositiveIntegerField(default=0)
    excess = models.PositiveIntegerField(default=0)
    over = models.PositiveIntegerField(default=0)
    width = models.PositiveSmallIntegerField(default=Width.NOBODY.value)
    # Of all that are too many, so that what is the same as before is no news.
    excess_digest = models.CharField(max_length=64, blank=True)
    # Name, kind, path of the widest of them; the ways that let people in, for the picture.
    shown = models.JSONField(default=list, blank=True)
    ways = models.JSONField(default=list, blank=True)
    # Against the look before: counts and names.
    diff = models.JSONField(default=dict, blank=True)
    has_data = models.BooleanField(null=True, blank=True)
    is_near_miss = models.BooleanField(default=False)
    canary = models.CharField(max_length=7, blank=True)
    canary_said = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["source", "-id"], name="snapshot_of_source")]

    def __str__(self) -> str:
        return f"{self.source} at {self.taken_at:%Y-%m-%d %H:%M}"

    @property
    def is_clean(self) -> bool:
        """True if all was seen and nobody reads who should not. Nothing partial is clean."""
        found = self.excess or self.over or self.canary == "read"
        return self.state == self.State.COMPLETE and not found

    @property
    def is_exposed(self) -> bool:
        """True if somebody can read who should not, whatever else could not be seen."""
        return bool(self.excess or self.over or self.canary == "read")


class Drift(models.Model):
    """Somebody can read more than was declared. One at a time for each source, until verified."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FIXED = "fixed", _("Fixed, being verified")
        VERIFIED = "verified", _("Fixed and verified")

    source = models.ForeignKey(WatchSource, models.PROTECT, related_name="drifts")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # The look that said so last.
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="+")
    width = models.PositiveSmallIntegerField()
    is_near_miss = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    fixed_at = models.DateTimeField(null=True, blank=True)
    # How many of the checks after the fix were passed, and how often it came back.
    checks = models.PositiveSmallIntegerField(default=0)
    returns = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=~models.Q(state="verified"),
                name="one_drift_at_a_time",
            ),
            models.CheckConstraint(
                name="drift_fixed_has_a_time",
                condition=models.Q(state="open", fixed_at=None)
                | models.Q(fixed_at__isnull=False) & ~models.Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"drift {self.pk} of {self.source}"


keep(DeclaredAudience)
keep(ReaderList)
keep(Snapshot)
