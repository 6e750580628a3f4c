"""Updates for people who need not take part in an incident, and how far each of them was told."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents.models import Incident
from notifications import hints, vault
from notifications.models.telling import Subscription


class Stakeholder(models.Model):
    """Somebody outside who may be told, such as a works council. Operators keep the list."""

    name = models.CharField(max_length=80)
    hint = models.CharField(max_length=100)
    sealed_address = vault.SealedField()
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["sealed_address"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(removed_at=None), name="stakeholder_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where it leads. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_address)

    @address.setter
    def address(self, text: str) -> None:
        self.sealed_address, self.hint = vault.seal(text), hints.hint(text)


class Broadcast(models.Model):
    """An update for stakeholders. Nobody gets it before a second person approved this version."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second person")
        RETURNED = "returned", _("Returned to its author")
        APPROVED = "approved", _("Approved, being sent")
        SENT = "sent", _("Sent")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="broadcasts")
    subject = models.CharField(max_length=120)
    text = models.TextField(max_length=5000)
    # Keys of people, teams and stakeholders; the teams are who is in them at the approval.
    people = ArrayField(models.BigIntegerField(), default=list, blank=True)
    teams = ArrayField(models.BigIntegerField(), default=list, blank=True)
    stakeholders = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # Whoever hears of updates of the incident's program, and may see the incident.
    subscribers = models.BooleanField(default=False)
    send_at = models.DateTimeField(null=True, blank=True)
    # Grows with each change: what was approved is one version, and no other is sent.
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # Everybody who wrote any of it: none of them approves it.
    writers = ArrayField(models.BigIntegerField())
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # Why it was returned.
    words = models.CharField(max_length=500, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="broadcast_approved_by_another",
                condition=~models.Q(state__in=["approved", "sent"])
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("author"))),
            )
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def may_change(self) -> bool:
        """True if it may still be written anew, unless somebody was sent it already."""
        return self.state in (self.State.WAITING, self.State.RETURNED, self.State.APPROVED)


class BroadcastCopy(models.Model):
    """One version on its way to one recipient. Without a history: it is one."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")
        WITHHELD = "withheld", _("Not sent")

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="copies")
    version = models.PositiveIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stakeholder = models.ForeignKey(
        Stakeholder, models.PROTECT, null=True, blank=True, related_name="copies"
    )
    # What brought it to a person whom nobody named.
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "version", "person", "stakeholder"],
                nulls_distinct=False,
                name="one_copy_for_each",
            ),
            models.CheckConstraint(
                name="a_copy_is_for_somebody",
                condition=models.Q(person__isnull=False, stakeholder=None)
                | models.Q(person=None, stakeholder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast} to {self.name}"

    @property
    def name(self) -> str:
        """Whom it is for, by name."""
        if self.person:
            return self.person.name
        return self.stakeholder.name if self.stakeholder else ""
