"""The machines that collect, the keys they ask with, and the leases they hold."""

import secrets
from datetime import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.kept import KeptHistory
from accounts.models import StoredSecret
from programs.models.program import Dataset, Program
from programs.reach import SEATS, Place

NAME = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]*$", _("Use small letters, digits, dots, dashes and underscores.")
)


def _draw_seat() -> int:
    return secrets.randbelow(SEATS)


class Collector(models.Model):
    """One machine or process that collects for a program."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="collectors")
    # Unknown counts as every dataset: a pause of one dataset stops this collector as well.
    dataset = models.ForeignKey(
        Dataset, models.PROTECT, null=True, blank=True, related_name="collectors"
    )
    name = models.CharField(max_length=80, validators=[NAME])
    seat = models.PositiveSmallIntegerField(default=_draw_seat)
    # It collects nothing real, and is stopped by drills that stop nobody else.
    is_drill = models.BooleanField(default=False)
    registered_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="collector_once_in_program")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return Place(self.dataset_id, self.seat, self.is_drill)


class CollectorKey(StoredSecret):
    """The token with which a collector asks for leases. Shown once, expires, can be revoked."""

    collector = models.ForeignKey(Collector, models.PROTECT, related_name="keys")

    history = KeptHistory(excluded_fields=["secret_hash"])

    def __str__(self) -> str:
        return f"{self.collector} ({self.key_id})"


class Lease(models.Model):
    """A collector's licence for one generation.

    Kept by the gates.
    """

    # Without history: each collector renews every few seconds, and a row each time would soon be
    # most of the database. What a stop proves is kept in StopProof.

    # Both are found by the longer indexes below; each more would be written at every stop.
    program = models.ForeignKey(Program, models.PROTECT, related_name="leases", db_index=False)
    collector = models.ForeignKey(Collector, models.PROTECT, related_name="leases", db_index=False)
    generation = models.BigIntegerField()
    granted_at = models.DateTimeField()
    renewed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    version = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collector", "generation"], name="one_lease_per_generation"
            )
        ]
        indexes = [models.Index(fields=["program", "generation"], name="lease_of_generation")]

    def __str__(self) -> str:
        return f"{self.collector} generation {self.generation}"

    def alive(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class GateProcess(models.Model):
    """A gate process that collectors may go to, as long as its heart beats."""

    # Without history: each beats every few seconds, and a dead one is forgotten after a day.

    ident = models.UUIDField(primary_key=True)
    url = models.CharField(max_length=200)
    host = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    streams = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.url} on {self.host}"
