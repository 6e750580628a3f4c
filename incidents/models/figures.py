"""What incidents and drills count for, and the sums of it that figures are read from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from incidents.models.drills import Drill
from incidents.models.incident import Incident
from programs.models import Program

# The lengths of time that are told of an incident, in the order in which they happen.
LENGTHS = ("detect", "acknowledge", "pause", "contain", "recover")


class Measure(models.Model):
    """What one incident, or one drill, adds to the figures. Not a record: it is reckoned anew.

    `day` is the UTC day of the report, or on which the drill ended. Lengths are whole seconds;
    None where an end of one is not known. `person_seconds` is people times seconds exposed.
    """

    incident = models.OneToOneField(Incident, models.CASCADE, null=True, related_name="measure")
    drill = models.OneToOneField(Drill, models.CASCADE, null=True, related_name="measure")
    day = models.DateField()
    program = models.ForeignKey(Program, models.PROTECT, null=True, related_name="+")
    level = models.PositiveSmallIntegerField(null=True)
    incidents = models.PositiveSmallIntegerField(default=0)
    # Of how many incidents it is known how many people were exposed for how long.
    counted = models.PositiveSmallIntegerField(default=0)
    person_seconds = models.BigIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    passed = models.PositiveSmallIntegerField(default=0)
    failed = models.PositiveSmallIntegerField(default=0)
    detect = models.BigIntegerField(null=True)
    acknowledge = models.BigIntegerField(null=True)
    pause = models.BigIntegerField(null=True)
    contain = models.BigIntegerField(null=True)
    recover = models.BigIntegerField(null=True)
    # What its review says contributed; None without a review that stands.
    causes = ArrayField(models.CharField(max_length=20), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="measure_of_one_thing",
                condition=models.Q(incident=None, drill__isnull=False)
                | models.Q(incident__isnull=False, drill=None),
            )
        ]
        indexes = [
            models.Index(fields=["day"], name="measure_by_day"),
            # Stops are few beside incidents.
            models.Index(
                fields=["day"], name="measure_of_stop", condition=models.Q(pause__isnull=False)
            ),
            # So are reviews.
            models.Index(
                fields=["day"], name="measure_of_review", condition=models.Q(causes__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident or self.drill} on {self.day}"


class Grain(models.TextChoices):
    DAY = "day"
    MONTH = "month"


class Figure(models.Model):
    """The sums over what was measured of a day or month, of one program and one level."""

    grain = models.CharField(max_length=5, choices=Grain)
    since = models.DateField()
    program = models.ForeignKey(Program, models.PROTECT, null=True, related_name="+")
    level = models.PositiveSmallIntegerField(null=True)
    incidents = models.BigIntegerField(default=0)
    counted = models.BigIntegerField(default=0)
    person_seconds = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    met = models.BigIntegerField(default=0)
    missed = models.BigIntegerField(default=0)
    passed = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "since", "program", "level"],
                nulls_distinct=False,
                name="one_figure_per_cell",
            )
        ]

    def __str__(self) -> str:
        return f"{self.grain} from {self.since}"


class Spread(models.Model):
    """How many lengths of one kind lie in one bucket of incidents.spreading, by day or month."""

    grain = models.CharField(max_length=5, choices=Grain)
    since = models.DateField()
    level = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=11)
    bucket = models.PositiveSmallIntegerField()
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "since", "level", "what", "bucket"],
                name="one_spread_per_bucket",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} in {self.grain} from {self.since}"
