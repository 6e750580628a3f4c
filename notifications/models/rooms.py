"""Places that many read, which are told beside the people who are paged."""

from django.db import models
from django.utils import timezone

from accounts.kept import KeptHistory
from notifications import hints, vault
from notifications.models.contacting import Method
from notifications.models.policies import EscalationPolicy
from programs.models import Program


class Room(models.Model):
    """A channel of Slack or Teams, a service of PagerDuty, a webhook.

    It is told when a certain step is taken. Nobody counts as reached by it.
    """

    name = models.CharField(max_length=60)
    method = models.CharField(max_length=10, choices=Method)
    # What may be shown of the address.
    hint = models.CharField(max_length=100)
    sealed_address = vault.SealedField()
    sealed_secret = vault.SealedField(blank=True, default="")
    # Told of what concerns this program and is paged for by this policy; none named are all.
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="rooms"
    )
    policy = models.ForeignKey(
        EscalationPolicy, models.PROTECT, null=True, blank=True, related_name="rooms"
    )
    # With which step it is told, over all passes; 1 is at once.
    step = models.PositiveSmallIntegerField(default=1)
    # Told of this level and all that are graver.
    mildest = models.PositiveSmallIntegerField(default=5)
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=200, blank=True, default="")
    # By the daily test, of what can be asked quietly.
    tested_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(
        excluded_fields=[
            "sealed_address",
            "sealed_secret",
            "last_success_at",
            "last_failure_at",
            "last_failure",
            "tested_at",
            "failing_since",
        ]
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_room_is_told_with_a_step", condition=models.Q(step__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where it is. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_address)

    @address.setter
    def address(self, text: str) -> None:
        self.sealed_address, self.hint = vault.seal(text), hints.hint(text)

    @property
    def secret(self) -> str:
        """What signs a webhook. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = vault.seal(text)
