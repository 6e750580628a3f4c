"""What rules did or wait to do, and changes of severity that wait for a second person."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents.models.incident import Incident
from programs.models import Dataset, Program
from severity.models import Assessment


class RuleFiring(models.Model):
    """One demand of one rule, for one assessment: the ledger that makes rules act once.

    A rule of the floor acts once for each assessment, one of the house once for each `key`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Asks a person")
        FIRED = "fired", _("Fired")
        VETOED = "vetoed", _("Vetoed")
        VOID = "void", _("No longer due")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="firings")
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=40)
    rules_version = models.CharField(max_length=20)
    action = models.CharField(max_length=30)
    scope = models.CharField(max_length=40, blank=True)
    # With what or whom: a runbook, a policy, a function. Of the house alone.
    name = models.CharField(max_length=60, blank=True, default="", db_default="")
    of_house = models.BooleanField(default=False, db_default=False)
    # What this firing is for, so that it is made once; see firing.key_of.
    key = models.CharField(max_length=200, blank=True, default="", db_default="")
    # What came of it, in a sentence. Written once, with what it did.
    outcome = models.CharField(max_length=300, blank=True, default="", db_default="")
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="+")
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    why = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    fired_at = models.DateTimeField(null=True, blank=True)
    vetoed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    veto_reason = models.CharField(max_length=300, blank=True)
    # Who agreed to what a rule asks for.
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = KeptHistory(excluded_fields=["outcome", "key"])

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "rule", "action", "program", "dataset"],
                nulls_distinct=False,
                condition=models.Q(of_house=False),
                name="each_demand_once",
            ),
            models.UniqueConstraint(
                fields=["incident", "key"],
                condition=models.Q(of_house=True) & ~models.Q(state="void"),
                name="each_demand_of_the_house_once",
            ),
        ]
        indexes = [models.Index(fields=["rule", "-id"], name="firing_by_rule")]

    def __str__(self) -> str:
        return f"{self.rule} {self.action}"


class SeverityProposal(models.Model):
    """A lower severity that one person proposes and a second must confirm."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="proposals")
    level = models.PositiveSmallIntegerField()
    reason = models.TextField(max_length=2000)
    # The full assessment that it rests on, ready to be written; None if a person just says so.
    assessed = models.JSONField(null=True, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(state="open"),
                name="one_open_proposal_per_incident",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident} to SEV {self.level}"
