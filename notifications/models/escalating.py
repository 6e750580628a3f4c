"""Each run through a policy, and every attempt to reach somebody in it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from incidents.models import Incident
from notifications.models.contacting import ContactMethod, Method
from notifications.models.policies import EscalationPolicy
from notifications.models.rooms import Room
from programs.models import StopOrder


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
    # Counts the steps taken, over all passes: the place where the run stands.
    taken = models.PositiveIntegerField(default=0)
    # Grows with each act that is planned for the run; only the newest one may still happen.
    generation = models.PositiveIntegerField(default=0)
    # When the run acts next by itself: a step, or a question to whoever answered.
    next_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    # Somebody was paged since it was opened, or since an answer was taken back.
    reached = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The last that whoever answered did in the record of the incident; what is later is a sign.
    heard = models.BigIntegerField(default=0)
    # When whoever answered was asked whether they are still on it, and has not said so since.
    asked_at = models.DateTimeField(null=True, blank=True)
    # Who is to take over the answer, and has not said yes.
    offered_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)

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
    """One attempt to reach one person by one means, or to tell one room.

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
        HELD = "held", _("Held back by quiet hours")

    class Purpose(models.TextChoices):
        STEP = "step", _("A step of the policy")
        BY_HAND = "by_hand", _("Paged by somebody")
        STILL = "still", _("Still on it?")
        OFFER = "offer", _("Handed over")
        # No pages: what became of one, told where it was sent.
        ACK = "ack", _("Told that it was answered")
        OVER = "over", _("Told that it is over")

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="pages")
    purpose = models.CharField(max_length=7, choices=Purpose, default=Purpose.STEP)
    # Of ACK and OVER: what was sent before.
    about = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    step = models.PositiveIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="pages"
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="pages")
    method = models.CharField(max_length=10, choices=Method)
    # What may be shown of the address; where it leads is the contact's, or the account's.
    hint = models.CharField(max_length=100)
    contact = models.ForeignKey(ContactMethod, models.PROTECT, null=True, related_name="+")
    # The same at every attempt, and sent along, so that a receiver can tell a repeat.
    key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Not before then: its person was paged too often in a minute, or wants quiet until then.
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    # How the other side names the message, where it can be changed later.
    remote = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], name="page_unsent", condition=models.Q(state="pending")
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="page_is_to_a_person_or_a_room",
                condition=models.Q(person__isnull=False, room=None)
                | models.Q(person=None, room__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.to} by {self.method}: {self.state}"

    @property
    def to(self) -> str:
        """How people call whom it is to."""
        return self.person.name if self.person else str(self.room)

    @property
    def generation(self) -> int:
        """Of its run when it was written, as its key says; -1 if that is of another form."""
        written = self.key.removeprefix(f"page-{self.escalation_id}-").partition("-")[0]
        return int(written) if written.isdecimal() else -1

    @property
    def lane(self) -> str:
        """Whose work it is to send it, see audit.clockwork."""
        return f"person-{self.person_id}" if self.person_id else f"room-{self.room_id}"


class PageAttempt(models.Model):
    """One try to send a page.

    Written before the call, so that a crash leaves "sent, maybe twice", never nothing.
    """

    page = models.ForeignKey(Page, models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    # Of whose pages of a minute it is one, see notifications.crowding; nobody's where that has no
    # bound. Kept here, as it is asked for each page that is sent, however many there have been.
    counts_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(
                fields=["counts_for", "started_at"],
                name="attempts_of_a_minute",
                condition=models.Q(counts_for__isnull=False),
            )
        ]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.page} attempt {self.number}"
