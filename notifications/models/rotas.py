"""Who is on call: rotas, their layers and calendars, and what is agreed beside them."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from accounts.models import known_zone
from notifications import hints, vault


class Rota(models.Model):
    """People who are on call in turn. Its name is read outside, in calendars: no incident in it."""

    name = models.CharField(max_length=80, unique=True)
    about = models.CharField(max_length=200, blank=True)
    # In which its weeks are shown; each layer has its own.
    zone = models.CharField(max_length=64, validators=[known_zone])
    owners = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="rotas_owned")
    # Nobody is meant to be on call outside the hours of its layers: that is no gap.
    within_hours = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    history = KeptHistory(m2m_fields=[owners])

    def __str__(self) -> str:
        return self.name


class RotaLayer(models.Model):
    """People who take turns within a rota, over the layers below it.

    A change ends the row and makes a new one: who was on call in the past stays as it was.
    """

    class Unit(models.TextChoices):
        HOURS = "hours", _("Hours")
        DAYS = "days", _("Days")
        WEEKS = "weeks", _("Weeks")

    rota = models.ForeignKey(Rota, models.PROTECT, related_name="layers")
    name = models.CharField(max_length=80)
    # The higher one counts.
    rank = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=64, validators=[known_zone])
    unit = models.CharField(max_length=5, choices=Unit)
    every = models.PositiveSmallIntegerField(default=1)
    starts_on = models.DateField()
    handover = models.TimeField()
    # Monday is 0. For turns of whole weeks alone.
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)
    # The keys of people in the order of their turns.
    people = ArrayField(models.BigIntegerField())
    # When it counts: [{"weekdays": [0, …], "start": "HH:MM", "end": "HH:MM"}, …]; none is always.
    hours = models.JSONField(default=list, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rota", "rank"],
                condition=models.Q(until=None),
                name="one_layer_of_a_rank_in_force",
            ),
            models.CheckConstraint(condition=models.Q(every__gte=1), name="a_turn_has_a_length"),
            models.CheckConstraint(
                condition=models.Q(unit="weeks", weekday__isnull=False)
                | (~models.Q(unit="weeks") & models.Q(weekday=None)),
                name="turns_of_weeks_change_on_a_weekday",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rota}: {self.name}"


class RotaCalendar(models.Model):
    """A calendar that others keep, as a layer of a rota. What was read last and well counts."""

    rota = models.ForeignKey(Rota, models.PROTECT, related_name="calendars")
    name = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField()
    # Empty for a file. Whoever has it can read the calendar: only the hint is shown.
    sealed_address = vault.SealedField(blank=True, default="")
    hint = models.CharField(max_length=100, blank=True, default="")
    read_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    # Why the last reading failed, in a sentence, and how many failed in a row.
    failure = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    # Names in it that are nobody here.
    unknown = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    # Without what each hour's reading writes.
    history = KeptHistory(
        excluded_fields=["sealed_address", "tried_at", "read_at", "failure", "failures", "unknown"]
    )

    def __str__(self) -> str:
        return f"{self.rota}: {self.name}"

    @property
    def address(self) -> str:
        """Where it is read. Raises vault.Unreadable if its key is gone."""
        return vault.unseal(self.sealed_address)

    @address.setter
    def address(self, text: str) -> None:
        self.sealed_address, self.hint = vault.seal(text), hints.hint(text) if text else ""


class CalendarShift(models.Model):
    """A shift that a calendar holds. Those to come are replaced at each reading."""

    # Without a history: it is a copy of what others keep, and what is past stays as it is.

    calendar = models.ForeignKey(RotaCalendar, models.PROTECT, related_name="shifts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["calendar", "ends_at"], name="shift_of_calendar")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_shift_has_a_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.calendar}: {self.person}"


class Override(models.Model):
    """For a while somebody is on call whatever the layers say. Of two the later one counts.

    One that is withdrawn while it goes on counts until then.
    """

    rota = models.ForeignKey(Rota, models.PROTECT, related_name="overrides")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="overrides")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="an_override_has_a_length",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rota}: {self.person}"


class Swap(models.Model):
    """Somebody asks a colleague to take a shift, for one of theirs or for nothing.

    Until they accept, each is on call as before.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for an answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Not answered in time")

    rota = models.ForeignKey(Rota, models.PROTECT, related_name="swaps")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # What the asker takes in return; neither for nothing.
    back_starts_at = models.DateTimeField(null=True, blank=True)
    back_ends_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    override = models.OneToOneField(
        Override, models.PROTECT, null=True, blank=True, related_name="swap"
    )
    back_override = models.OneToOneField(
        Override, models.PROTECT, null=True, blank=True, related_name="swap_back"
    )

    history = KeptHistory()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_swap_has_a_length"
            ),
            models.CheckConstraint(
                condition=models.Q(back_starts_at=None, back_ends_at=None)
                | models.Q(
                    back_starts_at__isnull=False,
                    back_ends_at__isnull=False,
                    back_ends_at__gt=models.F("back_starts_at"),
                ),
                name="what_a_swap_gives_back_has_a_length",
            ),
            models.UniqueConstraint(
                fields=["rota", "asker", "asked", "starts_at"],
                condition=models.Q(state="asked"),
                name="one_waiting_swap_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rota}: {self.asker} asks {self.asked}"

    @property
    def back(self) -> tuple[datetime, datetime] | None:
        """From when to when the asker takes a shift in return."""
        if self.back_starts_at is None or self.back_ends_at is None:
            return None
        return self.back_starts_at, self.back_ends_at


class Gap(models.Model):
    """A time in which nobody is reached, as it was found."""

    starts_at = models.DateTimeField()
    # None: it goes on beyond what was looked at.
    ends_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class RotaGap(Gap):
    """A time in which nobody is on call, that the owners of the rota were told of."""

    # Without a history: it notes what was found, and `over_at` when it was found no more.

    rota = models.ForeignKey(Rota, models.PROTECT, related_name="gaps")

    class Meta:
        indexes = [
            models.Index(fields=["rota"], condition=models.Q(over_at=None), name="gap_of_rota")
        ]


class CalendarFeed(models.Model):
    """A secret address at which a person's shifts, or those of a rota, are read as a calendar."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="calendar_feeds"
    )
    # None: the owner's own shifts in all rotas.
    rota = models.ForeignKey(Rota, models.PROTECT, null=True, blank=True, related_name="feeds")
    key_id = models.CharField(max_length=32, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory(excluded_fields=["secret_hash"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "rota"],
                condition=models.Q(withdrawn_at=None),
                nulls_distinct=False,
                name="one_feed_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.rota or 'own shifts'}"
