"""A second person answers the questions of a full assessment without seeing the first one's."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory, keep
from incidents.models.incident import Incident
from severity.models import Assessment


class SecondRating(models.Model):
    """One blind rating beside a full assessment. It decides nothing; both are compared after.

    `rater` is None while any volunteer may take it. `is_blind` is False if the rater could have
    read the level in the meantime.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Rated")
        DECLINED = "declined", _("Declined")
        CALLED_OFF = "called_off", _("Called off")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="second_ratings")
    first = models.ForeignKey(Assessment, models.PROTECT, related_name="+")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What the rater is to know beside the report; never where the data lie.
    brief = models.TextField(max_length=4000, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=500, blank=True)

    said = models.JSONField(null=True, blank=True)
    facts = models.JSONField(null=True, blank=True)
    rules_version = models.CharField(max_length=20, blank=True)
    score = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    index = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    is_blind = models.BooleanField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["first"],
                condition=models.Q(state__in=["open", "done"]),
                name="one_second_rating_of_each_assessment",
            ),
            models.CheckConstraint(
                name="second_rating_has_a_level",
                condition=~models.Q(state="done")
                | models.Q(level__lte=5, rater__isnull=False, is_blind__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: second rating"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


keep(SecondRating, refuse=("DELETE",))
