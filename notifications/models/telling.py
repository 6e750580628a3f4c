"""What people want to hear of, beside what they are paged for."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from notifications import periods
from programs.models import Program


class News(models.TextChoices):
    """What a person may be told of. Pages are not among it: nobody chooses those."""

    OPENED = "opened", _("An incident was opened")
    LEVEL = "level", _("Its level changed")
    UPDATE = "update", _("Somebody wrote an update")
    COLLECTION = "collection", _("A program was paused, or goes on")
    CLOSED = "closed", _("An incident is over")


class Subscription(models.Model):
    """What somebody wants to hear of. It opens nothing: what they may see is asked at sending."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="subscriptions"
    )
    # None is every program, and what is about none.
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, blank=True, related_name="subscriptions"
    )
    # Of this level and all that are graver. What is about a program alone has no level.
    mildest = models.PositiveSmallIntegerField(default=5)
    about = ArrayField(models.CharField(max_length=10, choices=News))
    at_once = models.BooleanField(default=True)
    in_digest = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "program"],
                condition=models.Q(ended_at=None),
                nulls_distinct=False,
                name="one_subscription_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(at_once=True) | models.Q(in_digest=True),
                name="a_subscription_has_a_way",
            ),
            models.CheckConstraint(
                condition=models.Q(mildest__lte=5), name="subscription_on_ladder"
            ),
        ]
        indexes = [
            models.Index(
                fields=["program"], condition=models.Q(ended_at=None), name="subscribed_to"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.program or 'every program'}"

    @property
    def news(self) -> list[News]:
        """What it is about, in the order of the list."""
        return [each for each in News if each in self.about]


class DigestPlan(models.Model):
    """When somebody gets the digest. Without a row nobody gets one."""

    class Rhythm(models.TextChoices):
        OFF = periods.OFF, _("Never")
        DAILY = periods.DAILY, _("Each day")
        WEEKLY = periods.WEEKLY, _("Each week")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="digest_plan"
    )
    rhythm = models.CharField(max_length=6, choices=Rhythm, default=Rhythm.DAILY)
    # In the person's zone, when it is worked out: who moves gets it at the hour of the new place.
    hour = models.PositiveSmallIntegerField(default=7)
    weekday = models.PositiveSmallIntegerField(default=0)
    skips_empty = models.BooleanField(default=True)
    # Nobody chose it: it comes with the function, and goes with it.
    by_function = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hour__lte=23, weekday__lte=6), name="digest_at_an_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.rhythm}"


class Digest(models.Model):
    """One digest of one person: one for a day, whatever dies meanwhile. Without a history."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for its time")
        SENT = "sent", _("Sent")
        EMPTY = "empty", _("Nothing happened, so none was sent")
        DROPPED = "dropped", _("Not wanted any more")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="digests")
    day = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-until"]
        constraints = [
            models.UniqueConstraint(fields=["person", "day"], name="one_digest_a_day"),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="digest_has_a_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day}"
