"""What other systems send, and what became of it. No word of it: an incident may be hidden."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents import envelopes
from incidents.models.incident import Incident
from programs.models import ProgramKey

LONGEST_WHY = 300


class Source(models.Model):
    """What is sent with a monitor's key, and how it is read. A key without one: any known shape."""

    class Kind(models.TextChoices):
        ANY = envelopes.ANY, _("Any of these, told by what it looks like")
        ALERTMANAGER = envelopes.ALERTMANAGER, _("Prometheus Alertmanager")
        STANDARD = envelopes.STANDARD, _("Standard Webhooks")
        CLOUDEVENTS = envelopes.CLOUDEVENTS, _("CloudEvents 1.0")
        MAPPED = envelopes.MAPPED, _("JSON of another form, read by paths")

    key = models.OneToOneField(ProgramKey, models.PROTECT, related_name="source")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ANY)
    # Where the sender can sign, what is not signed is refused, whatever key comes with it.
    must_sign = models.BooleanField(default=False)
    mapping = models.JSONField(default=dict, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="standard_webhooks_are_signed",
                condition=~models.Q(kind="standard") | models.Q(must_sign=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key.label}: {self.get_kind_display()}"


class Received(models.Model):
    """One thing that was sent, however often. Without a key it came by e-mail.

    `ident`, `dedup`, `digest` and `said` are SHA-256 in hex; empty where nothing names it so.
    """

    class Outcome(models.TextChoices):
        OPENED = "opened", _("Opened an incident")
        UPDATED = "updated", _("Added to an incident")
        RESOLVED = "resolved", _("Noted as over")
        NOTHING = "nothing", _("Over, and nothing of it was open")

    key = models.ForeignKey(
        ProgramKey, models.PROTECT, null=True, blank=True, related_name="received"
    )
    # The delivery: the same again is a repeat.
    ident = models.CharField(max_length=64, blank=True)
    # What it is about: one open incident at a time.
    dedup = models.CharField(max_length=64, blank=True)
    # The bytes as they came, and what was read in them.
    digest = models.CharField(max_length=64)
    said = models.CharField(max_length=64)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="received"
    )
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "ident"],
                name="received_once",
                condition=~models.Q(ident=""),
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["key", "dedup", "-id"], name="received_about"),
            models.Index(fields=["key", "-last_at"], name="received_last"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.first_at:%Y-%m-%d %H:%M}"


class Refusal(models.Model):
    """Why something was not taken, and how often. Few for each key: the oldest give way."""

    key = models.ForeignKey(
        ProgramKey, models.CASCADE, null=True, blank=True, related_name="refusals"
    )
    why = models.CharField(max_length=LONGEST_WHY)
    # As in HTTP.
    answer = models.PositiveSmallIntegerField()
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "why"], name="refused_so", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.answer}: {self.why}"
