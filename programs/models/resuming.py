"""The wish that a program goes on, and who agreed to it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.functions import Function
from accounts.kept import KeptHistory, keep
from programs.models.program import Program
from programs.models.stopping import Pause

# Whoever agrees judges what is known that day.
APPROVAL_LASTS = timedelta(hours=24)


class ResumeRequest(models.Model):
    """The wish that what it names is lifted, with an answer to each criterion.

    People of several functions must agree, none of them the one who asks or owns.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        GRANTED = "granted", _("Granted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    program = models.ForeignKey(Program, models.PROTECT, related_name="resume_requests")
    holds = models.ManyToManyField(Pause, related_name="resume_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField(max_length=2000)
    # Empty where it was asked before there were criteria.
    criteria_version = models.CharField(max_length=12, default="", blank=True)
    # Of each criterion, in their order: id, state, note, link.
    answers = models.JSONField(default=list)
    requested_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program"],
                condition=models.Q(state="open"),
                name="one_open_resume_request",
            )
        ]

    def __str__(self) -> str:
        return f"resume {self.program}"


class ResumeApproval(models.Model):
    """One person's agreement to resume, in one function. Never changed; it counts for a day."""

    request = models.ForeignKey(ResumeRequest, models.PROTECT, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    function = models.CharField(max_length=20)
    approved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.person} for {self.request}"

    @property
    def expires_at(self) -> datetime:
        return self.approved_at + APPROVAL_LASTS

    @property
    def in_words(self) -> str:
        return str(Function(self.function).label)

    def counts(self, now: datetime) -> bool:
        return now < self.expires_at


keep(ResumeApproval)
