"""Other systems that a program pulls with it when it stops, and what they answered."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from programs.models.program import Dataset, Program
from programs.models.stopping import StopOrder


class HookEvent(models.TextChoices):
    PAUSE = "pause", _("Pause")
    FREEZE = "freeze", _("Freeze")
    RESUME = "resume", _("Resume")
    # Of a runbook: sent when somebody says so, answered at once, and never to be confirmed.
    STEP = "step", _("Step of a runbook")


class Hook(models.Model):
    """Another system that hears of a program's stops by a signed webhook, and may have to confirm.

    Kept when it is switched off: orders name it.
    """

    class Kind(models.TextChoices):
        DATASET = "dataset_freeze", _("Dataset freeze")
        TRAINING = "training_job", _("Training job")
        OTHER = "other", _("Other system")

    program = models.ForeignKey(Program, models.PROTECT, related_name="hooks")
    # Unknown counts as every dataset, as with collectors.
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, null=True, blank=True, related_name="hooks"
    )
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=14, choices=Kind)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=6, choices=HookEvent))
    # Signs what is sent, in the form of Standard Webhooks; so it cannot be kept as a hash.
    secret = models.CharField(max_length=100)
    confirms = models.BooleanField(default=True)
    confirm_seconds = models.PositiveIntegerField(default=300)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory(excluded_fields=["secret"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="hook_once_in_program"),
            models.CheckConstraint(
                name="hook_confirms_within_a_day",
                condition=models.Q(confirm_seconds__gte=10, confirm_seconds__lte=86_400),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HookCallQuerySet(models.QuerySet["HookCall"]):
    def unconfirmed(self) -> "HookCallQuerySet":
        return self.filter(must_confirm=True, confirmation=None)


class HookCall(models.Model):
    """One event for one hook: sent until it is answered, and confirmed if it has to be."""

    # Without a history: it moves forwards only, and keeps the time of each step.

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent, not answered")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Could not be delivered")

    hook = models.ForeignKey(Hook, models.PROTECT, related_name="calls")
    # None for a resume: it ends several orders at once.
    order = models.ForeignKey(
        StopOrder, models.PROTECT, null=True, blank=True, related_name="calls"
    )
    event = models.CharField(max_length=6, choices=HookEvent)
    generation = models.BigIntegerField()
    # As the hook was when it was called: a later change to it changes no proof and frees no order.
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=14, choices=Hook.Kind)
    # Whoever changes the hook's address gets no right to confirm what another system was told.
    url = models.CharField(max_length=500)
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, blank=True, related_name="+")
    must_confirm = models.BooleanField()
    confirm_by = models.DateTimeField(null=True, blank=True)
    # When that time had passed without a word.
    late_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)

    objects = HookCallQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["hook", "event", "generation"], name="hook_called_once_per_event"
            ),
            models.CheckConstraint(
                name="what_must_be_confirmed_has_a_time",
                condition=models.Q(must_confirm=False) | models.Q(confirm_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hook}: {self.event} {self.generation}"

    @property
    def key(self) -> str:
        """The `webhook-id`: the same at every attempt, so that a receiver can tell a repeat."""
        return f"hook-call-{self.pk}"

    @property
    def confirmed(self) -> "HookConfirmation | None":
        return getattr(self, "confirmation", None)


class HookConfirmation(models.Model):
    """The word of another system, or of a person who looked, that it has done what it was told."""

    class State(models.TextChoices):
        FROZEN = "frozen", _("Frozen")
        STOPPED = "stopped", _("Stopped")
        RESUMED = "resumed", _("Resumed")
        NOTHING = "nothing_to_do", _("Nothing to do")

    call = models.OneToOneField(HookCall, models.PROTECT, related_name="confirmation")
    state = models.CharField(max_length=13, choices=State)
    detail = models.CharField(max_length=500, blank=True)
    # How many datasets, jobs or whatever it has it was.
    count = models.PositiveIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField()
    # The person who confirmed by hand; None if the system itself did.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.call}: {self.state}"


keep(HookConfirmation)


# What answers which event.
CONFIRMS: dict[HookEvent, tuple[HookConfirmation.State, ...]] = {
    HookEvent.PAUSE: (HookConfirmation.State.STOPPED, HookConfirmation.State.NOTHING),
    HookEvent.FREEZE: (HookConfirmation.State.FROZEN, HookConfirmation.State.NOTHING),
    HookEvent.RESUME: (HookConfirmation.State.RESUMED, HookConfirmation.State.NOTHING),
}
