"""Accounts of the house at services that talk back, and what came from them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from notifications import vault
from notifications.models.escalating import Escalation


class Connection(models.Model):
    """One account at a service that talks back to us.

    What it sends is believed by its signature alone.
    """

    class Kind(models.TextChoices):
        PAGERDUTY = "pagerduty", _("PagerDuty")
        SLACK = "slack", _("Slack")

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=60)
    # Stands in the address that the service calls.
    ident = models.CharField(max_length=32, unique=True)
    # Up to five, one a line: what is signed with any of them is believed, so that one can be
    # changed for another.
    sealed_secrets = vault.SealedField()
    # Of Slack: what its bot acts with, and what that opened when it was tried last.
    sealed_token = vault.SealedField(blank=True, default="")
    team = models.CharField(max_length=20, blank=True, default="")
    team_since = models.DateTimeField(null=True, blank=True)
    bot = models.CharField(max_length=60, blank=True, default="")
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    last_refused_at = models.DateTimeField(null=True, blank=True)
    last_refusal = models.CharField(max_length=200, blank=True, default="")
    # Of the token of a bot, which is tried each day.
    tested_at = models.DateTimeField(null=True, blank=True)
    test_failure = models.CharField(max_length=200, blank=True, default="")
    failing_since = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(
        excluded_fields=[
            "sealed_secrets",
            "sealed_token",
            "last_heard_at",
            "last_refused_at",
            "last_refusal",
            "tested_at",
            "test_failure",
            "failing_since",
        ]
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            # A message of the bot must come from one workspace, or its answers are nobody's.
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(kind="slack", retired_at=None),
                name="one_slack_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def secrets(self) -> list[str]:
        """What the service signs with. Raises vault.Unreadable if the key is gone."""
        return vault.unseal(self.sealed_secrets).split()

    @secrets.setter
    def secrets(self, texts: list[str]) -> None:
        self.sealed_secrets = vault.seal("\n".join(texts))

    @property
    def token(self) -> str:
        """What the bot acts with. Raises vault.Unreadable if the key is gone."""
        return vault.unseal(self.sealed_token)

    @token.setter
    def token(self, text: str) -> None:
        self.sealed_token = vault.seal(text)


class Counterpart(models.Model):
    """Who a person is at a service, as an operator vouches for it."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="counterparts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The name of the account there, such as PLH1HKV.
    remote = models.CharField(max_length=40)
    named_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["remote"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "remote"],
                condition=models.Q(ended_at=None),
                name="one_person_for_each_account_there",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} is {self.remote} at {self.connection}"


class Reply(models.Model):
    """One thing that a service said of a page, and what became of it. Without a history: it is one.

    Kept for good, so that the same again does nothing.
    """

    class What(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Counts as an answer")
        UNKNOWN = "unknown", _("By someone unknown to Andon: does not count as an answer")
        OUTSIDE = "outside", _("By someone who takes no part: does not count as an answer")
        OVER = "over", _("There was nothing to answer any more")

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="replies")
    # Of the name that the service gives to this very event, its SHA-256.
    ident = models.CharField(max_length=64)
    what = models.CharField(max_length=12, choices=What)
    outcome = models.CharField(max_length=8, choices=Outcome)
    # Who the service says it was, and who that is here.
    remote = models.CharField(max_length=40, blank=True, default="")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="replies")
    received_at = models.DateTimeField(default=timezone.now)
    # Where whoever it was can be told what became of it; gone once they were.
    sealed_reply_url = vault.SealedField(blank=True, default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "ident"], name="reply_once"),
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.connection}: {self.outcome}"
