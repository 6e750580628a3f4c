"""How people are reached."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from notifications import hints, vault


class Method(models.TextChoices):
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")
    SLACK = "slack", _("Slack, by an incoming webhook")
    SLACKBOT = "slackbot", _("Slack, by Andon's bot")
    TEAMS = "teams", _("Microsoft Teams")
    PAGERDUTY = "pagerduty", _("PagerDuty")
    APPRISE = "apprise", _("SMS, chat and 170 services")


class ContactMethod(models.Model):
    """One way to reach a person; notifications.ways says when it is used.

    Without any that is verified, a person is reached at the account's e-mail address too.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contact_methods"
    )
    method = models.CharField(max_length=10, choices=Method)
    # What may be shown of the address.
    hint = models.CharField(max_length=100)
    sealed_address = vault.SealedField()
    sealed_secret = vault.SealedField(blank=True, default="")
    active = models.BooleanField(default=True)
    label = models.CharField(max_length=60, blank=True, default="")
    # The lowest comes first; of equals the one that was added first.
    place = models.PositiveSmallIntegerField(default=0)
    # Used for this level and all that are graver.
    mildest = models.PositiveSmallIntegerField(default=5)
    # In the person's zone; SEV 0 and 1 ignore them. Both or neither.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    # The other side said that there is nobody there, and that this will not change.
    bounced_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=200, blank=True, default="")

    history = KeptHistory(
        excluded_fields=[
            "sealed_address",
            "sealed_secret",
            "last_success_at",
            "last_failure_at",
            "last_failure",
        ]
    )

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_are_whole",
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} by {self.method}"

    @property
    def address(self) -> str:
        """Where it leads. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_address)

    @address.setter
    def address(self, text: str) -> None:
        self.sealed_address, self.hint = vault.seal(text), hints.hint(text)

    @property
    def secret(self) -> str:
        """What signs a webhook, or opens a service. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed_secret = vault.seal(text)


class ContactTry(models.Model):
    """One message to a contact method that is no page: a code, a test, the daily look.

    Without a history: it is one.
    """

    class Kind(models.TextChoices):
        CODE = "code", _("Code")
        TEST = "test", _("Test page")
        LOOK = "look", _("Daily test")

    class State(models.TextChoices):
        WAITING = "waiting", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")

    contact = models.ForeignKey(ContactMethod, models.PROTECT, related_name="tries")
    kind = models.CharField(max_length=4, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    # Of a code alone. How often a wrong one was said for it.
    sealed_code = vault.SealedField(blank=True, default="")
    wrong = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} by {self.contact}: {self.state}"
