"""The review after an incident, and what is to be done so that it does not happen again."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident


class Review(models.Model):
    """The review of one incident. What was published last is what people read."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="review")
    opened_at = models.DateTimeField(default=timezone.now)
    # None where no review is demanded.
    due_at = models.DateTimeField(null=True, blank=True)
    # How often it was asked for: also the fencing number of the next time.
    reminders = models.PositiveIntegerField(default=0)
    published = models.ForeignKey(
        "ReviewVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    # The first version that knows of all: those before it were written before more happened.
    counts_from = models.PositiveIntegerField(default=1)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="review_published_by_somebody",
                condition=models.Q(published=None, published_by=None, published_at=None)
                | models.Q(
                    published__isnull=False, published_by__isnull=False, published_at__isnull=False
                ),
            )
        ]

    def __str__(self) -> str:
        return f"Review of {self.incident}"

    @property
    def stands(self) -> bool:
        """True if it is published, and was written after all that it is about."""
        return self.published is not None and self.published.number >= self.counts_from


class ReviewVersion(models.Model):
    """What somebody wrote at one time: every section, and the facts as they stood then.

    Never changed; a correction is the next version.
    """

    review = models.ForeignKey(Review, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # By the key of the section: Markdown, and lines of facts.
    sections = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    # What contributed, by the keys of the form.
    causes = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="review_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.review} v{self.number}"


keep(ReviewVersion)


class ActionItem(models.Model):
    """One thing to be done after an incident, by one person until a day."""

    class Kind(models.TextChoices):
        PREVENT = "prevent", _("Prevent")
        DETECT = "detect", _("Detect")
        LIMIT = "limit", _("Limit")
        RESPOND = "respond", _("Respond")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done, to be verified")
        VERIFIED = "verified", _("Verified")
        DROPPED = "dropped", _("Dropped")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="action_items")
    what = models.CharField(max_length=500)
    kind = models.CharField(max_length=7, choices=Kind)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_on = models.DateField()
    # The id of a control of programs, such as G07.
    control = models.CharField(max_length=3, blank=True)
    test = models.CharField(_("verification test"), max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    # The last word on it: what was done, what shows it, or why it is dropped.
    said = models.CharField(max_length=1000, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # How often its owner was reminded: also the fencing number of the next time.
    reminders = models.PositiveIntegerField(default=0)

    history = KeptHistory()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(
                fields=["owner", "due_on"], name="item_open", condition=models.Q(state="open")
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="item_verified_by_another",
                condition=~models.Q(state="verified")
                | (
                    models.Q(settled_by__isnull=False)
                    & ~models.Q(settled_by=models.F("owner"))
                    & ~models.Q(settled_by=models.F("done_by"))
                ),
            )
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_on < timezone.now().date()
