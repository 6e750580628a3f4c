"""Whom to page in which order, each run of it, and every attempt to reach somebody."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.kept import KeptHistory
from incidents.models import Incident
from notifications.models.contacting import ContactMethod, Method
from programs.models import Program, StopOrder


class EscalationPolicy(models.Model):
    """Whom to page, in which order, for which levels.

    A program's own policy beats the general one.
    """

    name = models.CharField(max_length=120)
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="policies"
    )
    levels = ArrayField(models.PositiveSmallIntegerField(), default=list)
    # How often the steps are gone through again while nobody answers.
    repeats = models.PositiveSmallIntegerField(default=3)
    repeat_after_seconds = models.PositiveIntegerField(default=300)
    active = models.BooleanField(default=True)

    history = KeptHistory()

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """So many seconds after the step before, if nobody answered, page these."""

    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    after_seconds = models.PositiveIntegerField()
    function = models.CharField(max_length=20, choices=Function, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = KeptHistory()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="step_once_in_policy"),
            models.CheckConstraint(
                name="step_names_a_function_or_a_person",
                condition=(models.Q(person=None) & ~models.Q(function=""))
                | (models.Q(person__isnull=False) & models.Q(function="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} step {self.number}"


class Escalation(models.Model):
    """One run through a policy for one incident, or for a stop that is not answered or violated.

    The policy is copied: edits do not change a run.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Paging")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        EXHAUSTED = "exhausted", _("Nobody answered")
        NOBODY_NOTIFIED = "nobody_notified", _("Nobody could be reached")
        STOPPED = "stopped", _("Stopped")

    class Cause(models.TextChoices):
        INCIDENT = "incident", _("Incident")
        SILENCE = "silence", _("A stop is not answered")
        VIOLATION = "violation", _("A stop is violated")

    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="escalations"
    )
    order = models.ForeignKey(
        StopOrder, models.PROTECT, null=True, blank=True, related_name="escalations"
    )
    cause = models.CharField(max_length=9, choices=Cause, default=Cause.INCIDENT)
    policy = models.ForeignKey(EscalationPolicy, models.PROTECT, null=True, related_name="+")
    snapshot = models.JSONField()
    snapshot_sha256 = models.CharField(max_length=64)
    level = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=15, choices=State, default=State.ACTIVE)
    # Counts the steps taken, over all passes: the place where the run stands, and its fencing
    # number.
    taken = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="active_escalation_has_a_due_time",
                condition=~models.Q(state="active") | models.Q(next_due_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(state="active"),
                name="one_active_escalation_per_incident",
            ),
            models.UniqueConstraint(
                fields=["order", "cause"], name="one_escalation_per_stop_and_cause"
            ),
            models.CheckConstraint(
                name="escalation_is_about_one_thing",
                condition=models.Q(cause="incident", incident__isnull=False, order=None)
                | (~models.Q(cause="incident") & models.Q(incident=None, order__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident or self.order} {self.state}"


class Page(models.Model):
    """One attempt to reach one person by one means.

    Kept until it is sent or given up, and then for good.
    """

    # Without a history: `tries` is one, with a row before each call; who is paged and who answered
    # stand on the timeline and in the record. A row per change would say it thrice, in the minute
    # in which everybody is paged.

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")
        DROPPED = "dropped", _("Not needed any more")

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="pages")
    step = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pages")
    method = models.CharField(max_length=10, choices=Method)
    # What may be shown of the address; where it leads is the contact's, or the account's.
    hint = models.CharField(max_length=100)
    contact = models.ForeignKey(ContactMethod, models.PROTECT, null=True, related_name="+")
    # The same at every attempt, and sent along, so that a receiver can tell a repeat.
    key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], name="page_unsent", condition=models.Q(state="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} by {self.method}: {self.state}"


class PageAttempt(models.Model):
    """One try to send a page.

    Written before the call, so that a crash leaves "sent, maybe twice", never nothing.
    """

    page = models.ForeignKey(Page, models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.page} attempt {self.number}"
